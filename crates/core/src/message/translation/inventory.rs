//! Inventories and selectors, in other languages.

super::translations! { "inventory";
    duplicate_host pt "Não é possível ler o inventário: o servidor `{host}` aparece duas vezes no grupo `{group}`, na linha {first} e na linha {second}\nhint: remova um dos dois, ou coloque-os em grupos diferentes"
        es "No se puede leer el inventario: el servidor `{host}` aparece dos veces en el grupo `{group}`, en la línea {first} y en la línea {second}\nhint: quite uno de los dos, o póngalos en grupos distintos";
    duplicate_in_list pt "Não é possível ler a lista de servidores: `{host}` aparece duas vezes nela\nhint: indique cada servidor uma só vez"
        es "No se puede leer la lista de servidores: `{host}` aparece dos veces en ella\nhint: indique cada servidor una sola vez";
    bad_host pt "Não é possível ler `{text}` como servidor\nhint: um servidor é `NAME` ou `NAME:PORT`, em que o nome começa com letra ou dígito e não tem espaços nem caracteres especiais do shell; um endereço IPv6 com porta é `[ADDRESS]:PORT`"
        es "No se puede leer `{text}` como servidor\nhint: un servidor es `NAME` o `NAME:PORT`, donde el nombre empieza por letra o dígito y no tiene espacios ni caracteres especiales del shell; una dirección IPv6 con puerto es `[ADDRESS]:PORT`";
    bad_port pt "Não é possível usar `{text}` como porta de `{subject}`\nhint: uma porta é um número de 1 a 65535"
        es "No se puede usar `{text}` como puerto de `{subject}`\nhint: un puerto es un número de 1 a 65535";
    range_open pt "Não é possível expandir `{pattern}`: falta o `]` de um `[`"
        es "No se puede expandir `{pattern}`: falta el `]` de un `[`";
    bad_range pt "Não é possível expandir o intervalo em `{pattern}`: {why}\nhint: os intervalos são `[01:20]`, `[a:f]`, `[1:10:2]`, `[01-20]` e `[1,3,5-7]`"
        es "No se puede expandir el intervalo de `{pattern}`: {why}\nhint: los intervalos son `[01:20]`, `[a:f]`, `[1:10:2]`, `[01-20]` y `[1,3,5-7]`";
    range_too_long pt "Não é possível expandir `{pattern}`: representa mais de {limit} nomes"
        es "No se puede expandir `{pattern}`: representa más de {limit} nombres";
    group_in_itself pt "Não é possível colocar o grupo `{group}` dentro de si mesmo"
        es "No se puede poner el grupo `{group}` dentro de sí mismo";
    group_circle pt "Não é possível ordenar os grupos: cada um de `{groups}` está dentro do anterior, e o primeiro dentro do último\nhint: remova um destes `children`"
        es "No se pueden ordenar los grupos: cada uno de `{groups}` está dentro del anterior, y el primero dentro del último\nhint: quite uno de estos `children`";
    bad_priority pt "Não é possível usar `{text}` como `ansible_group_priority`\nhint: dê um número inteiro; o maior prevalece"
        es "No se puede usar `{text}` como `ansible_group_priority`\nhint: dé un número entero; prevalece el mayor";
    vars_not_a_map pt "Não é possível ler as variáveis: o arquivo não associa nomes a valores"
        es "No se pueden leer las variables: el archivo no asocia nombres con valores";
    host_and_group pt "`{name}` é um servidor e também um grupo\nhint: um seletor toma o servidor; escreva `@{name}` para o grupo"
        es "`{name}` es un servidor y también un grupo\nhint: un selector toma el servidor; escriba `@{name}` para el grupo";
    ini_unknown_section pt "Não é possível ler a seção `[{group}:{kind}]`: uma seção é `[GROUP]`, `[GROUP:children]` ou `[GROUP:vars]`\nhint: {near}"
        es "No se puede leer la sección `[{group}:{kind}]`: una sección es `[GROUP]`, `[GROUP:children]` o `[GROUP:vars]`\nhint: {near}";
    ini_bad_section pt "Não é possível ler a seção `{line}`\nhint: uma seção é `[GROUP]`, `[GROUP:children]` ou `[GROUP:vars]`, sem espaços"
        es "No se puede leer la sección `{line}`\nhint: una sección es `[GROUP]`, `[GROUP:children]` o `[GROUP:vars]`, sin espacios";
    ini_bad_child pt "Não é possível ler `{text}` em `[{group}:children]`\nhint: cada linha tem o nome de um só grupo"
        es "No se puede leer `{text}` en `[{group}:children]`\nhint: cada línea lleva el nombre de un solo grupo";
    ini_undeclared_child pt "Não é possível colocar `{group}` no grupo `{parent}`: não há seção `[{group}]`\nhint: {near}"
        es "No se puede poner `{group}` en el grupo `{parent}`: no hay sección `[{group}]`\nhint: {near}";
    ini_undeclared_vars pt "Não é possível definir variáveis de `{group}`: não há seção `[{group}]`\nhint: {near}"
        es "No se pueden definir variables de `{group}`: no hay sección `[{group}]`\nhint: {near}";
    ini_expected_assignment pt "Não é possível ler `{line}`: esperava-se `NAME=VALUE`"
        es "No se puede leer `{line}`: se esperaba `NAME=VALUE`";
    ini_expected_host_var pt "Não é possível ler `{word}` depois de um servidor: esperava-se `NAME=VALUE`\nhint: coloque entre aspas os valores com espaços: `NAME='two words'`"
        es "No se puede leer `{word}` después de un servidor: se esperaba `NAME=VALUE`\nhint: ponga entre comillas los valores con espacios: `NAME='two words'`";
    ini_open_quote pt "Não é possível ler `{line}`: há aspas que não se fecham"
        es "No se puede leer `{line}`: hay comillas que no se cierran";
    ini_open_escape pt "Não é possível ler `{line}`: não há nada depois da última barra invertida"
        es "No se puede leer `{line}`: no hay nada después de la última barra invertida";
    ini_is_yaml pt "Não é possível ler `---` como servidor: isto parece YAML\nhint: dê ao arquivo um nome que termine em `.yml`"
        es "No se puede leer `---` como servidor: esto parece YAML\nhint: dé al archivo un nombre que termine en `.yml`";
    yaml_empty pt "Não é possível ler o inventário: o arquivo está vazio"
        es "No se puede leer el inventario: el archivo está vacío";
    yaml_plugin pt "Não é possível ler o inventário: ele configura o plugin de inventário `{name}` do Ansible, que não temos\nhint: chame o plugin com `ansible-inventory --list` em um inventário executável"
        es "No se puede leer el inventario: configura el plugin de inventario `{name}` de Ansible, que no tenemos\nhint: llame al plugin con `ansible-inventory --list` en un inventario ejecutable";
    yaml_not_groups pt "Não é possível ler o inventário: esperava-se um mapeamento de grupos, mas há {found}"
        es "No se puede leer el inventario: se esperaba un mapa de grupos, pero hay {found}";
    yaml_bad_group pt "Não é possível ler o grupo `{group}`: esperava-se um mapeamento com `hosts`, `children` e `vars`, mas há {found}"
        es "No se puede leer el grupo `{group}`: se esperaba un mapa con `hosts`, `children` y `vars`, pero hay {found}";
    yaml_bad_section pt "Não é possível ler `{section}` do grupo `{group}`: esperava-se um mapeamento, mas há {found}\nhint: termine cada nome com dois-pontos: `web1:`"
        es "No se puede leer `{section}` del grupo `{group}`: se esperaba un mapa, pero hay {found}\nhint: termine cada nombre con dos puntos: `web1:`";
    yaml_bad_host pt "Não é possível ler as variáveis do servidor `{host}`: esperava-se um mapeamento, mas há {found}"
        es "No se pueden leer las variables del servidor `{host}`: se esperaba un mapa, pero hay {found}";
    yaml_unknown_key pt "Não é possível ler `{key}` no grupo `{group}`: esperava-se `hosts`, `children` ou `vars`\nhint: você quis dizer `{near}`?"
        es "No se puede leer `{key}` en el grupo `{group}`: se esperaba `hosts`, `children` o `vars`\nhint: ¿quiso decir `{near}`?";
    yaml_skipped_key pt "`{key}` no grupo `{group}` é ignorado: não é `hosts`, `children` nem `vars`"
        es "`{key}` en el grupo `{group}` se omite: no es `hosts`, `children` ni `vars`";
    dynamic_not_json pt "Não é possível ler o que o inventário executável mostrou: {why}\nhint: chamado com `--list`, ele deve mostrar um objeto JSON"
        es "No se puede leer lo que mostró el inventario ejecutable: {why}\nhint: llamado con `--list`, debe mostrar un objeto JSON";
    dynamic_bad_vars pt "Não é possível ler as variáveis de `{subject}`: esperava-se um mapeamento, mas há {found}"
        es "No se pueden leer las variables de `{subject}`: se esperaba un mapa, pero hay {found}";
    cloud_no_section pt "Não é possível ler `{line}`: está antes da primeira seção\nhint: comece com `[nodes]`"
        es "No se puede leer `{line}`: está antes de la primera sección\nhint: empiece con `[nodes]`";
    cloud_unknown_section pt "Não é possível ler a seção `[{name}]`: este arquivo tem `[nodes]` e `[referee]`\nhint: {near}"
        es "No se puede leer la sección `[{name}]`: este archivo tiene `[nodes]` y `[referee]`\nhint: {near}";
    cloud_unknown_key pt "Não é possível ler `{key}` em `[referee]`: ali há `ip`, `config`, `clusterID` e `clusterFolder`\nhint: {near}"
        es "No se puede leer `{key}` en `[referee]`: allí hay `ip`, `config`, `clusterID` y `clusterFolder`\nhint: {near}";
    cloud_bad_node pt "Não é possível ler `{value}` como endereço do nó `{name}`\nhint: escreva `{name}=IP:PORT`, em que a porta é a do servidor web"
        es "No se puede leer `{value}` como dirección del nodo `{name}`\nhint: escriba `{name}=IP:PORT`, donde el puerto es el del servidor web";
    cannot_read pt "Não é possível ler o inventário `{path}`: {why}"
        es "No se puede leer el inventario `{path}`: {why}";
    not_utf8 pt "Não é possível ler `{path}`: não é texto em UTF-8"
        es "No se puede leer `{path}`: no es texto en UTF-8";
    too_many_files pt "Não é possível ler o inventário: há mais de 65536 arquivos\nhint: junte as variáveis de muitos servidores em um só arquivo de inventário"
        es "No se puede leer el inventario: hay más de 65536 archivos\nhint: reúna las variables de muchos servidores en un solo archivo de inventario";
    folder_too_deep pt "Não é possível ler o inventário `{path}`: há diretórios demais um dentro do outro\nhint: procure um link simbólico que leve de volta"
        es "No se puede leer el inventario `{path}`: hay demasiados directorios uno dentro de otro\nhint: busque un enlace simbólico que lleve de vuelta";
    vars_file_hidden pt "`{path}` não é lido, porque `{first}` vem antes dele\nhint: passe o conteúdo dele para o outro"
        es "`{path}` no se lee, porque `{first}` va antes\nhint: pase su contenido al otro";
    cannot_run pt "Não é possível executar o inventário executável `{path}`: {why}\nhint: um arquivo de texto com um inventário não deve ser executável: `chmod -x {path}`"
        es "No se puede ejecutar el inventario ejecutable `{path}`: {why}\nhint: un archivo de texto con un inventario no debe ser ejecutable: `chmod -x {path}`";
    run_failed pt "O inventário executável `{path}` falhou com {status}: {output}"
        es "El inventario ejecutable `{path}` falló con {status}: {output}";
    run_too_long pt "O inventário executável `{path}` foi encerrado: não respondeu em {seconds} s"
        es "Se terminó el inventario ejecutable `{path}`: no respondió en {seconds} s";
    answer_too_long pt "Não é possível ler o que o inventário executável `{path}` mostrou: são mais de {limit} MiB"
        es "No se puede leer lo que mostró el inventario ejecutable `{path}`: son más de {limit} MiB";
    ssh_config_unread pt "Não é possível ler o arquivo como inventário: está no formato de `ssh_config`\nhint: dê-o com `-F FILE`"
        es "No se puede leer el archivo como inventario: está en el formato de `ssh_config`\nhint: delo con `-F FILE`";
    ssh_args_open_quote pt "Não é possível ler as opções de ssh `{text}`: há aspas que não se fecham"
        es "No se pueden leer las opciones de ssh `{text}`: hay comillas que no se cierran";
    ssh_args_word pt "Não é possível usar `{word}` das opções de ssh: isto não é suportado\nhint: não há processo `ssh`; são compreendidos `-J`, `-i`, `-l`, `-p`, `-F` e `-o KEYWORD=VALUE`"
        es "No se puede usar `{word}` de las opciones de ssh: esto no se admite\nhint: no hay ningún proceso `ssh`; se entienden `-J`, `-i`, `-l`, `-p`, `-F` y `-o KEYWORD=VALUE`";
    ssh_args_no_value pt "Não é possível ler as opções de ssh: `{word}` não tem valor"
        es "No se pueden leer las opciones de ssh: `{word}` no tiene valor";
    ssh_args_refused pt "Não é possível usar `{keyword}` das opções de ssh: iniciaria um comando próprio\nhint: escreva `-J USER@HOST` ou `-o ProxyJump=USER@HOST` para uma máquina no caminho"
        es "No se puede usar `{keyword}` de las opciones de ssh: iniciaría un comando propio\nhint: escriba `-J USER@HOST` o `-o ProxyJump=USER@HOST` para una máquina en el camino";
    ssh_args_bad_jump pt "Não é possível ler `{text}` como uma máquina no caminho\nhint: escreva `[USER@]HOST[:PORT]`, várias separadas por vírgulas"
        es "No se puede leer `{text}` como una máquina en el camino\nhint: escriba `[USER@]HOST[:PORT]`, varias separadas por comas";
    bad_connection pt "Não é possível chegar a `{host}` pela conexão `{name}`: ela não é suportada\nhint: `ansible_connection` é `ssh` ou `local`"
        es "No se puede llegar a `{host}` por la conexión `{name}`: no se admite\nhint: `ansible_connection` es `ssh` o `local`";
    bad_truth pt "Não é possível usar `{value}` para `{name}`\nhint: dê `true` ou `false`"
        es "No se puede usar `{value}` para `{name}`\nhint: dé `true` o `false`";
    needs_rendering pt "Não é possível usar `{name}` de `{host}`: é um modelo, e aqui modelos não são avaliados\nhint: dê um valor simples"
        es "No se puede usar `{name}` de `{host}`: es una plantilla, y aquí no se evalúan plantillas\nhint: dé un valor simple";
    selector_empty pt "Não é possível escolher servidores: o seletor está vazio\nhint: `all` escolhe todos os servidores"
        es "No se pueden elegir servidores: el selector está vacío\nhint: `all` elige todos los servidores";
    selector_term pt "Não é possível ler o seletor no caractere {at}: falta algo antes ou depois de `{text}`"
        es "No se puede leer el selector en el carácter {at}: falta algo antes o después de `{text}`";
    selector_space pt "Não é possível ler `{text}` do seletor no caractere {at}: um nome não tem espaços\nhint: separe os nomes com vírgulas"
        es "No se puede leer `{text}` del selector en el carácter {at}: un nombre no tiene espacios\nhint: separe los nombres con comas";
    selector_open pt "Não é possível ler `{text}` do seletor no caractere {at}: um colchete ou parêntese não se fecha"
        es "No se puede leer `{text}` del selector en el carácter {at}: un corchete o paréntesis no se cierra";
    selector_regex pt "Não é possível ler `{pattern}` como expressão regular: {why}"
        es "No se puede leer `{pattern}` como expresión regular: {why}";
    selector_slice pt "Não é possível tomar `[{slice}]` de `{group}`: há nele {many} servidores, contados a partir de 0"
        es "No se puede tomar `[{slice}]` de `{group}`: tiene {many} servidores, contados desde 0";
    unknown_host pt "Não há servidor nem grupo `{name}` no inventário\nhint: {near}"
        es "No hay ningún servidor ni grupo `{name}` en el inventario\nhint: {near}";
    unknown_group pt "Não há grupo `{name}` no inventário\nhint: {near}"
        es "No hay ningún grupo `{name}` en el inventario\nhint: {near}";
    range_unknown_host pt "Não há no inventário o servidor `{name}` de `{pattern}`\nhint: {near}"
        es "No hay en el inventario el servidor `{name}` de `{pattern}`\nhint: {near}";
    no_lookup pt "Não é possível avaliar uma variável que diz como se chega a um servidor: ela pede um lookup\nhint: dê um valor simples, ou use só outras variáveis"
        es "No se puede evaluar una variable que dice cómo se llega a un servidor: pide un lookup\nhint: dé un valor simple, o use solo otras variables";
}
