//! Runs, in other languages.

super::translations! { "run";
    no_command pt "Não há nada para executar\nhint: dê `line` para uma linha de shell, ou `words`, ou para um script o texto dele em `script`"
        es "No hay nada que ejecutar\nhint: dé `line` para una línea de shell, o `words`, o para un script su texto en `script`";
    bad_variable pt "`{name}` não pode ser o nome de uma variável de ambiente\nhint: use letras, dígitos e `_`, começando com letra ou `_`"
        es "`{name}` no puede ser el nombre de una variable de entorno\nhint: use letras, dígitos y `_`, empezando por letra o `_`";
    no_such_secrets pt "Um conteúdo do tipo `{kind}` não tem uso para `{field}`\nhint: comandos e scripts recebem segredos em `environment`, manifestos como `variables` e `vault_passwords`, e a ação `login.push_key` uma `password`"
        es "Un contenido del tipo `{kind}` no tiene uso para `{field}`\nhint: los comandos y scripts reciben secretos en su `environment`, los manifiestos como `variables` y `vault_passwords`, y la acción `login.push_key` una `password`";
    no_entry pt "O manifesto não tem o arquivo `{entry}` para começar\nhint: `entry` indica um de `files`"
        es "El manifiesto no tiene el archivo `{entry}` por el que empezar\nhint: `entry` indica uno de `files`";
    bad_path pt "`{path}` não pode ser o caminho de um arquivo aqui\nhint: use um caminho relativo sem `..`"
        es "`{path}` no puede ser aquí la ruta de un archivo\nhint: use una ruta relativa sin `..`";
    bad_manifest pt "O manifesto não pode ser executado:\n{text}"
        es "El manifiesto no se puede ejecutar:\n{text}";
    bad_base64 pt "O conteúdo não é base64"
        es "El contenido no es base64";
    no_content pt "Não há nada para copiar\nhint: dê o conteúdo como `text` ou como `base64`, não os dois"
        es "No hay nada que copiar\nhint: dé el contenido como `text` o como `base64`, no ambos";
    bad_destination pt "Não é possível copiar para `{dest}`\nhint: dê um caminho absoluto"
        es "No se puede copiar a `{dest}`\nhint: dé una ruta absoluta";
    no_folder pt "Não é possível gravar os arquivos da execução em {path}: {error}"
        es "No se pueden escribir los archivos de la ejecución en {path}: {error}";
    no_host pt "`{selector}` não indica nenhum servidor do cadastro"
        es "`{selector}` no indica ningún servidor del registro";
    denied_host pt "Você não tem o direito “{verb}” sobre {host}, que está entre os servidores\nhint: escolha servidores sobre os quais o tenha, ou peça a um administrador um papel que permita isto"
        es "No tiene el derecho «{verb}» sobre {host}, que está entre los servidores\nhint: elija servidores sobre los que lo tenga, o pida a un administrador un rol que lo permita";
    disabled pt "{host} está desativado no cadastro"
        es "{host} está desactivado en el registro";
    maintenance pt "{host} está em manutenção"
        es "{host} está en mantenimiento";
    no_play pt "nenhuma parte do manifesto é para {host}"
        es "ninguna parte del manifiesto es para {host}";
    host_gone pt "{host} já não está no cadastro"
        es "{host} ya no está en el registro";
    not_over pt "A execução {id} não terminou\nhint: cancele-a, ou espere o fim dela"
        es "La ejecución {id} no ha terminado\nhint: cancélela, o espere a que termine";
    is_over pt "A execução {id} já terminou: {state}"
        es "La ejecución {id} ya ha terminado: {state}";
    nothing_to_retry pt "Nenhum servidor da execução {id} falhou, esteve inacessível ou ficou por começar\nhint: servidores cujo resultado não é conhecido só são repetidos quando isso é pedido: `lost`"
        es "Ningún servidor de la ejecución {id} falló, estuvo inaccesible o quedó sin empezar\nhint: los servidores cuyo resultado no se conoce solo se repiten cuando se pide: `lost`";
    not_waiting pt "A execução {id} não espera aprovação"
        es "La ejecución {id} no espera una aprobación";
    own_approval pt "Uma execução é aprovada por outra pessoa, não por quem a pediu"
        es "Una ejecución la aprueba otra persona, no quien la pidió";
    bad_state pt "`{state}` não é um estado de uma execução"
        es "`{state}` no es un estado de una ejecución";
    cut pt "{bytes} bytes da saída foram deixados de fora aqui: a saída de um servidor só é guardada por inteiro até um limite"
        es "Aquí se omitieron {bytes} bytes de la salida: la salida de un servidor solo se guarda entera hasta un límite";
    stopped_after_failures pt "parada depois de falhas"
        es "detenida tras fallos";
    node_left pt "seu nó foi parado ou perdeu a conexão"
        es "su nodo se detuvo o quedó incomunicado";
    node_gone pt "O nó que executava isto deixou de existir, e ninguém sabe o que aconteceu\nhint: veja no servidor antes de repetir"
        es "El nodo que ejecutaba esto desapareció, y nadie sabe qué ocurrió\nhint: mire en el servidor antes de repetirlo";
    settled pt "O nó que executava isto deixou de existir; o próprio servidor diz como terminou"
        es "El nodo que ejecutaba esto desapareció; el propio servidor dice cómo terminó";
    cut_off pt "O nó que executava isto deixou de existir, e a execução foi cortada: o que tinha começado terminou, o resto não começou\nhint: veja o que foi feito e depois repita a execução"
        es "El nodo que ejecutaba esto desapareció, y la ejecución se cortó: lo que había empezado terminó, el resto no empezó\nhint: mire lo que se hizo y después reintente la ejecución";
    cannot_claim pt "Não é possível reservar o banco de dados para este servidor: {error}"
        es "No se puede reservar la base de datos para este servidor: {error}";
    second_server pt "Outro servidor trabalha com este arquivo de banco de dados\nhint: encerre-o primeiro; para vários servidores use PostgreSQL"
        es "Otro servidor trabaja con este archivo de base de datos\nhint: termínelo primero; para varios servidores use PostgreSQL";
    not_begun pt "O que devia ser feito não pôde ser começado"
        es "Lo que se debía hacer no se pudo empezar";
    content_twice pt "O conteúdo diz o que recebe, e quanto uma execução dele recebeu antes\nhint: deixe `stdin_bytes` e `bytes` de fora: são as execuções que os dizem"
        es "El contenido dice qué recibe, y cuánto recibió antes una ejecución suya\nhint: omita `stdin_bytes` y `bytes`: eso lo dicen las ejecuciones";
    content_not_said pt "O conteúdo diz quantos bytes recebe, e não quais: uma execução os guarda cifrados\nhint: dê `stdin`, ou o `text` ou `base64` de um arquivo; `retry` e `again` repetem uma execução com o que ela recebeu"
        es "El contenido dice cuántos bytes recibe, y no cuáles: una ejecución los guarda cifrados\nhint: dé `stdin`, o el `text` o `base64` de un archivo; `retry` y `again` repiten una ejecución con lo que recibió";
}
