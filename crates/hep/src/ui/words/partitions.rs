//! Words of partitions.

super::words! {
    partitions_title() en "Partitions" pt "Partições" es "Particiones";
    partitions_intro() en "A partition keeps some hosts apart from the others: a customer, a site. A host is in exactly one, and a role can be limited to one." pt "Uma partição mantém alguns servidores separados dos demais: um cliente, uma unidade. Cada servidor está em exatamente uma, e um papel pode ser limitado a uma." es "Una partición mantiene algunos servidores separados de los demás: un cliente, una sede. Cada servidor está en exactamente una, y un rol puede limitarse a una.";
    partitions_add() en "Add a partition" pt "Adicionar partição" es "Añadir partición";
    partitions_none() en "No partition yet" pt "Nenhuma partição ainda" es "Aún no hay particiones";
    partitions_loss() en "A partition can be removed once no host is in it and no role is limited to it." pt "Uma partição pode ser removida quando não há servidor nela e nenhum papel limitado a ela." es "Una partición se puede eliminar cuando no tiene servidores y ningún rol se limita a ella.";
    partitions_hosts() en "How many hosts" pt "Quantos servidores" es "Cuántos servidores";
    partitions_some_hosts() en "Some of its hosts" pt "Alguns de seus servidores" es "Algunos de sus servidores";
    partitions_no_hosts() en "No host is in this partition." pt "Nenhum servidor está nesta partição." es "Ningún servidor está en esta partición.";
    partitions_zone() en "Zone" pt "Zona" es "Zona";
    partitions_zone_hint() en "Which servers of Hephaestus reach its hosts, where there are several. Empty: all of them." pt "Quais servidores do Hephaestus alcançam os seus, quando há vários. Vazio: todos." es "Qué servidores de Hephaestus alcanzan los suyos, cuando hay varios. Vacío: todos.";
    partitions_note() en "Good to know" pt "É bom saber" es "Conviene saber";
    partitions_default() en "New hosts go here where nobody says otherwise. It keeps its name and stays." pt "Servidores novos vêm para cá quando ninguém diz outra coisa. Ela mantém o nome e permanece." es "Los servidores nuevos llegan aquí si nadie dice otra cosa. Conserva su nombre y se queda.";
}
