//! Words of what can be run on hosts, for runs and jobs alike.

super::words! {
    ask_own() en "Commands, files and manifests" pt "Comandos, arquivos e manifestos" es "Comandos, archivos y manifiestos";
    ask_packages() en "Programs (packages)" pt "Programas (pacotes)" es "Programas (paquetes)";
    ask_services() en "Services" pt "Serviços" es "Servicios";
    ask_processes() en "Running programs (processes)" pt "Programas em execução (processos)" es "Programas en marcha (procesos)";
    ask_power() en "On and off" pt "Ligar e desligar" es "Encender y apagar";
    ask_access() en "Way in" pt "Acesso" es "Acceso";
    ask_look() en "Only look" pt "Apenas olhar" es "Solo mirar";
    ask_words_kind() en "Program with its arguments, read by no shell" pt "Programa com seus argumentos, sem shell" es "Programa con sus argumentos, sin shell";
    verb_processes_signal() en "End running programs, or send them a signal" pt "Encerrar programas em execução, ou enviar-lhes um sinal" es "Terminar programas en marcha, o enviarles una señal";
    verb_wake() en "Switch hosts on (wake-on-LAN)" pt "Ligar servidores pela rede (wake-on-LAN)" es "Encender servidores por la red (wake-on-LAN)";
    verb_power_wake() en "Have these hosts wake other machines" pt "Fazer estes servidores ligarem outras máquinas" es "Hacer que estos servidores despierten otras máquinas";
    verb_push_key() en "Let a key in, and sign in with it from then on" pt "Instalar uma chave e entrar com ela daí em diante" es "Instalar una clave y entrar con ella desde entonces";
    verb_status() en "See how the hosts are" pt "Ver como estão os servidores" es "Ver cómo están los servidores";
    verb_processes_list() en "List the running programs" pt "Listar os programas em execução" es "Listar los programas en marcha";
    verb_services_list() en "List the services" pt "Listar os serviços" es "Listar los servicios";
    verb_packages_list() en "List the packages" pt "Listar os pacotes" es "Listar los paquetes";
    verb_packages_search() en "Search for packages that could be installed" pt "Procurar pacotes que poderiam ser instalados" es "Buscar paquetes que se podrían instalar";

    ask_purge() en "Remove their settings as well" pt "Remover também as configurações deles" es "Quitar también su configuración";
    ask_full() en "Also upgrade what needs other packages removed" pt "Atualizar também o que exige remover outros pacotes" es "Actualizar también lo que exige quitar otros paquetes";
    ask_search() en "Words to search for" pt "Palavras a procurar" es "Palabras que buscar";
    ask_service() en "Service" pt "Serviço" es "Servicio";
    ask_service_hint(example) en "Its name on the hosts: {example}" pt "O nome dele nos servidores: {example}" es "Su nombre en los servidores: {example}";
    ask_process() en "Program" pt "Programa" es "Programa";
    ask_process_hint(example) en "The exact name of the program, wherever it runs: {example}" pt "O nome exato do programa, onde quer que rode: {example}" es "El nombre exacto del programa, dondequiera que corra: {example}";
    ask_pids() en "Or the numbers of processes" pt "Ou os números dos processos" es "O los números de los procesos";
    ask_pids_hint() en "With spaces between them. The same number is another process on another host." pt "Separados por espaços. O mesmo número é outro processo em outro servidor." es "Separados por espacios. El mismo número es otro proceso en otro servidor.";
    ask_signal() en "What they are told" pt "O que se diz a eles" es "Qué se les dice";
    signal_term() en "End, and put things in order before" pt "Encerrar, arrumando tudo antes" es "Terminar, dejando todo en orden";
    signal_kill() en "End at once; unsaved work is lost" pt "Encerrar já; perde-se o que não foi salvo" es "Terminar ya; se pierde lo no guardado";
    signal_hup() en "Read the settings again, or end" pt "Ler a configuração de novo, ou encerrar" es "Leer la configuración de nuevo, o terminar";
    signal_int() en "Stop what you are doing" pt "Parar o que está fazendo" es "Detener lo que hace";
    signal_stop() en "Pause" pt "Pausar" es "Pausar";
    signal_cont() en "Go on after a pause" pt "Continuar após a pausa" es "Continuar tras la pausa";
    ask_notice() en "What whoever is signed in there is told" pt "O que se diz a quem está conectado lá" es "Qué se dice a quien está conectado allí";
    ask_notice_hint() en "One line. Empty: that the host is started anew or switched off." pt "Uma linha. Vazio: que o servidor será reiniciado ou desligado." es "Una línea. Vacío: que el servidor se reinicia o se apaga.";
    ask_via() en "Sent by" pt "Enviado por" es "Enviado por";
    ask_via_hint() en "Hosts that are on, in the same network as those to be woken. Empty: the Hephaestus server sends it." pt "Servidores ligados, na mesma rede dos que serão ligados. Vazio: o servidor Hephaestus envia." es "Servidores encendidos, en la misma red que los que se despiertan. Vacío: lo envía el servidor Hephaestus.";
    ask_broadcast() en "Broadcast address" pt "Endereço de difusão" es "Dirección de difusión";
    ask_broadcast_hint(example) en "Of the network of those hosts, where it is not that of the Hephaestus server: {example}" pt "Da rede desses servidores, quando não é a do servidor Hephaestus: {example}" es "De la red de esos servidores, si no es la del servidor Hephaestus: {example}";
    ask_wake_port() en "Port" pt "Porta" es "Puerto";
    ask_wake_port_hint() en "Empty: 9, as is usual." pt "Vazio: 9, como é usual." es "Vacío: 9, como es usual.";
    ask_macs() en "Hardware addresses of the other machines" pt "Endereços físicos das outras máquinas" es "Direcciones físicas de las otras máquinas";
    ask_macs_hint(example) en "One a line: {example}. The hosts above send the packet into their network." pt "Um por linha: {example}. Os servidores acima enviam o pacote na rede deles." es "Una por línea: {example}. Los servidores de arriba envían el paquete en su red.";
    ask_key() en "Key" pt "Chave" es "Clave";
    ask_key_hint() en "A credential with a key. It is let in, proves that it signs in, and signs in from then on." pt "Uma credencial com chave. Ela é instalada, prova que entra, e entra daí em diante." es "Una credencial con clave. Se instala, prueba que entra, y entra desde entonces.";
    ask_key_user() en "User on the hosts" pt "Usuário nos servidores" es "Usuario en los servidores";
    ask_key_user_hint() en "Empty: as each host has it in the register. The password is asked for on the next page." pt "Vazio: como cada servidor tem no cadastro. A senha é pedida na próxima página." es "Vacío: como lo tiene cada servidor en el registro. La contraseña se pide en la página siguiente.";

    ask_words() en "Program and arguments, one a line" pt "Programa e argumentos, um por linha" es "Programa y argumentos, uno por línea";
    ask_words_hint() en "They reach the program as they are: no shell reads them." pt "Chegam ao programa como são: nenhum shell os lê." es "Llegan al programa tal cual: ningún shell los lee.";
    ask_codes() en "Exit codes that count as success" pt "Códigos de saída que contam como sucesso" es "Códigos de salida que cuentan como éxito";
    ask_codes_hint(example) en "With commas between them: {example}. Empty: 0." pt "Separados por vírgulas: {example}. Vazio: 0." es "Separados por comas: {example}. Vacío: 0.";
    ask_output() en "A line of the output must match" pt "Uma linha da saída deve corresponder a" es "Una línea de la salida debe coincidir con";
    ask_output_hint(example) en "A regular expression: {example}. Empty: whatever it prints." pt "Uma expressão regular: {example}. Vazio: o que quer que mostre." es "Una expresión regular: {example}. Vacío: muestre lo que muestre.";
    ask_timeout_hint(short, long) en "A number and its unit: {short} or {long}. Empty: as long as it takes." pt "Um número e a unidade: {short} ou {long}. Vazio: o quanto demorar." es "Un número y su unidad: {short} o {long}. Vacío: lo que tarde.";
    ask_check() en "Change nothing; only tell what would change" pt "Não alterar nada; só dizer o que mudaria" es "No cambiar nada; solo decir qué cambiaría";
    ask_check_hint() en "A look beforehand, which harms nobody." pt "Uma olhada antes, que não prejudica ninguém." es "Una mirada previa, que no perjudica a nadie.";
    ask_diff() en "Show what changes in files" pt "Mostrar o que muda nos arquivos" es "Mostrar qué cambia en los archivos";

    ask_file() en "A file of your computer" pt "Um arquivo do seu computador" es "Un archivo de su ordenador";
    ask_file_hint(most) en "At most {most}. Or type below what the file shall hold." pt "No máximo {most}. Ou digite abaixo o que o arquivo deve conter." es "Como máximo {most}. O escriba abajo qué debe contener.";
    ask_file_large(most) en "This file is too large: at most {most} are taken here." pt "Este arquivo é grande demais: aqui cabem no máximo {most}." es "Este archivo es demasiado grande: aquí caben como máximo {most}.";
    ask_file_chosen(name, size) en "Chosen: {name}, {size}. Another file takes its place." pt "Escolhido: {name}, {size}. Outro arquivo toma o lugar dele." es "Elegido: {name}, {size}. Otro archivo ocupa su lugar.";
    ask_file_kept() en "the file that is saved" pt "o arquivo salvo" es "el archivo guardado";
    ask_text_hint() en "A file that is chosen above takes the place of this." pt "Um arquivo escolhido acima toma o lugar disto." es "Un archivo elegido arriba ocupa el lugar de esto.";
    ask_owner_hint() en "A user of the hosts. Empty: as it is, or whoever writes it." pt "Um usuário dos servidores. Vazio: como está, ou quem grava." es "Un usuario de los servidores. Vacío: como está, o quien lo escribe.";
    ask_group() en "Group" pt "Grupo" es "Grupo";

    ask_no_manifest() en "There is no manifest yet. Add one first, under Manifests." pt "Ainda não há manifesto. Adicione um antes, em Manifestos." es "Aún no hay manifiestos. Añada uno antes, en Manifiestos.";
    ask_tags() en "Only tasks with these tags" pt "Só tarefas com estas etiquetas" es "Solo tareas con estas etiquetas";
    ask_tags_hint() en "With commas between them. Empty: all tasks." pt "Separadas por vírgulas. Vazio: todas as tarefas." es "Separadas por comas. Vacío: todas las tareas.";
    ask_skip_tags() en "Not the tasks with these tags" pt "Não as tarefas com estas etiquetas" es "No las tareas con estas etiquetas";
    ask_start_at() en "Begin with the task of this name" pt "Começar pela tarefa com este nome" es "Empezar por la tarea con este nombre";
    ask_further() en "Further files, which follow it" pt "Outros arquivos, que vêm depois" es "Otros archivos, que vienen después";
    ask_become_user() en "As this user (sudo)" pt "Como este usuário (sudo)" es "Como este usuario (sudo)";
    ask_become_hint() en "Empty: as each task says for itself." pt "Vazio: como cada tarefa diz." es "Vacío: como dice cada tarea.";
    ask_become() en "For which tasks" pt "Para quais tarefas" es "Para qué tareas";
    ask_become_usual() en "as usual: for all, where a user is named above" pt "como de costume: para todas, se há um usuário acima" es "lo usual: para todas, si arriba hay un usuario";
    ask_become_all() en "for every task" pt "para todas as tarefas" es "para todas las tareas";
    ask_become_own() en "only for tasks that become another user by themselves" pt "só para tarefas que já trocam de usuário" es "solo para tareas que ya cambian de usuario";
    ask_force_handlers() en "Run handlers even on hosts that failed" pt "Executar handlers mesmo em servidores que falharam" es "Ejecutar handlers incluso en servidores que fallaron";
    ask_lock() en "Wait so long for another run that changes the host" pt "Esperar tanto por outra execução que altera o servidor" es "Esperar tanto a otra ejecución que cambia el servidor";
    ask_lock_hint(usual) en "Empty: {usual}." pt "Vazio: {usual}." es "Vacío: {usual}.";
    ask_verbosity() en "How much debug tasks say" pt "O quanto as tarefas debug dizem" es "Cuánto dicen las tareas debug";
    ask_verbosity_hint() en "From 0 to 5. Empty: 0." pt "De 0 a 5. Vazio: 0." es "De 0 a 5. Vacío: 0.";
    ask_no_keep() en "Remove the executor from the hosts at the end" pt "Remover o executor dos servidores no fim" es "Quitar el ejecutor de los servidores al final";
    ask_no_executor() en "By single commands, without the executor" pt "Por comandos avulsos, sem o executor" es "Por comandos sueltos, sin el ejecutor";
    ask_vault() en "Names of Vault passwords" pt "Nomes de senhas do Vault" es "Nombres de contraseñas de Vault";
    ask_vault_hint(usual) en "For what Ansible Vault encrypted; {usual} where it has no name. Asked for on the next page." pt "Para o que o Ansible Vault cifrou; {usual} onde não há nome. Pedidas na próxima página." es "Para lo que cifró Ansible Vault; {usual} donde no hay nombre. Se piden en la página siguiente.";

    ask_pause_hint(short, long) en "{short}, {long}. Empty: none." pt "{short}, {long}. Vazio: nenhuma." es "{short}, {long}. Vacío: ninguna.";
    ask_stop_hint(example) en "A number of hosts, or a share such as {example}. Empty: all are tried." pt "Um número de servidores, ou uma parte como {example}. Vazio: tenta-se em todos." es "Un número de servidores, o una parte como {example}. Vacío: se intenta en todos.";
    ask_deadline_hint(example) en "Its waits included: {example}. Empty: a day." pt "Com as esperas: {example}. Vazio: um dia." es "Con sus esperas: {example}. Vacío: un día.";
    ask_approval_hint() en "Manifests tell first what they would change; all else waits before it begins." pt "Manifestos dizem antes o que mudariam; o resto espera antes de começar." es "Los manifiestos dicen antes qué cambiarían; lo demás espera antes de empezar.";

    ask_woken(names) en "The packet that wakes them went out for: {names}. It takes a while until they answer." pt "O pacote que liga foi enviado para: {names}. Leva um tempo até responderem." es "El paquete que despierta se envió para: {names}. Tardan un rato en responder.";
    ask_woken_by(names) en "Other hosts send the packet that wakes: {names}." pt "Outros servidores enviam o pacote que liga: {names}." es "Otros servidores envían el paquete que despierta: {names}.";
    ask_not_woken(names) en "Of these no hardware address is known: {names}." pt "Destes não se conhece o endereço físico: {names}." es "De estos no se conoce la dirección física: {names}.";
    check_password() en "Password that signs in this once" pt "Senha para entrar esta única vez" es "Contraseña para entrar solo esta vez";
    check_password_hint() en "Empty: as Hephaestus signs in now. Kept sealed with the run, and never shown." pt "Vazio: como o Hephaestus entra agora. Fica lacrada com a execução e nunca é mostrada." es "Vacío: como entra Hephaestus ahora. Se guarda sellada con la ejecución y nunca se muestra.";
    check_vault(id) en "Vault password {id}" pt "Senha do Vault {id}" es "Contraseña de Vault {id}";
}
