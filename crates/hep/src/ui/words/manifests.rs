//! Words of manifests.

super::words! {
    manifests_title() en "Manifests" pt "Manifestos" es "Manifiestos";
    manifests_intro() en "A manifest says how hosts shall be: which packages, files and services. Applying it changes what differs, and nothing else." pt "Um manifesto diz como os servidores devem ser: quais pacotes, arquivos e serviços. Aplicá-lo altera o que difere, e nada mais." es "Un manifiesto dice cómo deben ser los servidores: qué paquetes, archivos y servicios. Aplicarlo cambia lo que difiere, y nada más.";
    manifests_add() en "Write a manifest" pt "Escrever um manifesto" es "Escribir un manifiesto";
    manifests_none() en "No manifest yet" pt "Nenhum manifesto ainda" es "Aún no hay manifiestos";
    manifests_loss() en "All its versions go. Hosts stay as they are, and so do the runs that there were." pt "Todas as suas versões se vão. Os servidores ficam como estão, e também as execuções que houve." es "Desaparecen todas sus versiones. Los servidores quedan como están, y también las ejecuciones que hubo.";
    manifests_version() en "Version" pt "Versão" es "Versión";
    manifests_versions() en "Versions" pt "Versões" es "Versiones";
    manifests_version_title(name, number) en "{name}, version {number}" pt "{name}, versão {number}" es "{name}, versión {number}";
    manifests_newest() en "A number. Empty: the newest." pt "Um número. Vazio: a mais nova." es "Un número. Vacío: la más nueva.";
    manifests_message() en "What was changed" pt "O que mudou" es "Qué se cambió";
    manifests_saving() en "Saving" pt "Ao salvar" es "Al guardar";
    manifests_message_hint() en "A few words on what you changed, and why." pt "Algumas palavras sobre o que você mudou, e por quê." es "Unas palabras sobre qué cambió, y por qué.";
    manifests_path() en "Name of the file" pt "Nome do arquivo" es "Nombre del archivo";
    manifests_path_hint() en "With folders where it lies in one: templates/motd.j2. Empty: there is no such file." pt "Com pastas, se estiver em uma: templates/motd.j2. Vazio: este arquivo não existe." es "Con carpetas, si está en una: templates/motd.j2. Vacío: este archivo no existe.";
    manifests_new_file() en "One more file" pt "Mais um arquivo" es "Un archivo más";
    manifests_another() en "Room for another file" pt "Espaço para outro arquivo" es "Espacio para otro archivo";
    manifests_place(file, line) en "{file}, line {line}" pt "{file}, linha {line}" es "{file}, línea {line}";
    manifests_checked() en "The server has read it: no fault was found." pt "O servidor o leu: nenhuma falha encontrada." es "El servidor lo ha leído: no se encontró ningún fallo.";
    manifests_difference() en "Difference" pt "Diferença" es "Diferencia";
    manifests_differs() en "to the one before" pt "em relação à anterior" es "respecto a la anterior";
    manifests_diff_title(name, from, to) en "{name}: version {from} and {to}" pt "{name}: versões {from} e {to}" es "{name}: versiones {from} y {to}";
    manifests_from() en "From version" pt "Da versão" es "De la versión";
    manifests_to() en "To version" pt "Para a versão" es "A la versión";
    manifests_compare() en "Compare" pt "Comparar" es "Comparar";
    manifests_same() en "Nothing differs." pt "Nada difere." es "Nada difiere.";
    manifests_added() en "New files" pt "Arquivos novos" es "Archivos nuevos";
    manifests_removed() en "Removed files" pt "Arquivos removidos" es "Archivos eliminados";
    manifests_changed() en "Changed files" pt "Arquivos alterados" es "Archivos cambiados";
    manifests_run() en "Check or apply" pt "Verificar ou aplicar" es "Comprobar o aplicar";
    manifests_run_title(name) en "Check or apply {name}" pt "Verificar ou aplicar {name}" es "Comprobar o aplicar {name}";
    manifests_run_intro() en "A check only looks, and tells what would change. Applying changes the hosts, and asks once more before that." pt "Uma verificação só olha, e diz o que mudaria. Aplicar altera os servidores, e pergunta mais uma vez antes." es "Una comprobación solo mira, y dice qué cambiaría. Aplicar cambia los servidores, y pregunta otra vez antes.";
    manifests_check() en "Check: change nothing" pt "Verificar: não alterar nada" es "Comprobar: no cambiar nada";
    manifests_apply() en "Apply…" pt "Aplicar…" es "Aplicar…";
    manifests_apply_title(name) en "Apply {name}?" pt "Aplicar {name}?" es "¿Aplicar {name}?";
    manifests_apply_intro() en "This changes the hosts below. A check beforehand shows what would change, and changes nothing." pt "Isto altera os servidores abaixo. Uma verificação antes mostra o que mudaria, e não altera nada." es "Esto cambia los servidores de abajo. Una comprobación previa muestra qué cambiaría, y no cambia nada.";
    manifests_apply_now(name) en "Apply {name} now" pt "Aplicar {name} agora" es "Aplicar {name} ahora";
    manifests_many(many) en "Hosts: {many}." pt "Servidores: {many}." es "Servidores: {many}.";
    manifests_more_than(many) en "Hosts: more than {many}." pt "Servidores: mais de {many}." es "Servidores: más de {many}.";
    manifests_which() en "say which hosts are meant" pt "diga quais servidores são" es "diga qué servidores son";
    manifests_checks(name) en "Check of the manifest {name}" pt "Verificação do manifesto {name}" es "Comprobación del manifiesto {name}";
    manifests_applies(name) en "The manifest {name} is applied" pt "O manifesto {name} está sendo aplicado" es "Se está aplicando el manifiesto {name}";
}
