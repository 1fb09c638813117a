//! Words of the audit log, the nodes and the settings.

super::words! {
    audit_title() en "Audit log" pt "Registro de auditoria" es "Registro de auditoría";
    audit_intro() en "Who changed what, and what was denied or failed. Nobody can change or remove a line." pt "Quem alterou o quê, e o que foi negado ou falhou. Ninguém pode alterar ou remover uma linha." es "Quién cambió qué, y qué se denegó o falló. Nadie puede cambiar ni eliminar una línea.";
    audit_export() en "Take these lines out" pt "Exportar estas linhas" es "Exportar estas líneas";
    audit_who() en "Who" pt "Quem" es "Quién";
    audit_what() en "What was done" pt "O que foi feito" es "Qué se hizo";
    audit_what_hint(all, one) en "{all} means all that is done to hosts, {one} just that." pt "{all} significa tudo o que se faz a servidores, {one} só isso." es "{all} significa todo lo que se hace a servidores, {one} solo eso.";
    audit_object_kind() en "To what kind of thing" pt "A que tipo de coisa" es "A qué tipo de cosa";
    audit_object() en "To what" pt "A quê" es "A qué";
    audit_outcome() en "Outcome" pt "Resultado" es "Resultado";
    audit_since() en "Since" pt "Desde" es "Desde";
    audit_ever() en "the beginning" pt "o início" es "el principio";
    audit_hours(many) en "the last {many} h" pt "as últimas {many} h" es "las últimas {many} h";
    audit_done() en "done" pt "feito" es "hecho";
    audit_denied() en "denied" pt "negado" es "denegado";
    audit_failed() en "failed" pt "falhou" es "falló";
    audit_host_keys() en "Keys of hosts" pt "Chaves de servidores" es "Claves de servidores";
    audit_runs() en "Runs" pt "Execuções" es "Ejecuciones";
    nodes_title() en "Nodes" pt "Nós" es "Nodos";
    nodes_intro() en "The servers of Hephaestus that share this database. When one falls silent, the others take over what it was at." pt "Os servidores do Hephaestus que compartilham este banco de dados. Quando um silencia, os outros assumem o que ele fazia." es "Los servidores de Hephaestus que comparten esta base de datos. Cuando uno calla, los otros se hacen cargo de lo que hacía.";
    nodes_none() en "No node is known yet." pt "Nenhum nó conhecido ainda." es "Aún no se conoce ningún nodo.";
    nodes_zones() en "Zones that it reaches" pt "Zonas que alcança" es "Zonas que alcanza";
    nodes_all_zones() en "all" pt "todas" es "todas";
    nodes_release() en "Version" pt "Versão" es "Versión";
    nodes_runs() en "Runs at the moment" pt "Execuções no momento" es "Ejecuciones en este momento";
    nodes_beat() en "Last heard of" pt "Último sinal" es "Última señal";
    nodes_started() en "Started" pt "Iniciou" es "Arrancó";
    nodes_up() en "at work" pt "em serviço" es "en servicio";
    nodes_silent() en "silent" pt "em silêncio" es "en silencio";
    nodes_stopping() en "stopping" pt "parando" es "deteniéndose";
    settings_title() en "Settings" pt "Configurações" es "Configuración";
    settings_intro(command) en "What holds for this server, and who says so. It is changed in the server's configuration file or environment, and read when the server starts; {command} checks a file beforehand." pt "O que vale para este servidor, e quem o diz. Muda-se no arquivo de configuração ou no ambiente do servidor, lidos quando ele inicia; {command} verifica um arquivo antes." es "Lo que vale para este servidor, y quién lo dice. Se cambia en el archivo de configuración o en el entorno del servidor, y se lee cuando arranca; {command} comprueba un archivo antes.";
    settings_name() en "Setting" pt "Configuração" es "Ajuste";
    settings_holds() en "What holds" pt "O que vale" es "Lo que vale";
    settings_origin() en "Who says so" pt "Quem diz" es "Quién lo dice";
    settings_means() en "What it means" pt "O que significa" es "Qué significa";
    settings_default() en "nobody: as usual" pt "ninguém: o usual" es "nadie: lo usual";
    settings_file() en "the file" pt "o arquivo" es "el archivo";
    settings_environment() en "the environment" pt "o ambiente" es "el entorno";
    settings_command_line() en "the command line" pt "a linha de comando" es "la línea de comandos";
    nav_server() en "This server" pt "Este servidor" es "Este servidor";
}
