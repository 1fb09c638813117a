//! Templates, in other languages.

super::translations! { "template";
    syntax pt "Não é possível interpretar o modelo `{text}`: {why}.\nhint: corrija-o; chaves que devem ficar como estão escrevem-se entre `raw` e `endraw`."
        es "No se puede interpretar la plantilla `{text}`: {why}.\nhint: corríjala; las llaves que deben quedar como están se escriben entre `raw` y `endraw`.";
    statement pt "A instrução de modelo `{name}` não é suportada.\nhint: use macros no mesmo arquivo, ou `lookup('template', …)`."
        es "La instrucción de plantilla `{name}` no se admite.\nhint: use macros en el mismo archivo, o `lookup('template', …)`.";
    undefined pt "`{name}` não está definido em `{text}`.\nhint: {hint}"
        es "`{name}` no está definido en `{text}`.\nhint: {hint}";
    no_member pt "Um valor do tipo {kind} não tem o membro `{name}` em `{text}`.\nhint: veja o valor com o módulo debug, ou dê um valor padrão: `| default(…)`"
        es "Un valor del tipo {kind} no tiene el miembro `{name}` en `{text}`.\nhint: mire el valor con el módulo debug, o dé un valor predeterminado: `| default(…)`";
    undefined_value pt "Algo não definido é usado em `{text}`.\nhint: dê um valor padrão: `| default(…)`"
        es "En `{text}` se usa algo no definido.\nhint: dele un valor predeterminado: `| default(…)`";
    undefined_hint pt "Uma variável que deve ser definida não está: {why}.\nhint: defina-a no inventário ou com -e."
        es "Una variable que debe definirse no lo está: {why}.\nhint: defínala en el inventario o con -e.";
    mandatory pt "A variável obrigatória {name} não está definida: {why}.\nhint: defina-a no inventário ou com -e."
        es "La variable obligatoria {name} no está definida: {why}.\nhint: defínala en el inventario o con -e.";
    unknown_filter pt "Não existe o filtro `{name}`.\nhint: {hint}"
        es "No existe el filtro `{name}`.\nhint: {hint}";
    unknown_test pt "Não existe o teste `{name}`.\nhint: {hint}"
        es "No existe la prueba `{name}`.\nhint: {hint}";
    unknown_lookup pt "Não existe o lookup `{name}`.\nhint: {hint}"
        es "No existe el lookup `{name}`.\nhint: {hint}";
    filter pt "`{name}` falhou: {why}.\nhint: confira a que é aplicado, e os argumentos."
        es "`{name}` falló: {why}.\nhint: compruebe a qué se aplica, y sus argumentos.";
    lookup pt "O lookup `{name}` falhou: {why}.\nhint: confira os argumentos."
        es "El lookup `{name}` falló: {why}.\nhint: compruebe sus argumentos.";
    refused pt "`{name}` não está disponível em modelos: {why}.\nhint: calcule o valor em outro lugar e passe-o como variável."
        es "`{name}` no está disponible en plantillas: {why}.\nhint: calcule el valor en otro lugar y páselo como variable.";
    controller_file pt "O teste `{name}` examina um arquivo do controlador, o que não é suportado.\nhint: use o módulo stat para arquivos do servidor, ou `lookup('fileglob', …)` para os do controlador."
        es "La prueba `{name}` examina un archivo del controlador, lo que no se admite.\nhint: use el módulo stat para archivos del servidor, o `lookup('fileglob', …)` para los del controlador.";
    no_clock pt "`now()` precisa de um relógio, que uma avaliação não tem.\nhint: use o fato `ansible_date_time`."
        es "`now()` necesita un reloj, que una evaluación no tiene.\nhint: use el dato `ansible_date_time`.";
    no_seed pt "`{name}` sem `seed=` dá a cada vez outro resultado, e assim não se poderia confiar em um plano.\nhint: dê uma semente, por exemplo `{name}(seed=inventory_hostname)`."
        es "`{name}` sin `seed=` da cada vez otro resultado, y así no se podría confiar en un plan.\nhint: dé una semilla, por ejemplo `{name}(seed=inventory_hostname)`.";
    changing_method pt "O método `{name}()` altera um valor no lugar, o que não é suportado.\nhint: faça um valor novo: `list + [item]`, ou `dict | combine(other)`."
        es "El método `{name}()` cambia un valor en su lugar, lo que no se admite.\nhint: haga un valor nuevo: `list + [item]`, o `dict | combine(other)`.";
    endless pt "A definição não tem fim: {circle}.\nhint: desfaça o círculo; uma variável só pode citar a si mesma para estender a de uma precedência menor."
        es "La definición no tiene fin: {circle}.\nhint: rompa el círculo; una variable solo puede nombrarse a sí misma para ampliar la de una precedencia menor.";
    too_deep pt "A definição de `{name}` se refere a outras definições em mais de {limit} níveis.\nhint: defina-a de modo mais direto."
        es "La definición de `{name}` se refiere a otras definiciones en más de {limit} niveles.\nhint: defínala de forma más directa.";
    nested pt "Um valor tem mais de {limit} níveis.\nhint: faça-o mais raso."
        es "Un valor tiene más de {limit} niveles.\nhint: hágalo más llano.";
    fuel pt "A avaliação de `{text}` foi parada: não chega ao fim.\nhint: torne menores as repetições dela."
        es "Se paró la evaluación de `{text}`: no llega a su fin.\nhint: haga más pequeños sus bucles.";
    failed pt "Não é possível avaliar `{text}`: {why}.\nhint: confira os tipos das partes com `| type_debug`."
        es "No se puede evaluar `{text}`: {why}.\nhint: compruebe los tipos de sus partes con `| type_debug`.";
    in_file pt "Modelo {file}: {message}"
        es "Plantilla {file}: {message}";
    omit_used pt "`omit` é usado como valor.\nhint: só pode ser o valor inteiro de uma opção ou de um membro."
        es "`omit` se usa como valor.\nhint: solo puede ser el valor entero de una opción o de un miembro.";
    host_argument pt "Um argumento do lookup `{name}` foi calculado a partir de algo que um servidor disse, e poderia fazer o controlador ler o que não deve.\nhint: calcule-o só a partir das suas próprias variáveis."
        es "Un argumento del lookup `{name}` se calculó a partir de algo que dijo un servidor, y podría hacer que el controlador leyera lo que no debe.\nhint: calcúlelo solo a partir de sus propias variables.";
    untrusted_condition pt "A condição é um texto que não veio de você, e não pode ser avaliado: `{text}`.\nhint: escreva a própria comparação; o que um servidor disse são dados, nunca uma expressão."
        es "La condición es un texto que no viene de usted, y no se puede evaluar: `{text}`.\nhint: escriba la propia comparación; lo que dijo un servidor son datos, nunca una expresión.";
    not_boolean pt "A condição `{text}` dá {value}, do tipo {kind}, e deve ser verdadeira ou falsa.\nhint: compare de forma explícita, por exemplo `… | length > 0`, `… is defined`, ou `… | bool`."
        es "La condición `{text}` da {value}, del tipo {kind}, y debe ser verdadera o falsa.\nhint: compare de forma explícita, por ejemplo `… | length > 0`, `… is defined`, o `… | bool`.";
}
