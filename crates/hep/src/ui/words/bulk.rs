//! Words of what is done to many hosts at once, and of importing them.

super::words! {
    bulk_title(many) en "Chosen hosts: {many}" pt "Servidores escolhidos: {many}" es "Servidores elegidos: {many}";
    bulk_everything() en "All at once" pt "Todos de uma vez" es "Todos a la vez";
    bulk_chosen() en "With those that are ticked" pt "Com os marcados" es "Con los marcados";
    bulk_all() en "all that the filter names, on every page" pt "todos os que o filtro indica, em todas as páginas" es "todos los que indica el filtro, en todas las páginas";
    bulk_go() en "Do something with them" pt "Fazer algo com eles" es "Hacer algo con ellos";
    bulk_tick(name) en "Choose {name}" pt "Escolher {name}" es "Elegir {name}";
    bulk_which() en "On which hosts" pt "Em quais servidores" es "En qué servidores";
    bulk_none() en "No host is chosen. Tick some in the list, or name them here." pt "Nenhum servidor escolhido. Marque alguns na lista ou indique-os aqui." es "No hay ningún servidor elegido. Marque algunos en la lista o indíquelos aquí.";
    bulk_further(many) en "and {many} more" pt "e mais {many}" es "y {many} más";
    bulk_cut() en "and further ones" pt "e outros" es "y otros";
    bulk_show() en "Show which" pt "Mostrar quais" es "Mostrar cuáles";
    bulk_packages() en "Packages" pt "Pacotes" es "Paquetes";
    bulk_package() en "Names of packages" pt "Nomes dos pacotes" es "Nombres de los paquetes";
    bulk_register() en "What the register says of them" pt "O que o cadastro diz deles" es "Lo que el registro dice de ellos";
    bulk_label() en "Label (name=value; only a name takes it away)" pt "Rótulo (nome=valor; só o nome o retira)" es "Etiqueta (nombre=valor; solo el nombre la quita)";
    bulk_set_label() en "Set the label" pt "Definir o rótulo" es "Poner la etiqueta";
    bulk_enable() en "Let runs use them" pt "Permitir execuções" es "Permitir ejecuciones";
    bulk_disable() en "Keep runs away from them" pt "Impedir execuções" es "Impedir ejecuciones";
    bulk_power() en "Power" pt "Energia" es "Energía";
    bulk_power_hint(many) en "This happens to all {many} hosts at once, and whoever works on them is thrown out." pt "Isto acontece com todos os {many} servidores de uma vez, e quem trabalha neles é desconectado." es "Esto ocurre con los {many} servidores a la vez, y quien trabaje en ellos será desconectado.";
    bulk_sure(what, many) en "{what}: {many} hosts?" pt "{what}: {many} servidores?" es "¿{what}: {many} servidores?";
    bulk_other() en "Nothing was done: other hosts are meant now than when you were asked. Look again." pt "Nada foi feito: agora são outros servidores do que quando você foi perguntado. Veja de novo." es "No se hizo nada: ahora son otros servidores que cuando se le preguntó. Mire otra vez.";
    bulk_package_hint(names) en "The programs in {names} are gone then, and so is every package that does not work without them. Settings stay." pt "Os programas de {names} somem, assim como todo pacote que não funciona sem eles. As configurações ficam." es "Los programas de {names} desaparecen, y también todo paquete que no funciona sin ellos. Los ajustes se quedan.";
    bulk_delete() en "Remove from the register" pt "Remover do cadastro" es "Eliminar del registro";
    bulk_delete_hint() en "Hephaestus forgets them. Nothing happens to the machines." pt "O Hephaestus os esquece. Nada acontece com as máquinas." es "Hephaestus los olvida. A las máquinas no les pasa nada.";
    bulk_changed(many) en "Changed hosts: {many}" pt "Servidores alterados: {many}" es "Servidores cambiados: {many}";
    bulk_deleted(many) en "Removed hosts: {many}" pt "Servidores removidos: {many}" es "Servidores eliminados: {many}";
    import_text() en "The inventory" pt "O inventário" es "El inventario";
    import_hint() en "A list of host names, Ansible's INI or YAML, cloudManager.ini, or an ssh_config. Nothing is changed before you have seen what would happen." pt "Uma lista de nomes, INI ou YAML do Ansible, cloudManager.ini ou um ssh_config. Nada é alterado antes de você ver o que aconteceria." es "Una lista de nombres, INI o YAML de Ansible, cloudManager.ini o un ssh_config. No se cambia nada antes de que vea lo que ocurriría.";
    import_name() en "File name (its ending says the format)" pt "Nome do arquivo (a extensão indica o formato)" es "Nombre del archivo (la extensión indica el formato)";
    import_file() en "Take it from a file" pt "Ler de um arquivo" es "Tomarlo de un archivo";
    import_preview() en "Show what would happen" pt "Mostrar o que aconteceria" es "Mostrar lo que ocurriría";
    import_apply() en "Import it" pt "Importar" es "Importar";
    import_would() en "What would happen" pt "O que aconteceria" es "Lo que ocurriría";
    import_nothing() en "Nothing would change." pt "Nada mudaria." es "No cambiaría nada.";
    import_unchanged(many) en "Stays as it is: {many}" pt "Fica como está: {many}" es "Queda como está: {many}";
    import_host() en "host" pt "servidor" es "servidor";
    import_group() en "group" pt "grupo" es "grupo";
    import_credential() en "credential" pt "credencial" es "credencial";
    import_created() en "is made" pt "é criado" es "se crea";
    import_changed() en "changes" pt "muda" es "cambia";
    import_remarks() en "What is left out" pt "O que fica de fora" es "Lo que queda fuera";
    import_missing_key(name) en "The private key {name} is not in it: what logs in by it stays as it is." pt "A chave privada {name} não está nele: o que entra com ela fica como está." es "La clave privada {name} no está en él: lo que entra con ella queda como está.";
    import_done(hosts, groups) en "Imported: {hosts} hosts, {groups} groups." pt "Importados: {hosts} servidores, {groups} grupos." es "Importados: {hosts} servidores, {groups} grupos.";
}
