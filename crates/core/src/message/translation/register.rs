//! Hosts, groups and the other nouns of a server, in other languages.

super::translations! { "register";
    bad_name pt "`{name}` não é um nome que possa ser usado aqui\nhint: use letras, dígitos, `.`, `_` e `-`, começando por letra, dígito ou `_`; `all` significa todos os servidores"
        es "`{name}` no es un nombre que se pueda usar aquí\nhint: use letras, dígitos, `.`, `_` y `-`, empezando por letra, dígito o `_`; `all` significa todos los servidores";
    bad_size pt "`{text}` não é um tamanho\nhint: escreva um número de MiB, ou um número com unidade: `2GB`, `512MiB`"
        es "`{text}` no es un tamaño\nhint: escriba un número de MiB, o un número con unidad: `2GB`, `512MiB`";
    bad_port pt "{port} não é a porta de um sshd\nhint: use um número de 1 a 65535"
        es "{port} no es el puerto de un sshd\nhint: use un número de 1 a 65535";
    bad_address pt "`{address}` não é um endereço\nhint: informe um nome de máquina ou um endereço IP, sem porta e sem usuário"
        es "`{address}` no es una dirección\nhint: indique un nombre de máquina o una dirección IP, sin puerto y sin usuario";
    bad_family pt "`{family}` não é uma família de servidores\nhint: use GeneralPurpose, ComputeOptimized, MemoryOptimized ou StorageOptimized"
        es "`{family}` no es una familia de servidores\nhint: use GeneralPurpose, ComputeOptimized, MemoryOptimized o StorageOptimized";
    bad_sort pt "Servidores não podem ser ordenados por `{text}`\nhint: use name, address, partition, os, state, seen ou created, com `-` antes para a ordem inversa"
        es "Los servidores no se pueden ordenar por `{text}`\nhint: use name, address, partition, os, state, seen o created, con `-` delante para el orden inverso";
    not_found pt "Não existe {kind} `{name}`"
        es "No existe {kind} `{name}`";
    exists pt "Já existe {kind} `{name}`"
        es "Ya existe {kind} `{name}`";
    in_use pt "Não é possível remover {kind} `{name}`: ainda há algo que o usa"
        es "No se puede eliminar {kind} `{name}`: todavía hay algo que lo usa";
    used pt "Não é possível remover {kind} `{name}`, nem mudar seu nome: é usado por {users}\nhint: altere estes primeiro"
        es "No se puede eliminar {kind} `{name}`, ni cambiar su nombre: lo usa {users}\nhint: cambie estos primero";
    has_hosts pt "Não é possível remover a partição `{name}`: {many} servidores estão nela\nhint: mova-os para outra partição primeiro"
        es "No se puede eliminar la partición `{name}`: hay {many} servidores en ella\nhint: muévalos a otra partición primero";
    default_partition pt "A partição `default` mantém seu nome e permanece: servidores novos vão para ela"
        es "La partición `default` conserva su nombre y se queda: los servidores nuevos van a ella";
    circle_of_groups pt "O grupo `{inner}` não pode estar dentro de `{outer}`: estaria dentro de si mesmo"
        es "El grupo `{inner}` no puede estar dentro de `{outer}`: estaría dentro de sí mismo";
    bad_label pt "`{name}={value}` não é um rótulo\nhint: um nome tem letras, dígitos, `_`, `.`, `-` e `/`; um valor não tem espaços em volta e nenhum de `,` `:` `&` `!` `*` `?` `[` `]`, para que um seletor possa nomeá-lo"
        es "`{name}={value}` no es una etiqueta\nhint: un nombre tiene letras, dígitos, `_`, `.`, `-` y `/`; un valor no tiene espacios alrededor y ninguno de `,` `:` `&` `!` `*` `?` `[` `]`, para que un selector pueda nombrarlo";
    var_of_connection pt "A variável `{name}` diz como se chega a um servidor, e o cadastro tem um campo para isso\nhint: use `address`, `port`, `user`, `jump`, `legacy_algorithms` ou uma credencial"
        es "La variable `{name}` dice cómo se llega a un servidor, y el registro tiene un campo para eso\nhint: use `address`, `port`, `user`, `jump`, `legacy_algorithms` o una credencial";
    needs_secrets_right pt "Você não pode dar a servidores a credencial `{name}`\nhint: isso exige o direito `secrets`"
        es "No puede dar a servidores la credencial `{name}`\nhint: eso requiere el derecho `secrets`";
    changed_meanwhile pt "{kind} `{name}` não foi alterado: outra pessoa o alterou nesse meio-tempo\nhint: leia de novo e repita a alteração"
        es "No se cambió {kind} `{name}`: otra persona lo cambió entretanto\nhint: léalo de nuevo y repita el cambio";
    no_hosts_named pt "Nenhum servidor foi indicado\nhint: informe `selector` ou `names`"
        es "No se indicó ningún servidor\nhint: indique `selector` o `names`";
    bad_view_name pt "Uma visão precisa de um nome\nhint: no máximo {most} caracteres, sem espaços em volta e sem caracteres de controle"
        es "Una vista necesita un nombre\nhint: como máximo {most} caracteres, sin espacios alrededor y sin caracteres de control";
    bad_view_list pt "Não há visões de `{list}`\nhint: há visões de {all}"
        es "No hay vistas de `{list}`\nhint: las hay de {all}";
    bad_view_query pt "Este filtro não pode ser guardado\nhint: escreva-o como no endereço da lista depois do `?`, com no máximo {most} caracteres"
        es "Este filtro no se puede guardar\nhint: escríbalo como en la dirección de la lista después del `?`, con {most} caracteres como máximo";
    view_of_nobody pt "Só usuários têm visões próprias\nhint: compartilhe-a com todos com `shared: true`"
        es "Solo los usuarios tienen vistas propias\nhint: compártala con todos con `shared: true`";
    bad_text pt "O campo `{field}` é longo demais, ou contém caracteres de controle\nhint: no máximo 200 caracteres"
        es "El campo `{field}` es demasiado largo, o contiene caracteres de control\nhint: como máximo 200 caracteres";
    used_by_others pt "Não é possível dar outro nome ao servidor `{name}`: tarefas, concessões, tokens ou caminhos a outros servidores que você não pode ver o usam\nhint: peça a alguém que os veja"
        es "No se puede dar otro nombre al servidor `{name}`: lo usan trabajos, concesiones, tokens o caminos a otros servidores que usted no puede ver\nhint: pida a alguien que los vea";
}
