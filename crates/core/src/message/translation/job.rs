//! Jobs, manifests and repositories, in other languages.

super::translations! { "job";
    no_files pt "Um manifesto tem pelo menos um arquivo\nhint: dê `files`, que associa caminhos a textos"
        es "Un manifiesto tiene al menos un archivo\nhint: dé `files`, que asocia rutas con textos";
    too_many_files pt "O manifesto tem {count} arquivos, mais do que {most}"
        es "El manifiesto tiene {count} archivos, más de {most}";
    too_large pt "Os arquivos do manifesto têm juntos {bytes} bytes, mais do que {most}\nhint: guarde o que é maior em um pacote ou em um servidor web"
        es "Los archivos del manifiesto tienen en total {bytes} bytes, más de {most}\nhint: guarde lo que sea mayor en un paquete o en un servidor web";
    twice pt "`{path}` está tanto em `files` quanto em `base64`"
        es "`{path}` está tanto en `files` como en `base64`";
    no_revision pt "O manifesto `{manifest}` não tem a versão {revision}\nhint: `hep manifest history {manifest}` as lista"
        es "El manifiesto `{manifest}` no tiene la versión {revision}\nhint: `hep manifest history {manifest}` las enumera";
    no_manifest pt "Não existe o manifesto `{manifest}`"
        es "No existe el manifiesto `{manifest}`";
    two_sources pt "Um manifesto vem com a chamada em `files`, ou de `manifest`, ou de `repository`: de um só deles"
        es "Un manifiesto viene con la llamada en `files`, o de `manifest`, o de `repository`: de uno solo de ellos";
    bad_expression pt "`{pattern}` não é uma expressão regular: {why}"
        es "`{pattern}` no es una expresión regular: {why}";
    bad_parameter_name pt "`{name}` não pode ser o nome de um parâmetro\nhint: use letras, dígitos e `_`, começando com letra ou `_`"
        es "`{name}` no puede ser el nombre de un parámetro\nhint: use letras, dígitos y `_`, empezando por letra o `_`";
    parameter_twice pt "Há dois parâmetros `{name}`"
        es "Hay dos parámetros `{name}`";
    no_choices pt "O parâmetro `{name}` não tem o que escolher\nhint: dê `choices`"
        es "El parámetro `{name}` no tiene nada que elegir\nhint: dé `choices`";
    stray_choices pt "O parâmetro `{name}` não é uma escolha, por isso não tem `choices`"
        es "El parámetro `{name}` no es una elección, así que no tiene `choices`";
    no_secret_kept pt "Nenhum valor padrão do parâmetro `{name}` está guardado\nhint: dê-o como `default`"
        es "No se guarda ningún valor predeterminado del parámetro `{name}`\nhint: delo como `default`";
    no_secret_here pt "O parâmetro `{name}` é secreto, e um conteúdo do tipo `{kind}` não tem lugar para segredos\nhint: comandos e scripts os recebem no ambiente, manifestos como variáveis"
        es "El parámetro `{name}` es secreto, y un contenido del tipo `{kind}` no tiene lugar para secretos\nhint: los comandos y scripts los reciben en su entorno, los manifiestos como variables";
    not_used pt "O parâmetro `{name}` não chega a nada do que é executado\nhint: escreva `{place}` onde o valor dele deve ficar"
        es "El parámetro `{name}` no llega a nada de lo que se ejecuta\nhint: escriba `{place}` donde deba ir su valor";
    unknown_place pt "`{place}` não corresponde a nenhum parâmetro da tarefa"
        es "`{place}` no corresponde a ningún parámetro del trabajo";
    secret_place pt "`{place}` mostraria um segredo\nhint: comandos e scripts o recebem no ambiente"
        es "`{place}` mostraría un secreto\nhint: los comandos y scripts lo reciben en su entorno";
    unknown_parameter pt "A tarefa `{job}` não tem o parâmetro `{name}`"
        es "El trabajo `{job}` no tiene el parámetro `{name}`";
    missing_parameter pt "O parâmetro `{name}` precisa de um valor"
        es "El parámetro `{name}` necesita un valor";
    wrong_kind pt "O valor do parâmetro `{name}` não é do tipo {kind}"
        es "El valor del parámetro `{name}` no es del tipo {kind}";
    not_a_choice pt "O valor do parâmetro `{name}` não é nenhum de {choices}"
        es "El valor del parámetro `{name}` no es ninguno de {choices}";
    no_match pt "O valor do parâmetro `{name}` não corresponde a `{pattern}`"
        es "El valor del parámetro `{name}` no coincide con `{pattern}`";
    busy pt "A tarefa `{job}` já está em execução, e só roda uma vez por vez: {run}"
        es "El trabajo `{job}` ya está en marcha, y solo lo hace una vez a la vez: {run}";
    too_many_waiting pt "{most} execuções da tarefa `{job}` já esperam a sua vez\nhint: cancele algumas: `hep run list job={job} state=queued`"
        es "{most} ejecuciones del trabajo `{job}` ya esperan su turno\nhint: cancele algunas: `hep run list job={job} state=queued`";
    beyond pt "{host} não é um dos servidores da tarefa"
        es "{host} no es uno de los servidores del trabajo";
    unexpected_output pt "Nenhuma linha da saída corresponde a `{pattern}`"
        es "Ninguna línea de la salida coincide con `{pattern}`";
    bad_url pt "`{url}` não é o endereço de um repositório do qual se possa buscar\nhint: use `https://…`, `ssh://…` ou `USER@HOST:PATH`, sem senha; administradores podem usar `file:///…`"
        es "`{url}` no es la dirección de un repositorio del que se pueda traer\nhint: use `https://…`, `ssh://…` o `USER@HOST:PATH`, sin contraseña; los administradores pueden usar `file:///…`";
    bad_revision pt "`{revision}` não pode ser um ramo, uma etiqueta nem um commit"
        es "`{revision}` no puede ser una rama, una etiqueta ni un commit";
    wrong_credential pt "A credencial `{name}` é do tipo `{kind}`; este endereço precisa de uma do tipo `{needed}`"
        es "La credencial `{name}` es del tipo `{kind}`; esta dirección necesita una del tipo `{needed}`";
    locked_key pt "A chave da credencial `{name}` tem uma frase secreta, que não se pode dar ao git\nhint: use uma chave própria sem frase, que só possa ler"
        es "La clave de la credencial `{name}` tiene una frase de contraseña, que no se puede dar a git\nhint: use una clave propia sin frase, que solo pueda leer";
    no_git pt "Não é possível buscar manifestos de um repositório, porque este servidor não tem o programa `git`\nhint: instale o pacote `git`"
        es "No se pueden traer manifiestos de un repositorio, porque este servidor no tiene el programa `git`\nhint: instale el paquete `git`";
    git_failed pt "Não é possível buscar manifestos do repositório `{repository}`: {text}"
        es "No se pueden traer manifiestos del repositorio `{repository}`: {text}";
    git_slow pt "Não é possível buscar manifestos do repositório `{repository}`: ele não respondeu em {seconds} s"
        es "No se pueden traer manifiestos del repositorio `{repository}`: no respondió en {seconds} s";
    no_such_revision pt "O repositório `{repository}` não tem ramo, etiqueta nem commit `{revision}`"
        es "El repositorio `{repository}` no tiene rama, etiqueta ni commit `{revision}`";
    no_such_entry pt "O repositório `{repository}` não tem o arquivo `{entry}` em {commit}"
        es "El repositorio `{repository}` no tiene el archivo `{entry}` en {commit}";
    no_repository pt "Não existe o repositório `{repository}`"
        es "No existe el repositorio `{repository}`";
    no_cache pt "Manifestos são buscados de repositórios por um servidor em funcionamento"
        es "Los manifiestos los trae de los repositorios un servidor en marcha";
}
