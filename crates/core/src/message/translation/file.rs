//! The modules about files, and what is planned for paths, in other languages.

super::translations! { "file";
    too_large pt "Não é possível ler `{path}`: é maior que {limit} bytes"
        es "No se puede leer `{path}`: es mayor de {limit} bytes";
    not_a_file pt "Não é possível ler `{path}`: não é um arquivo regular"
        es "No se puede leer `{path}`: no es un archivo regular";
    no_user pt "Não há usuário `{name}` no servidor\nhint: crie-o em um passo anterior, com o módulo `user`"
        es "No existe el usuario `{name}` en el servidor\nhint: créelo en una tarea anterior, con el módulo `user`";
    no_group pt "Não há grupo `{name}` no servidor\nhint: crie-o em um passo anterior, com o módulo `group`"
        es "No existe el grupo `{name}` en el servidor\nhint: créelo en una tarea anterior, con el módulo `group`";
    relative_path pt "Não é possível usar o caminho `{path}`: não é absoluto\nhint: comece-o com `/`, ou com `~/` para o diretório pessoal do usuário"
        es "No se puede usar la ruta `{path}`: no es absoluta\nhint: empiécela con `/`, o con `~/` para el directorio personal del usuario";
    nul_in_path pt "Não é possível usar o caminho `{path}`: contém um caractere NUL"
        es "No se puede usar la ruta `{path}`: contiene un carácter NUL";
    link_loop pt "Não é possível seguir o link `{path}`: leva em círculo"
        es "No se puede seguir el enlace `{path}`: lleva en círculo";
    not_a_directory pt "Não é possível usar `{path}` como diretório: é do tipo {state}"
        es "No se puede usar `{path}` como directorio: es del tipo {state}";
    is_a_directory pt "Não é possível gravar o arquivo `{path}`: há ali um diretório"
        es "No se puede escribir el archivo `{path}`: ahí hay un directorio";
    no_directory pt "Não é possível gravar `{path}`: o diretório `{dir}` não existe\nhint: crie-o com `file: path={dir} state=directory`"
        es "No se puede escribir `{path}`: el directorio `{dir}` no existe\nhint: créelo con `file: path={dir} state=directory`";
    bad_validate pt "Não é possível ler o comando de `validate`, `{line}`: {why}"
        es "No se puede leer el comando de `validate`, `{line}`: {why}";
    validate_without_path pt "Não é possível usar o comando de `validate`, `{line}`: falta nele `%s`\nhint: coloque `%s` onde deve ficar o caminho do arquivo novo"
        es "No se puede usar el comando de `validate`, `{line}`: le falta `%s`\nhint: ponga `%s` donde deba ir la ruta del archivo nuevo";
    no_such_attribute pt "Não é possível definir `{name}`: atributos de arquivo do `chattr` e contextos do SELinux não são suportados\nhint: use um passo com o módulo `command`"
        es "No se puede establecer `{name}`: los atributos de archivo de `chattr` y los contextos de SELinux no se admiten\nhint: use una tarea con el módulo `command`";
    src_and_content pt "Não é possível copiar ao mesmo tempo `src` e `content`\nhint: deixe um dos dois de fora"
        es "No se puede copiar a la vez `src` y `content`\nhint: omita uno de los dos";
    no_src pt "Não é possível copiar sem `src` nem `content`"
        es "No se puede copiar sin `src` ni `content`";
    content_into_directory pt "Não é possível gravar `content` no diretório `{path}`\nhint: indique um arquivo em `dest`"
        es "No se puede escribir `content` en el directorio `{path}`\nhint: indique un archivo en `dest`";
    wrong_checksum pt "Não é possível copiar: a soma de verificação é {is}, não {expected}"
        es "No se puede copiar: la suma de comprobación es {is}, no {expected}";
    links_always_followed pt "Não é possível copiar os links de `{src}` como links: os do controlador são sempre seguidos\nhint: deixe `local_follow` de fora"
        es "No se pueden copiar los enlaces de `{src}` como enlaces: los del controlador siempre se siguen\nhint: omita `local_follow`";
    no_host_source pt "Não é possível copiar `{path}` do servidor: não existe esse arquivo"
        es "No se puede copiar `{path}` del servidor: no existe ese archivo";
    action_and_state pt "Não é possível usar ao mesmo tempo `action` e `state`\nhint: `action` é a palavra do primeiro hep; deixe-a de fora"
        es "No se puede usar a la vez `action` y `state`\nhint: `action` es la palabra del primer hep; omítala";
    recurse_without_directory pt "Não é possível usar `recurse` quando o estado não é `directory`\nhint: acrescente `state: directory`"
        es "No se puede usar `recurse` cuando el estado no es `directory`\nhint: añada `state: directory`";
    src_without_link pt "Não é possível usar `src` quando o estado não é `link` nem `hard`\nhint: para copiar um arquivo do controlador, use `src` com `dest` e sem `state`, ou o módulo `copy`"
        es "No se puede usar `src` cuando el estado no es `link` ni `hard`\nhint: para copiar un archivo del controlador, use `src` con `dest` y sin `state`, o el módulo `copy`";
    absent_file pt "Não é possível definir atributos de `{path}`: não existe\nhint: use `state: touch` ou `state: directory` para criá-lo, ou `copy` para preenchê-lo"
        es "No se pueden establecer atributos de `{path}`: no existe\nhint: use `state: touch` o `state: directory` para crearlo, o `copy` para llenarlo";
    not_the_state pt "Não é possível usar `{path}` como {wanted}: é do tipo {is}"
        es "No se puede usar `{path}` como {wanted}: es del tipo {is}";
    link_without_src pt "Não é possível criar o link `{path}`: falta `src`"
        es "No se puede crear el enlace `{path}`: falta `src`";
    no_link_target pt "Não é possível criar o link `{path}`: `{target}` não existe\nhint: um link simbólico para nada se cria com `force: yes`"
        es "No se puede crear el enlace `{path}`: `{target}` no existe\nhint: un enlace simbólico a nada se crea con `force: yes`";
    refuse_to_replace pt "Não é possível criar `{path}` como {new}: há ali algo do tipo {is}\nhint: `force: yes` o substitui"
        es "No se puede crear `{path}` como {new}: ahí hay algo del tipo {is}\nhint: `force: yes` lo reemplaza";
    directory_not_empty pt "Não é possível substituir o diretório `{path}` por um link: não está vazio\nhint: remova-o antes com `state: absent`"
        es "No se puede reemplazar el directorio `{path}` por un enlace: no está vacío\nhint: elimínelo antes con `state: absent`";
    directory_left pt "`{path}` é um diretório e foi deixado: `action: absent` só remove arquivos"
        es "`{path}` es un directorio y se dejó: `action: absent` solo elimina archivos";
    seed_directory pt "Não é possível copiar `{src}`: é um diretório\nhint: use o módulo `copy`"
        es "No se puede copiar `{src}`: es un directorio\nhint: use el módulo `copy`";
    bad_time pt "Não é possível ler a data `{text}`: não é `preserve`, `now` nem da forma `{format}`"
        es "No se puede leer la fecha `{text}`: no es `preserve`, `now` ni de la forma `{format}`";
    not_a_template pt "Não é possível avaliar `{src}`: não é um arquivo de texto"
        es "No se puede evaluar `{src}`: no es un archivo de texto";
    only_utf_8 pt "Não é possível gravar o texto de um modelo em `{name}`: só `utf-8` é suportado"
        es "No se puede escribir el texto de una plantilla en `{name}`: solo se admite `utf-8`";
    bad_newline pt "Não é possível terminar linhas com `{text}`\nhint: `newline_sequence` é um de `\\n`, `\\r\\n` e `\\r`"
        es "No se pueden terminar líneas con `{text}`\nhint: `newline_sequence` es uno de `\\n`, `\\r\\n` y `\\r`";
    no_file_to_edit pt "Não é possível editar `{path}`: não existe\nhint: `create: yes` o cria"
        es "No se puede editar `{path}`: no existe\nhint: `create: yes` lo crea";
    exclude_each_other pt "Não é possível usar ao mesmo tempo `{first}` e `{second}`\nhint: deixe um dos dois de fora"
        es "No se puede usar a la vez `{first}` y `{second}`\nhint: omita uno de los dos";
    no_line pt "Não é possível colocar uma linha: falta `line`"
        es "No se puede poner una línea: falta `line`";
    no_line_to_remove pt "Não é possível remover linhas: é preciso um de `line`, `regexp` e `search_string`"
        es "No se pueden eliminar líneas: hace falta uno de `line`, `regexp` y `search_string`";
    backrefs_without_regexp pt "Não é possível usar `backrefs` sem `regexp`"
        es "No se puede usar `backrefs` sin `regexp`";
    bad_expression pt "Não é possível ler a expressão `{text}` de `{option}`: {why}"
        es "No se puede leer la expresión `{text}` de `{option}`: {why}";
    cannot_match pt "Não é possível procurar pela expressão `{text}`: {why}"
        es "No se puede buscar con la expresión `{text}`: {why}";
    bad_backrefs pt "Não é possível preencher os grupos na linha `{line}`: {why}"
        es "No se pueden rellenar los grupos en la línea `{line}`: {why}";
    too_large_to_sum pt "Não é possível calcular a soma de verificação de `{path}`: é maior que {limit} bytes\nhint: use `checksum_algorithm: sha256`, que não tem limite, ou `get_checksum: no`"
        es "No se puede calcular la suma de comprobación de `{path}`: es mayor de {limit} bytes\nhint: use `checksum_algorithm: sha256`, que no tiene límite, o `get_checksum: no`";
}
