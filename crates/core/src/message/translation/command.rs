//! Commands, waiting, and the modules that only speak, in other languages.

super::translations! { "command";
    says pt "{text}"
        es "{text}";
    shows pt "{expr}: {value}"
        es "{expr}: {value}";
    as_written pt "{text}"
        es "{text}";
    does_not_hold pt "A asserção falhou: `{expr}` não é verdadeiro"
        es "Falló la aserción: `{expr}` no es verdadero";
    verbosity pt "Não mostrado: a execução não é detalhada o bastante"
        es "No se muestra: la ejecución no es lo bastante detallada";
    not_an_identifier pt "Não é possível definir a variável `{name}`: não é o nome de uma variável\nhint: use letras, dígitos e `_`, e não comece com dígito"
        es "No se puede definir la variable `{name}`: no es el nombre de una variable\nhint: use letras, dígitos y `_`, y no empiece por un dígito";
    nothing_to_set pt "Não é possível definir variáveis: nenhuma foi dada\nhint: escreva `NAME: VALUE` abaixo de `set_fact:`"
        es "No se pueden definir variables: no se dio ninguna\nhint: escriba `NAME: VALUE` debajo de `set_fact:`";
    crash pt "Não é possível responder: o passo pediu que este módulo caísse (`data: crash`)"
        es "No se puede responder: la tarea pidió que este módulo se cayera (`data: crash`)";
    unfinished_words pt "Não é possível dividir `{text}` em palavras: {why}\nhint: feche as aspas, ou use o módulo `shell` quando um shell deve ler a linha"
        es "No se puede dividir `{text}` en palabras: {why}\nhint: cierre las comillas, o use el módulo `shell` cuando un shell deba leer la línea";
    no_command pt "Não é possível executar um comando: nenhum foi dado\nhint: escreva-o depois do nome do módulo, ou como `cmd:` ou `argv:`"
        es "No se puede ejecutar un comando: no se dio ninguno\nhint: escríbalo después del nombre del módulo, o como `cmd:` o `argv:`";
    executable_not_used pt "`executable` não é usado por `command`: nenhum shell lê os argumentos dele"
        es "`command` no usa `executable`: ningún shell lee sus argumentos";
    two_commands pt "Não é possível executar um comando: foi dado mais de um entre texto livre, `cmd` e `argv`\nhint: fique com um só"
        es "No se puede ejecutar un comando: se dio más de uno entre texto libre, `cmd` y `argv`\nhint: quédese con uno solo";
    nonzero pt "Falhou com o código {rc}"
        es "Falló con el código {rc}";
    unpredicted pt "o resultado de `{program}` só se conhece depois de executado"
        es "el resultado de `{program}` solo se conoce cuando se haya ejecutado";
    did_not_run_exists pt "Não executado: `{path}` existe"
        es "No se ejecutó: `{path}` existe";
    did_not_run_absent pt "Não executado: `{path}` não existe"
        es "No se ejecutó: `{path}` no existe";
    script_is_directory pt "Não é possível executar `{path}`: é um diretório do controlador\nhint: indique o próprio script"
        es "No se puede ejecutar `{path}`: es un directorio del controlador\nhint: indique el propio script";
    fact_path_not_read pt "`fact_path` não é lido: os fatos vêm do próprio servidor"
        es "`fact_path` no se lee: los datos vienen del propio servidor";
    wait_excluded pt "Não é possível esperar por `{first}` e `{second}` ao mesmo tempo\nhint: escreva dois passos"
        es "No se puede esperar `{first}` y `{second}` a la vez\nhint: escriba dos tareas";
    wait_unsupported pt "Não é possível esperar com `{option}`: isto não é suportado"
        es "No se puede esperar con `{option}`: esto no se admite";
    bad_regex pt "Não é possível procurar por `{regex}`: {why}"
        es "No se puede buscar `{regex}`: {why}";
    waited pt "O tempo se esgotou: esperou-se {what} durante {seconds} s"
        es "Se agotó el tiempo: se esperó {what} durante {seconds} s";
    waits_for_port pt "a porta {port} de {host}"
        es "el puerto {port} de {host}";
    waits_for_closed pt "o fechamento da porta {port} de {host}"
        es "el cierre del puerto {port} de {host}";
    waits_for_drained pt "o fim das conexões da porta {port}"
        es "el fin de las conexiones del puerto {port}";
    waits_for_path pt "`{path}`"
        es "`{path}`";
    waits_for_gone pt "o desaparecimento de `{path}`"
        es "la desaparición de `{path}`";
    external_unpredicted pt "o que o módulo externo `{name}` faria só se conhece depois de executado; ele não diz `hep: supports-check`"
        es "lo que haría el módulo externo `{name}` solo se conoce cuando se haya ejecutado; no dice `hep: supports-check`";
    external_claims pt "Afirmado pelo próprio módulo externo `{name}`"
        es "Lo afirma el propio módulo externo `{name}`";
    external_is_directory pt "Não é possível executar o módulo externo `{name}`: é um diretório do controlador"
        es "No se puede ejecutar el módulo externo `{name}`: es un directorio del controlador";
    external_no_answer pt "Não é possível entender o módulo externo `{name}`: {why}\nhint: ele deve escrever um objeto JSON, e nada mais, na saída padrão"
        es "No se puede entender el módulo externo `{name}`: {why}\nhint: debe escribir un objeto JSON, y nada más, en su salida estándar";
    external_failed pt "O módulo externo `{name}` falhou: {why}"
        es "El módulo externo `{name}` falló: {why}";
}
