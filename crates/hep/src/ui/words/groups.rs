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
    groups_take_out() en "Take out" pt "Retirar" es "Quitar";
    groups_names_hint() en "Names of hosts, one a line. The hosts themselves are not touched." pt "Nomes de servidores, um por linha. Os servidores em si não são tocados." es "Nombres de servidores, uno por línea. Los servidores en sí no se tocan.";
}
