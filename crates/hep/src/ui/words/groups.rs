//! Words of groups.

super::words! {
    groups_title() en "Groups" pt "Grupos" es "Grupos";
    groups_intro() en "A group is a set of hosts with a name: all web servers, all of one office. Wherever hosts are chosen, its name chooses all of them." pt "Um grupo é um conjunto de servidores com um nome: todos os servidores web, todos de um escritório. Onde quer que se escolham servidores, o nome do grupo escolhe todos eles." es "Un grupo es un conjunto de servidores con un nombre: todos los servidores web, todos los de una oficina. Donde se elijan servidores, su nombre los elige todos.";
    groups_add() en "Add a group" pt "Adicionar grupo" es "Añadir grupo";
    groups_none() en "No group yet" pt "Nenhum grupo ainda" es "Aún no hay grupos";
    groups_loss() en "The group goes. Its hosts, and the groups within it, stay in the register." pt "O grupo deixa de existir. Seus servidores, e os grupos dentro dele, continuam no cadastro." es "El grupo desaparece. Sus servidores, y los grupos que contiene, siguen en el registro.";
    groups_hosts() en "Hosts in it" pt "Servidores nele" es "Servidores en él";
    groups_no_hosts() en "No host is in this group by itself." pt "Nenhum servidor está diretamente neste grupo." es "Ningún servidor está directamente en este grupo.";
    groups_children() en "Groups within it" pt "Grupos dentro dele" es "Grupos dentro de él";
    groups_children_hint() en "The hosts of these belong to this group, too." pt "Os servidores destes também pertencem a este grupo." es "Los servidores de estos también pertenecen a este grupo.";
    groups_change_hosts() en "Choose its hosts" pt "Escolher seus servidores" es "Elegir sus servidores";
    groups_hosts_title(name) en "Hosts of {name}" pt "Servidores de {name}" es "Servidores de {name}";
    groups_put_in() en "Put in" pt "Incluir" es "Incluir";
    groups_hosts_intro() en "The hosts themselves are not touched: a group only says which belong together." pt "Os servidores em si não são tocados: um grupo só diz quais pertencem juntos." es "Los servidores en sí no se tocan: un grupo solo dice cuáles van juntos.";
    groups_find() en "Find hosts by a part of their name or address" pt "Procurar servidores por parte do nome ou endereço" es "Buscar servidores por parte de su nombre o dirección";
    groups_type() en "What you type is looked for at once. Tick the hosts that belong in, then save." pt "O que você digita é procurado na hora. Marque os servidores que devem entrar e salve." es "Lo que escribe se busca al momento. Marque los servidores que deben entrar y guarde.";
    groups_found(many) en "Found: {many}. Tick those that belong in." pt "Encontrados: {many}. Marque os que devem entrar." es "Encontrados: {many}. Marque los que deben entrar.";
    groups_found_more(many) en "More than {many} were found; these are the first. Type more of the name." pt "Foram encontrados mais de {many}; estes são os primeiros. Digite mais do nome." es "Se encontraron más de {many}; estos son los primeros. Escriba más del nombre.";
    groups_none_found() en "No host has this in its name, address or notes." pt "Nenhum servidor tem isto no nome, endereço ou observações." es "Ningún servidor tiene esto en su nombre, dirección o notas.";
    groups_is_in() en "is in it" pt "já está nele" es "ya está en él";
    groups_many() en "Many at once" pt "Muitos de uma vez" es "Muchos a la vez";
    groups_names() en "Names" pt "Nomes" es "Nombres";
    groups_selector() en "All hosts that this means now" pt "Todos os servidores que isto indica agora" es "Todos los servidores que esto indica ahora";
    groups_tick_out() en "Tick those that are to be taken out." pt "Marque os que devem sair." es "Marque los que deben salir.";
    groups_names_hint() en "One a line, or with commas between them." pt "Um por linha, ou separados por vírgulas." es "Uno por línea, o separados por comas.";
}
