//! YAML, Vault and the manifest language, in other languages.

super::translations! { "manifest";
    yaml_syntax pt "Não é possível ler o arquivo como YAML: {why}\nhint: veja esta linha e a anterior: o recuo, e aspas que não se fecham"
        es "No se puede leer el archivo como YAML: {why}\nhint: mire esta línea y la anterior: la sangría, y comillas que no se cierran";
    yaml_tab pt "Não é possível ler o arquivo como YAML: {why}\nhint: esta linha está recuada com tabulação; YAML quer espaços"
        es "No se puede leer el archivo como YAML: {why}\nhint: esta línea está sangrada con un tabulador; YAML quiere espacios";
    yaml_colon pt "Não é possível ler o arquivo como YAML: {why}\nhint: um texto que contém `: ` deve ficar entre aspas, e uma chave deve ter o mesmo recuo das vizinhas"
        es "No se puede leer el archivo como YAML: {why}\nhint: un texto que contiene `: ` debe ir entre comillas, y una clave debe tener la misma sangría que sus vecinas";
    yaml_unquoted_template pt "Não é possível ler o arquivo como YAML: {why}\nhint: um valor que começa com um modelo deve ficar inteiro entre aspas"
        es "No se puede leer el archivo como YAML: {why}\nhint: un valor que empieza por una plantilla debe ir entero entre comillas";
    yaml_depth pt "Não é possível ler o arquivo: tem mais de {limit} níveis\nhint: um YAML tão profundo foi gerado ou tem defeito; deixe-o mais raso"
        es "No se puede leer el archivo: tiene más de {limit} niveles\nhint: un YAML tan profundo es generado o defectuoso; hágalo más llano";
    yaml_alias_of_itself pt "Não é possível resolver o alias: ele está dentro do valor que nomeia\nhint: escreva o valor por extenso"
        es "No se puede resolver el alias: está dentro del valor que nombra\nhint: escriba el valor completo";
    yaml_expansion pt "Não é possível ler o arquivo: os aliases dele se expandem para mais de {limit} valores\nhint: escreva os valores por extenso, ou passe-os para variáveis"
        es "No se puede leer el archivo: sus alias se expanden a más de {limit} valores\nhint: escriba los valores completos, o páselos a variables";
    yaml_tag pt "Não é possível ler o valor: a tag `{tag}` não é conhecida\nhint: aqui podem ser usadas `!vault`, `!unsafe` e as tags simples do YAML"
        es "No se puede leer el valor: la etiqueta `{tag}` no se conoce\nhint: aquí se pueden usar `!vault`, `!unsafe` y las etiquetas simples de YAML";
    yaml_tag_value pt "Não é possível ler `{text}` como `{tag}`\nhint: corrija o valor, ou remova a tag"
        es "No se puede leer `{text}` como `{tag}`\nhint: corrija el valor, o quite la etiqueta";
    yaml_binary pt "Não é possível ler o valor `!!binary`: {why}\nhint: ele deve ser base64 de um texto em UTF-8"
        es "No se puede leer el valor `!!binary`: {why}\nhint: debe ser base64 de un texto en UTF-8";
    yaml_key pt "Não é possível usar uma lista ou um mapeamento como chave\nhint: um valor que começa com um modelo deve ficar inteiro entre aspas"
        es "No se puede usar una lista o un mapa como clave\nhint: un valor que empieza por una plantilla debe ir entero entre comillas";
    yaml_merge pt "Não é possível juntar com `<<`: o valor não é um mapeamento nem uma lista de mapeamentos\nhint: dê a âncora de um mapeamento"
        es "No se puede combinar con `<<`: el valor no es un mapa ni una lista de mapas\nhint: dé el ancla de un mapa";
    duplicate_key pt "Não é possível ler o mapeamento: a chave `{key}` aparece duas vezes, a primeira na linha {line}\nhint: remova uma das duas"
        es "No se puede leer el mapa: la clave `{key}` aparece dos veces, la primera en la línea {line}\nhint: quite una de las dos";
    several_documents pt "Não é possível ler o arquivo: ele contém mais de um documento YAML\nhint: remova o segundo `---`, ou faça dele um arquivo próprio"
        es "No se puede leer el archivo: contiene más de un documento YAML\nhint: quite el segundo `---`, o haga de él un archivo propio";
    vault_without_password pt "Não é possível abrir o valor cifrado: não há senha do Vault\nhint: dê `--vault-password-file FILE` ou `--ask-vault-pass`"
        es "No se puede abrir el valor cifrado: no hay contraseña de Vault\nhint: dé `--vault-password-file FILE` o `--ask-vault-pass`";
    vault_file_without_password pt "Não é possível abrir o arquivo cifrado `{file}`: não há senha do Vault\nhint: dê `--vault-password-file FILE` ou `--ask-vault-pass`"
        es "No se puede abrir el archivo cifrado `{file}`: no hay contraseña de Vault\nhint: dé `--vault-password-file FILE` o `--ask-vault-pass`";
    vault_password pt "Não é possível abrir o que está cifrado com o id do Vault `{label}`: nenhuma das senhas dadas serve\nhint: confira `--vault-password-file`; deve conter a senha com que isto foi cifrado"
        es "No se puede abrir lo cifrado con el id de Vault `{label}`: ninguna de las contraseñas dadas sirve\nhint: compruebe `--vault-password-file`; debe contener la contraseña con la que se cifró";
    vault_version pt "Não é possível abrir o que está cifrado: o formato {version} do Vault não é suportado\nhint: cifre-o de novo com `ansible-vault rekey`, que grava o formato 1.1 ou 1.2"
        es "No se puede abrir lo cifrado: el formato {version} de Vault no se admite\nhint: cífrelo de nuevo con `ansible-vault rekey`, que escribe el formato 1.1 o 1.2";
    vault_cipher pt "Não é possível abrir o que está cifrado: a cifra `{cipher}` não é suportada\nhint: cifre-o de novo com `ansible-vault rekey`, que usa AES256"
        es "No se puede abrir lo cifrado: el cifrado `{cipher}` no se admite\nhint: cífrelo de nuevo con `ansible-vault rekey`, que usa AES256";
    vault_broken pt "Não é possível abrir o que está cifrado: {why}\nhint: o texto foi cortado ou alterado; recupere-o de um backup ou cifre-o de novo"
        es "No se puede abrir lo cifrado: {why}\nhint: el texto se cortó o se cambió; recupérelo de una copia de seguridad o cífrelo de nuevo";
    vault_text pt "Não é possível usar o que foi decifrado: não é texto em UTF-8\nhint: só texto pode ficar em um manifesto ou em um arquivo de variáveis"
        es "No se puede usar lo descifrado: no es texto en UTF-8\nhint: en un manifiesto o un archivo de variables solo puede haber texto";
    missing_file pt "Não é possível ler `{file}`: não existe esse arquivo\nhint: um nome relativo é procurado ao lado do arquivo que o indica, e depois ao lado do manifesto"
        es "No se puede leer `{file}`: no existe ese archivo\nhint: un nombre relativo se busca junto al archivo que lo indica, y después junto al manifiesto";
    not_text pt "Não é possível ler `{file}`: não é texto em UTF-8\nhint: salve-o como UTF-8"
        es "No se puede leer `{file}`: no es texto en UTF-8\nhint: guárdelo como UTF-8";
    empty pt "Não é possível usar o manifesto: não há nada nele\nhint: um manifesto é uma lista de passos, ou de plays com `hosts` e `tasks`"
        es "No se puede usar el manifiesto: no contiene nada\nhint: un manifiesto es una lista de tareas, o de plays con `hosts` y `tasks`";
    not_a_list pt "Não é possível usar o manifesto: esperava-se uma lista de passos ou plays, mas há {found}\nhint: cada passo ou play começa com `- `"
        es "No se puede usar el manifiesto: se esperaba una lista de tareas o plays, pero hay {found}\nhint: cada tarea o play empieza con `- `";
    not_a_task pt "Não é possível ler o passo: esperava-se um mapeamento, mas há {found}\nhint: escreva `- name: …` e o módulo na linha seguinte, com o mesmo recuo de `name`"
        es "No se puede leer la tarea: se esperaba un mapa, pero hay {found}\nhint: escriba `- name: …` y el módulo en la línea siguiente, con la misma sangría que `name`";
    mixed pt "Não é possível misturar passos e plays em uma lista: a linha {line} começa com o outro tipo\nhint: coloque os passos em `tasks:` de um play com `hosts:`"
        es "No se pueden mezclar tareas y plays en una lista: la línea {line} empieza con el otro tipo\nhint: ponga las tareas en `tasks:` de un play con `hosts:`";
    plays_in_tasks pt "Não é possível importar uma lista de plays onde se esperam passos\nhint: use `import_playbook` no nível dos plays"
        es "No se puede importar una lista de plays donde se esperan tareas\nhint: use `import_playbook` en el nivel de los plays";
    play_without_hosts pt "Não é possível usar o play: falta `hosts`\nhint: indique para quais servidores ele é, ou `all`"
        es "No se puede usar el play: falta `hosts`\nhint: indique para qué servidores es, o `all`";
    module_as_keyword pt "Não é possível ler isto ({place}): `{name}` é um módulo, não uma palavra-chave\nhint: faça dele um passo próprio na lista dali ({place})"
        es "No se puede leer esto ({place}): `{name}` es un módulo, no una palabra clave\nhint: haga de él una tarea propia en la lista de ahí ({place})";
    two_loops pt "Não é possível repetir duas vezes: o passo tem `{first}` e `{second}`\nhint: remova um deles; para uma repetição dentro de outra, use `include_tasks` com uma repetição própria"
        es "No se puede repetir dos veces: la tarea tiene `{first}` y `{second}`\nhint: quite uno; para un bucle dentro de otro, use `include_tasks` con un bucle propio";
    imports_itself pt "Não é possível importar `{file}`: é o arquivo que está sendo lido\nhint: importações estáticas assim nunca terminam; `include_tasks` com um `when` pode terminar"
        es "No se puede importar `{file}`: es el archivo que se está leyendo\nhint: las importaciones estáticas así no terminan nunca; `include_tasks` con un `when` puede terminar";
    no_module pt "Não é possível fazer o passo: ele não indica nenhum módulo\nhint: um passo precisa de uma chave que seja um módulo, como `apt` ou `file`; `hep modules` os lista"
        es "No se puede hacer la tarea: no indica ningún módulo\nhint: una tarea necesita una clave que sea un módulo, como `apt` o `file`; `hep modules` los enumera";
    two_modules pt "Não é possível fazer o passo: ele indica dois módulos, `{first}` e `{second}`\nhint: faça dois passos, cada um começando com `- `"
        es "No se puede hacer la tarea: indica dos módulos, `{first}` y `{second}`\nhint: haga dos tareas, cada una empezando con `- `";
    unknown_module pt "Não é possível fazer o passo: não existe o módulo `{name}`\nhint: `hep modules` lista os módulos; um executável com esse nome em `modules/` também seria usado"
        es "No se puede hacer la tarea: no existe el módulo `{name}`\nhint: `hep modules` enumera los módulos; un ejecutable con ese nombre en `modules/` también se usaría";
    unknown_module_near pt "Não é possível fazer o passo: não existe o módulo `{name}`\nhint: você quis dizer `{near}`?"
        es "No se puede hacer la tarea: no existe el módulo `{name}`\nhint: ¿quiso decir `{near}`?";
    unknown_keyword pt "Não é possível ler isto ({place}): `{name}` não é uma palavra-chave aqui\nhint: uma opção do módulo deve ficar um nível mais dentro, abaixo do módulo"
        es "No se puede leer esto ({place}): `{name}` no es aquí una palabra clave\nhint: una opción del módulo debe ir un nivel más adentro, debajo del módulo";
    unknown_keyword_near pt "Não é possível ler isto ({place}): `{name}` não é uma palavra-chave aqui\nhint: você quis dizer `{near}`?"
        es "No se puede leer esto ({place}): `{name}` no es aquí una palabra clave\nhint: ¿quiso decir `{near}`?";
    not_done pt "Não é possível usar `{name}`: o Hephaestus não o suporta\nhint: remova-o; se precisar dele, diga-o em uma issue"
        es "No se puede usar `{name}`: Hephaestus no lo admite\nhint: quítelo; si lo necesita, dígalo en una incidencia";
    later pt "Ainda não é possível usar `{name}`: virá em uma versão posterior\nhint: até lá, importe os passos do papel com `import_tasks`"
        es "Todavía no se puede usar `{name}`: llegará en una versión posterior\nhint: hasta entonces, importe las tareas del rol con `import_tasks`";
    old_include pt "Não é possível usar `include`: era ambíguo e deixou de existir\nhint: use `import_tasks` (lido antes da execução) ou `include_tasks` (lido quando se chega a ele)"
        es "No se puede usar `include`: era ambiguo y ya no existe\nhint: use `import_tasks` (se lee antes de la ejecución) o `include_tasks` (se lee al llegar a él)";
    not_here pt "Não é possível usar `{name}` aqui ({place})\nhint: ele pertence a um play"
        es "No se puede usar `{name}` aquí ({place})\nhint: pertenece a un play";
    not_on_include pt "Não é possível usar `{name}` com `include_tasks`: não chegaria aos passos incluídos\nhint: coloque-o em `apply:`, ou coloque em volta do include um bloco que o tenha"
        es "No se puede usar `{name}` con `include_tasks`: no llegaría a las tareas incluidas\nhint: póngalo en `apply:`, o ponga alrededor del include un bloque que lo tenga";
    not_on_import pt "Não é possível usar `{name}` com `import_tasks`: o arquivo é lido antes da execução\nhint: use `include_tasks`"
        es "No se puede usar `{name}` con `import_tasks`: el archivo se lee antes de la ejecución\nhint: use `include_tasks`";
    keyword_type pt "Não é possível ler `{name}`: esperava-se {expected}, mas há {found}"
        es "No se puede leer `{name}`: se esperaba {expected}, pero hay {found}";
    keyword_choice pt "Não é possível ler `{name}`: `{word}` não é um de {choices}"
        es "No se puede leer `{name}`: `{word}` no es uno de {choices}";
    become_method pt "Não é possível tornar-se outro usuário por `{word}`: só `sudo` é suportado\nhint: remova `become_method`, ou defina-o como `sudo`"
        es "No es posible convertirse en otro usuario por `{word}`: solo se admite `sudo`\nhint: quite `become_method`, o póngalo a `sudo`";
    variable_name pt "Não é possível definir uma variável chamada `{name}`\nhint: um nome tem letras, dígitos e `_`, e não começa com dígito"
        es "No se puede definir una variable llamada `{name}`\nhint: un nombre tiene letras, dígitos y `_`, y no empieza por un dígito";
    not_constant pt "Não é possível resolver `{name}` antes da execução: {why}\nhint: ali só se conhecem as variáveis dadas com `-e` e as do play"
        es "No se puede resolver `{name}` antes de la ejecución: {why}\nhint: ahí solo se conocen las variables dadas con `-e` y las del play";
    not_constant_yet pt "uma variável nele ainda não tem valor"
        es "una variable que contiene todavía no tiene valor";
    lookup_too_early pt "ali não se podem fazer lookups"
        es "ahí no se pueden hacer lookups";
    text_for_options pt "Não é possível ler as opções de `{module}`: este texto não é uma lista de `NAME=VALUE`\nhint: escreva as opções abaixo do módulo, cada uma como `NAME: VALUE`"
        es "No se pueden leer las opciones de `{module}`: este texto no es una lista de `NAME=VALUE`\nhint: escriba las opciones debajo del módulo, cada una como `NAME: VALUE`";
    too_deep_imports pt "Não é possível importar `{file}`: os arquivos se importam em mais de {limit} níveis\nhint: coloque-os lado a lado, em vez de um dentro do outro"
        es "No se puede importar `{file}`: los archivos se importan en más de {limit} niveles\nhint: póngalos uno al lado del otro, en vez de uno dentro de otro";
    unknown_handler pt "Não é possível notificar `{name}`: o play não tem handler com este nome nem com este `listen`\nhint: acrescente-o em `handlers:`"
        es "No se puede notificar a `{name}`: el play no tiene ningún handler con este nombre ni con este `listen`\nhint: añádalo en `handlers:`";
    unknown_handler_near pt "Não é possível notificar `{name}`: o play não tem handler com este nome nem com este `listen`\nhint: você quis dizer `{near}`?"
        es "No se puede notificar a `{name}`: el play no tiene ningún handler con este nombre ni con este `listen`\nhint: ¿quiso decir `{near}`?";
    block_as_handler pt "Não é possível usar um bloco como handler\nhint: dê a cada passo dele o mesmo `listen`"
        es "No se puede usar un bloque como handler\nhint: dé a cada una de sus tareas el mismo `listen`";
    rescue_without_block pt "Não é possível ler o bloco: `rescue` e `always` precisam de um `block` ao lado\nhint: coloque os passos em `block:`"
        es "No se puede leer el bloque: `rescue` y `always` necesitan un `block` a su lado\nhint: ponga los pasos en `block:`";
    no_such_task pt "Não é possível começar no passo `{name}`: não há passo com este nome\nhint: `--list-tasks` mostra os nomes"
        es "No se puede empezar en la tarea `{name}`: no hay ninguna tarea con este nombre\nhint: `--list-tasks` muestra los nombres";
    no_such_task_near pt "Não é possível começar no passo `{name}`: não há passo com este nome\nhint: você quis dizer `{near}`?"
        es "No se puede empezar en la tarea `{name}`: no hay ninguna tarea con este nombre\nhint: ¿quiso decir `{near}`?";
    too_many_files pt "Não é possível ler mais arquivos: uma execução tem no máximo 65.535\nhint: divida a execução"
        es "No se pueden leer más archivos: una ejecución tiene 65 535 como máximo\nhint: divida la ejecución";
}
