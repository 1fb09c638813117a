//! Words of the overview.

super::words! {
    overview_title() en "Overview" pt "Visão geral" es "Resumen";
    overview_hosts() en "Hosts" pt "Servidores" es "Servidores";
    overview_problems() en "What needs a look" pt "O que merece atenção" es "Lo que requiere atención";
    overview_no_problems() en "Nothing needs a look at the moment." pt "Nada merece atenção no momento." es "Nada requiere atención en este momento.";
    overview_needed(many) en "Hosts that need a look: {many}" pt "Servidores que merecem atenção: {many}" es "Servidores que requieren atención: {many}";
    overview_runs() en "Latest runs" pt "Execuções recentes" es "Ejecuciones recientes";
    overview_no_runs() en "Nothing was run yet." pt "Nada foi executado ainda." es "Aún no se ha ejecutado nada.";
    overview_empty_title() en "No host yet" pt "Nenhum servidor ainda" es "Aún no hay servidores";
    overview_empty() en "Hephaestus works on the hosts that you tell it about. Add the first one, or import a list that you have." pt "O Hephaestus trabalha nos servidores que você cadastra. Adicione o primeiro ou importe uma lista que já tenha." es "Hephaestus trabaja con los servidores que usted registra. Añada el primero o importe una lista que ya tenga.";
    state_queued() en "queued" pt "na fila" es "en cola";
    state_waiting() en "waiting" pt "em espera" es "en espera";
    state_running() en "running" pt "em andamento" es "en curso";
    state_cancelling() en "stopping" pt "parando" es "deteniéndose";
    state_succeeded() en "succeeded" pt "concluída" es "completada";
    state_failed() en "failed" pt "falhou" es "falló";
    state_cancelled() en "cancelled" pt "cancelada" es "cancelada";
    state_rejected() en "rejected" pt "rejeitada" es "rechazada";
    state_expired() en "expired" pt "expirada" es "caducada";
    state_lost() en "outcome unknown" pt "resultado desconhecido" es "resultado desconocido";
    run_what() en "What" pt "O quê" es "Qué";
    run_state() en "State" pt "Estado" es "Estado";
    run_who() en "By" pt "Por" es "Por";
    run_when() en "When" pt "Quando" es "Cuándo";
}
