//! Words of the list of hosts.

super::words! {
    hosts_title() en "Hosts" pt "Servidores" es "Servidores";
    hosts_add() en "Add a host" pt "Adicionar servidor" es "Añadir servidor";
    hosts_import() en "Import" pt "Importar" es "Importar";
    hosts_filter() en "Which hosts" pt "Quais servidores" es "Qué servidores";
    hosts_filter_hint(example) en "A name, part of one with a star, a group, a label: {example}. Empty means all." pt "Um nome, parte dele com asterisco, um grupo, um rótulo: {example}. Vazio significa todos." es "Un nombre, parte de él con asterisco, un grupo, una etiqueta: {example}. Vacío significa todos.";
    hosts_text() en "Text" pt "Texto" es "Texto";
    hosts_state() en "State" pt "Estado" es "Estado";
    hosts_state_any() en "Any state" pt "Qualquer estado" es "Cualquier estado";
    hosts_state_problem() en "needs a look" pt "requer atenção" es "requiere atención";
    hosts_state_reachable() en "reachable" pt "acessível" es "accesible";
    hosts_state_unreachable() en "unreachable" pt "inacessível" es "inaccesible";
    hosts_state_untrusted() en "key not approved" pt "chave não aprovada" es "clave no aprobada";
    hosts_state_unknown() en "not yet seen" pt "ainda não visto" es "aún no visto";
    hosts_state_maintenance() en "maintenance" pt "manutenção" es "mantenimiento";
    hosts_state_disabled() en "switched off for runs" pt "fora das execuções" es "fuera de las ejecuciones";
    hosts_column_name() en "Name" pt "Nome" es "Nombre";
    hosts_column_address() en "Address" pt "Endereço" es "Dirección";
    hosts_column_partition() en "Partition" pt "Partição" es "Partición";
    hosts_column_groups() en "Groups" pt "Grupos" es "Grupos";
    hosts_column_labels() en "Labels" pt "Rótulos" es "Etiquetas";
    hosts_column_state() en "State" pt "Estado" es "Estado";
    hosts_column_seen() en "Last seen" pt "Visto por último" es "Visto por última vez";
    hosts_column_os() en "System" pt "Sistema" es "Sistema";
    hosts_columns() en "Columns" pt "Colunas" es "Columnas";
    hosts_columns_keep() en "Always show these columns" pt "Mostrar sempre estas colunas" es "Mostrar siempre estas columnas";
    hosts_columns_kept() en "From now on you see these columns." pt "A partir de agora você vê estas colunas." es "Desde ahora ve estas columnas.";
    hosts_total(many) en "Hosts: {many}" pt "Servidores: {many}" es "Servidores: {many}";
    hosts_sort_by(column) en "Sort by {column}" pt "Ordenar por {column}" es "Ordenar por {column}";
    hosts_shown(many) en "Shown here: {many}" pt "Mostrados aqui: {many}" es "Mostrados aquí: {many}";
    hosts_ticked_elsewhere(many) en "Ticked on other pages: {many}" pt "Marcados em outras páginas: {many}" es "Marcados en otras páginas: {many}";
    hosts_next() en "Next page" pt "Próxima página" es "Página siguiente";
    hosts_first() en "First page" pt "Primeira página" es "Primera página";
    hosts_pages() en "Pages of the list" pt "Páginas da lista" es "Páginas de la lista";
    hosts_per_page() en "Per page" pt "Por página" es "Por página";
    hosts_none_title() en "No host matches" pt "Nenhum servidor corresponde" es "Ningún servidor coincide";
    hosts_none() en "Nothing in the register fits this filter." pt "Nada no cadastro corresponde a este filtro." es "Nada en el registro coincide con este filtro.";
    hosts_show_all() en "Show all hosts" pt "Mostrar todos os servidores" es "Mostrar todos los servidores";
}
