//! Words of one host: its head, its tabs, how it is.

super::words! {
    host_since(when) en "since {when}" pt "desde {when}" es "desde {when}";
    host_seen() en "seen" pt "visto" es "visto";
    host_tabs() en "About this host" pt "Sobre este servidor" es "Sobre este servidor";
    host_tab_status() en "Status" pt "Estado" es "Estado";
    host_tab_processes() en "Processes" pt "Processos" es "Procesos";
    host_tab_services() en "Services" pt "Serviços" es "Servicios";
    host_tab_packages() en "Packages" pt "Pacotes" es "Paquetes";
    host_tab_facts() en "Facts" pt "Características" es "Datos";
    host_tab_keys() en "Host key" pt "Chave do servidor" es "Clave del servidor";
    host_tab_history() en "History" pt "Histórico" es "Historial";
    host_run() en "Run a command" pt "Executar comando" es "Ejecutar un comando";
    host_edit() en "Edit" pt "Editar" es "Editar";
    host_edit_title(name) en "Edit {name}" pt "Editar {name}" es "Editar {name}";
    host_more() en "More" pt "Mais" es "Más";
    host_asking() en "Asking the host…" pt "Consultando o servidor…" es "Consultando el servidor…";
    host_ask_now() en "Ask the host now" pt "Consultar o servidor agora" es "Consultar el servidor ahora";
    host_no_answer() en "The host does not answer. This page goes on asking." pt "O servidor não responde. Esta página continua tentando." es "El servidor no responde. Esta página sigue intentándolo.";
    host_see_keys() en "See whether its key is approved" pt "Ver se a chave dele está aprovada" es "Ver si su clave está aprobada";
    host_charts() en "The last minutes" pt "Os últimos minutos" es "Los últimos minutos";
    host_cpu() en "CPU" pt "CPU" es "CPU";
    host_cpus(many) en "CPUs: {many}" pt "CPUs: {many}" es "CPU: {many}";
    host_memory() en "Memory" pt "Memória" es "Memoria";
    host_swap() en "Swap" pt "Swap" es "Swap";
    host_disk(path) en "Disk {path}" pt "Disco {path}" es "Disco {path}";
    host_used_of(used, total) en "{used} of {total}" pt "{used} de {total}" es "{used} de {total}";
    host_system() en "System" pt "Sistema" es "Sistema";
    host_kernel() en "Kernel" pt "Kernel" es "Núcleo";
    host_uptime() en "Up for" pt "Ligado há" es "Encendido desde hace";
    host_load() en "Load (1, 5, 15 min)" pt "Carga (1, 5, 15 min)" es "Carga (1, 5, 15 min)";
    host_logins() en "Logged in" pt "Usuários conectados" es "Usuarios conectados";
    host_nobody() en "nobody" pt "ninguém" es "nadie";
    host_updates() en "Updates pending" pt "Atualizações pendentes" es "Actualizaciones pendientes";
    host_reboot_required() en "Wants a reboot" pt "Precisa reiniciar" es "Necesita reiniciarse";
    host_network() en "Network" pt "Rede" es "Red";
    host_card(name) en "Network {name}" pt "Rede {name}" es "Red {name}";
    host_received() en "received" pt "recebido" es "recibido";
    host_sent() en "sent" pt "enviado" es "enviado";
    host_busiest() en "The busiest processes" pt "Os processos mais ativos" es "Los procesos más activos";
    host_audit() en "Who changed what" pt "Quem alterou o quê" es "Quién cambió qué";
    facts_taken() en "Taken" pt "Coletadas" es "Tomados";
    facts_none() en "What this host is was never looked at." pt "As características deste servidor nunca foram coletadas." es "Nunca se tomaron los datos de este servidor.";
    facts_take() en "Take them now" pt "Coletar agora" es "Tomarlos ahora";
    facts_begun(name) en "Take the facts of {name}" pt "Coletar as características de {name}" es "Tomar los datos de {name}";
    facts_filter() en "Name of the fact" pt "Nome da característica" es "Nombre del dato";
}
