//! Requests that cannot be read, in other languages.

super::translations! { "api";
    bad_body pt "Não é possível ler o corpo, linha {line}, coluna {column}: {why}"
        es "No se puede leer el cuerpo, línea {line}, columna {column}: {why}";
    list_body pt "Não é possível ler o corpo: é uma lista, e esta chamada recebe um objeto"
        es "No se puede leer el cuerpo: es una lista, y esta llamada recibe un objeto";
    bad_path pt "Não é possível ler o caminho do endereço: {why}"
        es "No se puede leer la ruta de la dirección: {why}";
    bad_query pt "Não é possível ler a consulta do endereço: {why}"
        es "No se puede leer la consulta de la dirección: {why}";
    bad_parameter pt "Não é possível ler o parâmetro `{name}`: {why}"
        es "No se puede leer el parámetro `{name}`: {why}";
    unreadable_body pt "Não é possível ler o corpo: {why}"
        es "No se puede leer el cuerpo: {why}";
    bad_xml pt "Não é possível ler o corpo como XML: {why}"
        es "No se puede leer el cuerpo como XML: {why}";
    bad_field pt "Não é possível ler `{field}`: {why}"
        es "No se puede leer `{field}`: {why}";
    bad_text pt "Não é possível ler a linha {line}: {why}"
        es "No se puede leer la línea {line}: {why}";
    no_variables pt "Isto não são variáveis\nhint: escreva uma por linha, como `name: value`"
        es "Esto no son variables\nhint: escriba una por línea, como `name: value`";
    no_such_call pt "Não existe a chamada {method} {path}\nhint: `/api/docs` lista todas"
        es "No existe la llamada {method} {path}\nhint: `/api/docs` las enumera todas";
    bad_if_match pt "`{tag}` não é uma etiqueta de entidade nossa\nhint: envie o `ETag` do que você leu, como veio"
        es "`{tag}` no es una etiqueta de entidad nuestra\nhint: envíe el `ETag` de lo que leyó, tal como vino";
    missing_field pt "Preencha isto"
        es "Rellene esto";
    bad_number pt "`{text}` não é um número que sirva aqui\nhint: escreva-o em algarismos, sem unidade"
        es "`{text}` no es un número que sirva aquí\nhint: escríbalo en cifras, sin unidad";
    bad_span pt "`{text}` não é uma duração\nhint: escreva um número e a unidade: `90s`, `5m`, `2h` ou `1d`"
        es "`{text}` no es una duración\nhint: escriba un número y su unidad: `90s`, `5m`, `2h` o `1d`";
    bad_share pt "`{text}` não é um número de servidores\nhint: escreva um número, ou uma parte como `20%`"
        es "`{text}` no es un número de servidores\nhint: escriba un número, o una parte como `20%`";
    bad_pair pt "`{text}` não é uma variável\nhint: escreva cada uma como `NAME=VALUE`, uma por linha"
        es "`{text}` no es una variable\nhint: escriba cada una como `NAME=VALUE`, una por línea";
    bad_ip pt "`{text}` não é um endereço IPv4\nhint: escreva um como `{example}`"
        es "`{text}` no es una dirección IPv4\nhint: escriba una como `{example}`";
    large_file pt "O arquivo `{name}` é grande demais: tem {size}\nhint: aqui cabem no máximo {most}; ponha o que for maior em um servidor web ou em um pacote"
        es "El archivo `{name}` es demasiado grande: tiene {size}\nhint: aquí caben como máximo {most}; ponga lo que sea mayor en un servidor web o en un paquete";
}
