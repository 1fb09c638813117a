//! Words of finding. Those of actions are written one after the other, with commas: whatever people might type.

super::words! {
    find_title() en "Find" pt "Encontrar" es "Encontrar";
    find_open() en "Find or do something" pt "Encontrar ou fazer algo" es "Encontrar o hacer algo";
    find_label() en "What are you looking for?" pt "O que você procura?" es "¿Qué busca?";
    find_hint() en "A host, a group, a job, a run, a page; or what to do: “reboot web1”." pt "Um servidor, um grupo, uma tarefa, uma execução, uma página; ou o que fazer: “reiniciar web1”." es "Un servidor, un grupo, un trabajo, una ejecución, una página; o qué hacer: «reiniciar web1».";
    find_none() en "Nothing of that name was found" pt "Nada com este nome foi encontrado" es "No se encontró nada con ese nombre";
    find_none_hint() en "Type less of it, or another part. You only find what you may see." pt "Digite menos, ou outra parte. Você só encontra o que pode ver." es "Escriba menos, u otra parte. Solo encuentra lo que puede ver.";
    find_many(many) en "Found: {many}" pt "Encontrados: {many}" es "Encontrados: {many}";
    find_actions() en "Actions" pt "Ações" es "Acciones";
    find_pages() en "Pages" pt "Páginas" es "Páginas";
    find_close() en "Close" pt "Fechar" es "Cerrar";
    find_reboot() en "reboot, restart" pt "reiniciar, reboot" es "reiniciar, reboot";
    find_power_off() en "power off, switch off, shut down, shutdown" pt "desligar, power off" es "apagar, power off";
    find_packages() en "install, packages, upgrade" pt "instalar, pacotes, atualizar" es "instalar, paquetes, actualizar";
    find_packages_of(host) en "Packages of {host}" pt "Pacotes de {host}" es "Paquetes de {host}";
    find_services() en "services, service" pt "serviços, serviço" es "servicios, servicio";
    find_services_of(host) en "Services of {host}" pt "Serviços de {host}" es "Servicios de {host}";
    find_processes() en "processes, process, kill, stop" pt "processos, processo, matar, parar" es "procesos, proceso, matar, detener";
    find_processes_of(host) en "Processes of {host}" pt "Processos de {host}" es "Procesos de {host}";
    find_terminal() en "terminal, shell, ssh" pt "terminal, shell, ssh" es "terminal, shell, ssh";
    find_terminal_on(host) en "Terminal on {host}" pt "Terminal em {host}" es "Terminal en {host}";
    find_edit() en "change, edit" pt "alterar, editar" es "cambiar, editar";
    find_remove() en "remove, delete" pt "remover, excluir, apagar" es "eliminar, borrar, quitar";
    find_remove_host(host) en "Remove {host} from the register" pt "Remover {host} do cadastro" es "Eliminar {host} del registro";
    find_run() en "run, start, execute, check, apply" pt "executar, iniciar, rodar, verificar, aplicar" es "ejecutar, iniciar, comprobar, aplicar";
    find_run_on(host) en "Run something on {host}" pt "Executar algo em {host}" es "Ejecutar algo en {host}";
    find_start(name) en "Start {name}" pt "Iniciar {name}" es "Iniciar {name}";
    find_add() en "add, new, create, make, write" pt "adicionar, novo, nova, criar, escrever" es "añadir, nuevo, nueva, crear, escribir";
    find_import() en "import" pt "importar" es "importar";
}
