//! Words of what stands around every page: menu, preferences, errors.

super::words! {
    product() en "Hephaestus" pt "Hephaestus" es "Hephaestus";
    skip() en "Skip to the content" pt "Ir para o conteúdo" es "Ir al contenido";
    menu() en "Menu" pt "Menu" es "Menú";
    menu_close() en "Close the menu" pt "Fechar o menu" es "Cerrar el menú";
    breadcrumb() en "Where you are" pt "Onde você está" es "Dónde está";
    nav_overview() en "Overview" pt "Visão geral" es "Resumen";
    nav_hosts() en "Hosts" pt "Servidores" es "Servidores";
    nav_runs() en "Runs" pt "Execuções" es "Ejecuciones";
    language() en "Language" pt "Idioma" es "Idioma";
    theme() en "Look" pt "Aparência" es "Apariencia";
    theme_auto() en "As the system" pt "Como o sistema" es "Como el sistema";
    theme_light() en "Light" pt "Claro" es "Claro";
    theme_dark() en "Dark" pt "Escuro" es "Oscuro";
    preferences() en "Language and look" pt "Idioma e aparência" es "Idioma y apariencia";
    apply() en "Apply" pt "Aplicar" es "Aplicar";
    search() en "Search" pt "Buscar" es "Buscar";
    details() en "Technical detail" pt "Detalhe técnico" es "Detalle técnico";
    show_run() en "Show the run" pt "Ver a execução" es "Ver la ejecución";
    back_to_overview() en "Go to the overview" pt "Ir para a visão geral" es "Ir al resumen";
    never() en "never" pt "nunca" es "nunca";
    just_now() en "just now" pt "agora há pouco" es "ahora mismo";
    minutes_ago(many) en "{many} min ago" pt "há {many} min" es "hace {many} min";
    hours_ago(many) en "{many} h ago" pt "há {many} h" es "hace {many} h";
    days_ago(many) en "{many} d ago" pt "há {many} d" es "hace {many} d";
    no_bundle(command) en "This program was built without the scripts and styles of the page. Everything works, but it looks plain. Whoever builds it says {command} first." pt "Este programa foi compilado sem os scripts e estilos da página. Tudo funciona, mas com aparência simples. Quem o compila executa {command} antes." es "Este programa se compiló sin los scripts y estilos de la página. Todo funciona, pero con aspecto sencillo. Quien lo compila ejecuta {command} antes.";
    fault_missing() en "There is no such page" pt "Esta página não existe" es "Esta página no existe";
    fault_missing_hint() en "The address may be mistyped, or what it led to was removed." pt "O endereço pode estar errado, ou o que havia aqui foi removido." es "La dirección puede estar mal escrita, o lo que había aquí fue eliminado.";
    fault_denied() en "You may not do this" pt "Você não tem permissão para isto" es "No tiene permiso para esto";
    fault_denied_hint() en "Ask somebody who administers this server for a role that allows it." pt "Peça a quem administra este servidor um papel que permita isto." es "Pida a quien administra este servidor un rol que lo permita.";
    fault_denied_right(right) en "The right that you lack is called “{right}”." pt "O direito que lhe falta chama-se “{right}”." es "El derecho que le falta se llama «{right}».";
    fault_server() en "Something went wrong in the server" pt "Algo deu errado no servidor" es "Algo falló en el servidor";
    fault_server_hint(id) en "It is not your fault. Whoever looks after the server finds more in its log, under the request {id}." pt "A culpa não é sua. Quem cuida do servidor encontra mais no registro dele, sob o pedido {id}." es "No es culpa suya. Quien cuida el servidor encuentra más en su registro, en la petición {id}.";
    fault_request() en "This could not be done" pt "Não foi possível fazer isto" es "No se pudo hacer esto";
    fault_unavailable() en "The server cannot do this at the moment" pt "O servidor não pode fazer isto no momento" es "El servidor no puede hacer esto en este momento";
    fault_expired() en "This form is out of date" pt "Este formulário está desatualizado" es "Este formulario está desactualizado";
    fault_expired_hint() en "It was opened in another session. Nothing was changed: open the page again and repeat what you did." pt "Ele foi aberto em outra sessão. Nada foi alterado: abra a página de novo e repita o que fez." es "Se abrió en otra sesión. No se cambió nada: abra la página de nuevo y repita lo que hizo.";
    right_view() en "see" pt "ver" es "ver";
    right_run() en "run" pt "executar" es "ejecutar";
    right_run_jobs() en "run saved jobs" pt "executar tarefas salvas" es "ejecutar trabajos guardados";
    right_write_jobs() en "write jobs and manifests" pt "escrever tarefas e manifestos" es "escribir trabajos y manifiestos";
    right_change() en "change the register" pt "alterar o cadastro" es "cambiar el registro";
    right_power() en "power" pt "ligar e desligar" es "encender y apagar";
    right_terminal() en "terminal" pt "terminal" es "terminal";
    right_secrets() en "secrets" pt "segredos" es "secretos";
    right_administer() en "administer" pt "administrar" es "administrar";
}
