//! Words of the pages that all kept nouns have.

super::words! {
    kept_name() en "Name" pt "Nome" es "Nombre";
    kept_name_hint() en "Letters, digits, dots, dashes and underscores; it begins with a letter or a digit." pt "Letras, dígitos, pontos, hifens e sublinhados; começa por letra ou dígito." es "Letras, dígitos, puntos, guiones y guiones bajos; empieza por letra o dígito.";
    kept_description() en "What for" pt "Para quê" es "Para qué";
    kept_vars() en "Variables" pt "Variáveis" es "Variables";
    kept_vars_hint(example) en "Values that manifests can use, one a line, as YAML: {example}" pt "Valores que os manifestos podem usar, um por linha, em YAML: {example}" es "Valores que los manifiestos pueden usar, uno por línea, en YAML: {example}";
    kept_created() en "Made" pt "Criado" es "Creado";
    kept_modified() en "Last changed" pt "Última alteração" es "Último cambio";
    kept_by(who) en "by {who}" pt "por {who}" es "por {who}";
    kept_edit() en "Change" pt "Alterar" es "Cambiar";
    kept_edit_title(name) en "Change {name}" pt "Alterar {name}" es "Cambiar {name}";
    kept_remove() en "Remove" pt "Remover" es "Eliminar";
    kept_remove_again() en "Try again" pt "Tentar de novo" es "Intentar de nuevo";
    kept_remove_title(name) en "Remove {name}?" pt "Remover {name}?" es "¿Eliminar {name}?";
    kept_remove_hint() en "This cannot be undone." pt "Isto não pode ser desfeito." es "Esto no se puede deshacer.";
    sure_back() en "No, go back" pt "Não, voltar" es "No, volver";
    kept_save() en "Save" pt "Salvar" es "Guardar";
    kept_cancel() en "Cancel" pt "Cancelar" es "Cancelar";
    kept_made() en "It was made and saved." pt "Criado e salvo." es "Se creó y se guardó.";
    kept_saved() en "It was saved." pt "Salvo." es "Se guardó.";
    kept_removed() en "It was removed." pt "Removido." es "Se eliminó.";
    kept_none() en "none" pt "nenhum" es "ninguno";
    kept_any() en "any" pt "qualquer um" es "cualquiera";
    kept_nobody() en "nobody" pt "ninguém" es "nadie";
    kept_none_found() en "Nothing fits this filter" pt "Nada corresponde a este filtro" es "Nada coincide con este filtro";
    kept_show_all() en "Show all" pt "Mostrar tudo" es "Mostrar todo";
    kept_stale() en "Somebody else changed this while you were editing it" pt "Outra pessoa alterou isto enquanto você editava" es "Otra persona cambió esto mientras usted lo editaba";
    kept_stale_hint() en "Nothing of yours was saved yet, and nothing that you typed is lost. Where what is saved now differs, it stands below your text. Take over what you want to keep, and save once more: what is in this form then replaces it." pt "Nada seu foi salvo ainda, e nada do que você digitou se perdeu. Onde o que está salvo agora é diferente, isso aparece abaixo do seu texto. Aproveite o que quiser manter e salve de novo: o que estiver neste formulário passará a valer." es "Aún no se guardó nada suyo, y no se perdió nada de lo que escribió. Donde lo guardado ahora es distinto, aparece debajo de su texto. Tome lo que quiera conservar y guarde otra vez: lo que haya en este formulario lo reemplazará.";
    kept_now(value) en "Saved meanwhile: {value}" pt "Salvo nesse meio-tempo: {value}" es "Guardado mientras tanto: {value}";
    kept_fields_of() en "Show what belongs to this" pt "Mostrar o que pertence a isto" es "Mostrar lo que corresponde a esto";
    kept_wrong(many) en "Some of this cannot be taken yet: {many}. Each is named below." pt "Algo aqui ainda não pode ser aceito: {many}. Cada ponto é indicado abaixo." es "Algo de esto aún no se puede aceptar: {many}. Cada punto se indica abajo.";
    nav_register() en "Register" pt "Cadastro" es "Registro";
    nav_work() en "Work" pt "Trabalho" es "Trabajo";
    nav_people() en "People" pt "Pessoas" es "Personas";
}
