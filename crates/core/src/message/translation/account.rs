//! Users and groups of hosts, in other languages.

super::translations! { "account";
    bad_name pt "Não é possível usar `{name}` como nome de usuário ou grupo\nhint: um nome não tem `:`, `,`, `/`, espaços nem caracteres de controle, e não começa com `-` ou `~`"
        es "No se puede usar `{name}` como nombre de usuario o grupo\nhint: un nombre no tiene `:`, `,`, `/`, espacios ni caracteres de control, y no empieza por `-` o `~`";
    bad_field pt "Não é possível definir `{option}` como `{value}`: o cadastro de usuários do sistema não aceita `:` nem quebras de linha"
        es "No se puede poner `{option}` a `{value}`: la base de usuarios del sistema no admite `:` ni saltos de línea";
    bad_password pt "Não é possível definir a senha de `{user}`: o que foi dado não é o hash de uma senha\nhint: dê o hash, como `mkpasswd --method=sha-512` ou o filtro `password_hash` o fazem"
        es "No se puede establecer la contraseña de `{user}`: lo que se dio no es el hash de una contraseña\nhint: dé el hash, como lo hacen `mkpasswd --method=sha-512` o el filtro `password_hash`";
    no_group pt "Não é possível usar o grupo `{group}`: o servidor não tem esse grupo\nhint: crie-o em um passo anterior, com o módulo `group`"
        es "No se puede usar el grupo `{group}`: el servidor no tiene ese grupo\nhint: créelo en una tarea anterior, con el módulo `group`";
    no_user pt "Não é possível definir chaves de `{user}`: o servidor não tem esse usuário\nhint: crie-o em um passo anterior, com o módulo `user`, ou dê `path:`"
        es "No se pueden poner claves de `{user}`: el servidor no tiene ese usuario\nhint: créelo en una tarea anterior, con el módulo `user`, o dé `path:`";
    unsupported pt "Não é possível usar `{option}`: isto não é suportado\nhint: faça essa parte com o módulo `command`"
        es "No se puede usar `{option}`: esto no se admite\nhint: haga esa parte con el módulo `command`";
    gid_taken pt "Não é possível dar o número {gid} ao grupo: `{group}` já o tem\nhint: escolha outro, ou permita-o com `non_unique: true`"
        es "No se puede dar el número {gid} al grupo: `{group}` ya lo tiene\nhint: elija otro, o permítalo con `non_unique: true`";
    bad_key pt "Não é possível usar `{key}` como chave pública: não é uma\nhint: dê a linha de um arquivo `.pub`; várias chaves ficam cada uma em sua linha"
        es "No se puede usar `{key}` como clave pública: no lo es\nhint: dé la línea de un archivo `.pub`; varias claves van cada una en su línea";
    key_from_url pt "Não é possível buscar chaves em `{url}`: isto não é suportado\nhint: busque-as em um passo anterior, com `get_url`, ou coloque-as em um arquivo e use o lookup `file`"
        es "No se pueden traer claves de `{url}`: esto no se admite\nhint: tráigalas en una tarea anterior, con `get_url`, o póngalas en un archivo y use el lookup `file`";
    unknown_until pt "os números do usuário `{user}` só são conhecidos depois que ele for criado"
        es "los números del usuario `{user}` solo se conocen cuando se haya creado";
    bad_umask pt "Não é possível usar a umask `{umask}`: não é um número octal menor que 1000\nhint: escreva-a entre aspas, como \"077\""
        es "No se puede usar la umask `{umask}`: no es un número octal menor que 1000\nhint: escríbala entre comillas, como \"077\"";
    relative_path pt "Não é possível usar `{path}`: o caminho não é absoluto"
        es "No se puede usar `{path}`: la ruta no es absoluta";
    key_file_too_large pt "Não é possível ler `{path}`: é maior do que um arquivo de chaves pode ser"
        es "No se puede leer `{path}`: es más grande de lo que puede ser un archivo de claves";
}
