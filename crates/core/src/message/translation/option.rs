//! Reading a module's options, in other languages.

super::translations! { "option";
    unknown pt "Não é possível usar a opção `{name}`: não é conhecida aqui\nhint: as opções são {known}"
        es "No se puede usar la opción `{name}`: aquí no se conoce\nhint: las opciones son {known}";
    unknown_near pt "Não é possível usar a opção `{name}`: não é conhecida aqui\nhint: você quis dizer `{near}`?"
        es "No se puede usar la opción `{name}`: aquí no se conoce\nhint: ¿quiso decir `{near}`?";
    missing pt "Não é possível fazer o passo: falta a opção `{name}`\nhint: `hep modules NAME` mostra do que um módulo precisa"
        es "No se puede hacer la tarea: falta la opción `{name}`\nhint: `hep modules NAME` muestra qué necesita un módulo";
    twice pt "Não é possível ler as opções: `{name}` foi dada duas vezes, talvez uma delas com outro nome\nhint: remova uma das duas"
        es "No se pueden leer las opciones: `{name}` se dio dos veces, quizá una de ellas con otro nombre\nhint: quite una de las dos";
    not_options pt "Não é possível ler as opções: esperava-se um mapeamento, mas há {found}\nhint: escreva uma opção por linha, cada uma como `NAME: VALUE`"
        es "No se pueden leer las opciones: se esperaba un mapa, pero hay {found}\nhint: escriba una opción por línea, cada una como `NAME: VALUE`";
    value pt "Não é possível ler a opção `{name}`: esperava-se {expected}, mas há {found}"
        es "No se puede leer la opción `{name}`: se esperaba {expected}, pero hay {found}";
    choice pt "Não é possível ler a opção `{name}`: `{word}` não é um de {choices}"
        es "No se puede leer la opción `{name}`: `{word}` no es uno de {choices}";
    choice_near pt "Não é possível ler a opção `{name}`: `{word}` não é um valor possível\nhint: você quis dizer `{near}`?"
        es "No se puede leer la opción `{name}`: `{word}` no es un valor posible\nhint: ¿quiso decir `{near}`?";
    refused pt "Não é possível ler a opção `{name}`: {why}"
        es "No se puede leer la opción `{name}`: {why}";
    unknown_value pt "Ainda não é possível ler a opção `{name}`: {why}"
        es "Todavía no se puede leer la opción `{name}`: {why}";
    mode_number pt "Não é possível ler a opção `{name}`: o número {value} não está escrito em octal\nhint: ponha as permissões entre aspas, como em \"0644\""
        es "No se puede leer la opción `{name}`: el número {value} no está escrito en octal\nhint: ponga los permisos entre comillas, como en \"0644\"";
    mode pt "Não é possível ler a opção `{name}`: `{text}` não indica permissões\nhint: escreva dígitos octais entre aspas, como em \"0644\", ou símbolos, como em \"u=rw,g=r,o=\""
        es "No se puede leer la opción `{name}`: `{text}` no indica permisos\nhint: escriba dígitos octales entre comillas, como en \"0644\", o símbolos, como en \"u=rw,g=r,o=\"";
}
