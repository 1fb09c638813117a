//! Saved plans, in other languages.

super::translations! { "plan";
    does_otherwise pt "Recusado: este passo faria algo diferente do que o plano diz\nhint: nada dele foi feito; faça um novo plano com `--plan-out`"
        es "Rechazado: esta tarea haría algo distinto de lo que dice el plan\nhint: no se hizo nada de ella; haga un plan nuevo con `--plan-out`";
    does_more pt "Recusado: este passo faria algo que não está no plano\nhint: nada dele foi feito; faça um novo plano com `--plan-out`"
        es "Rechazado: esta tarea haría algo que no está en el plan\nhint: no se hizo nada de ella; haga un plan nuevo con `--plan-out`";
    does_less pt "Este passo não fez tudo o que está no plano: havia menos a fazer\nhint: faça um novo plano com `--plan-out`"
        es "Esta tarea no hizo todo lo que está en el plan: había menos que hacer\nhint: haga un plan nuevo con `--plan-out`";
    cannot_write pt "Não é possível gravar o plano `{path}`: {why}"
        es "No se puede escribir el plan `{path}`: {why}";
    cannot_read pt "Não é possível ler o plano `{path}`: {why}\nhint: faça um novo com `--plan-out`"
        es "No se puede leer el plan `{path}`: {why}\nhint: haga uno nuevo con `--plan-out`";
    unknown_format pt "Não é possível ler o plano `{path}`: o formato é {format}, e este `hep` conhece hep-plan-1\nhint: faça um novo com `--plan-out`"
        es "No se puede leer el plan `{path}`: su formato es {format}, y este `hep` conoce hep-plan-1\nhint: haga uno nuevo con `--plan-out`";
    writable pt "Não é possível confiar no plano `{path}`: outra pessoa pode gravar nele\nhint: ele deve pertencer a você ou ao root, e ser fechado aos outros: `chmod 600`"
        es "No se puede confiar en el plan `{path}`: otra persona puede escribir en él\nhint: debe pertenecerle a usted o a root, y estar cerrado a los demás: `chmod 600`";
    too_deep pt "Não é possível salvar o plano: não poderia ser lido de novo ({why})\nhint: um valor do manifesto tem níveis demais"
        es "No se puede guardar el plan: no se podría volver a leer ({why})\nhint: un valor del manifiesto tiene demasiados niveles";
    not_with_plan pt "Não é possível usar `{option}` com um plano salvo: o plano tem o seu próprio valor\nhint: faça um novo plano com `--plan-out`"
        es "No se puede usar `{option}` con un plan guardado: el plan tiene su propio valor\nhint: haga un plan nuevo con `--plan-out`";
    not_whole pt "`{host}` não está no plano: a verificação dele terminou como {state}"
        es "`{host}` no está en el plan: su comprobación terminó como {state}";
    written pt "O plano de {hosts} servidores está em {path}"
        es "El plan de {hosts} servidores está en {path}";
    no_hosts pt "Nenhum servidor do plano está entre os de `{selector}`"
        es "Ningún servidor del plan está entre los de `{selector}`";
    unknown_host pt "Recusado: o inventário já não tem o servidor `{host}`"
        es "Rechazado: el inventario ya no tiene el servidor `{host}`";
    extra_missing pt "Não é possível aplicar o plano: foi feito com a variável `{name}` da linha de comando\nhint: dê-a de novo: `-e {name}=…` (planos não guardam valores)"
        es "No se puede aplicar el plan: se hizo con la variable `{name}` de la línea de comandos\nhint: dela de nuevo: `-e {name}=…` (los planes no guardan valores)";
    extra_new pt "Não é possível aplicar o plano: foi feito sem a variável `{name}` da linha de comando\nhint: omita-a, ou faça um novo plano"
        es "No se puede aplicar el plan: se hizo sin la variable `{name}` de la línea de comandos\nhint: omítala, o haga un plan nuevo";
    secret_missing pt "Não é possível aplicar o plano: o segredo `{name}` falta, ou não é o que era quando o plano foi feito\nhint: ele é procurado nos manifestos de que o plano foi feito, com a senha do Vault"
        es "No se puede aplicar el plan: el secreto `{name}` falta, o no es el que era cuando se hizo el plan\nhint: se busca en los manifiestos de los que se hizo el plan, con la contraseña de Vault";
    host_secret pt "Recusado: o segredo `{name}` deste servidor falta, ou não é o que era quando o plano foi feito"
        es "Rechazado: el secreto `{name}` de este servidor falta, o no es el que era cuando se hizo el plan";
    host_vars pt "Recusado: as variáveis que o inventário e `-e` dão a este servidor não são aquelas com que o plano foi feito"
        es "Rechazado: las variables que el inventario y `-e` dan a este servidor no son aquellas con las que se hizo el plan";
    file_changed pt "Não é possível aplicar o plano: o arquivo `{path}` não é o que era quando o plano foi feito\nhint: restaure-o, ou faça um novo plano com `--plan-out`"
        es "No se puede aplicar el plan: el archivo `{path}` no es el que era cuando se hizo el plan\nhint: restáurelo, o haga un plan nuevo con `--plan-out`";
    deferred pt "Não é possível aplicar o plano à risca: {count} passos não puderam ser previstos, o primeiro é `{task}` em {host}: {why}\nhint: com `--allow-deferred` eles são executados com o texto, as opções e as variáveis do plano"
        es "No se puede aplicar el plan al pie de la letra: {count} tareas no se pudieron predecir, la primera es `{task}` en {host}: {why}\nhint: con `--allow-deferred` se ejecutan con el texto, las opciones y las variables del plan";
    moved_task pt "Recusado: o servidor já não está como o plano o viu. O próximo passo do plano é `{task}`; agora é {found}"
        es "Rechazado: el servidor ya no está como lo vio el plan. La próxima tarea del plan es `{task}`; ahora es {found}";
    moved_state pt "Recusado: o servidor já não está como o plano o viu. O passo `{task}` estava como {was} no plano, e agora ficaria como {now}"
        es "Rechazado: el servidor ya no está como lo vio el plan. La tarea `{task}` estaba como {was} en el plan, y ahora quedaría como {now}";
    moved_change pt "Recusado: o servidor já não está como o plano o viu. No passo `{task}`, {place} era {was} no plano, e agora seria {now}"
        es "Rechazado: el servidor ya no está como lo vio el plan. En la tarea `{task}`, {place} era {was} en el plan, y ahora sería {now}";
    moved_hidden pt "Recusado: o servidor já não está como o plano o viu. O passo `{task}` faria agora outra coisa (qual, não se mostra: contém segredos)"
        es "Rechazado: el servidor ya no está como lo vio el plan. La tarea `{task}` haría ahora otra cosa (cuál, no se muestra: contiene secretos)";
    moved_end pt "Recusado: o servidor não pôde ser comparado com o plano: a verificação dele terminou como {state}"
        es "Rechazado: el servidor no se pudo comparar con el plan: su comprobación terminó como {state}";
    comparing pt "Comparando {hosts} servidores com o plano"
        es "Comparando {hosts} servidores con el plan";
    as_planned pt "{hosts} servidores estão como o plano os viu"
        es "{hosts} servidores están como los vio el plan";
}
