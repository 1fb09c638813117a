//! Host verbs, in other languages.

super::translations! { "verb";
    unknown pt "Não existe a ação `{name}`\nhint: `GET /api/v1/verbs` as lista"
        es "No existe la acción `{name}`\nhint: `GET /api/v1/verbs` las enumera";
    bad_parameters pt "Os parâmetros de `{name}` não podem ser usados: {error}"
        es "Los parámetros de `{name}` no se pueden usar: {error}";
    no_package pt "Indique pelo menos um pacote"
        es "Indique al menos un paquete";
    bad_package pt "`{name}` não é o nome de um pacote\nhint: escreva `NAME` ou `NAME=VERSION`; padrões não são aceitos aqui"
        es "`{name}` no es el nombre de un paquete\nhint: escriba `NAME` o `NAME=VERSION`; aquí no se admiten patrones";
    bad_service pt "`{name}` não é o nome de um serviço\nhint: use letras, dígitos e `.`, `_`, `@`, `:`, `\\`, `-`"
        es "`{name}` no es el nombre de un servicio\nhint: use letras, dígitos y `.`, `_`, `@`, `:`, `\\`, `-`";
    bad_signal pt "`{name}` não é um sinal que se possa enviar\nhint: use um de {known}"
        es "`{name}` no es una señal que se pueda enviar\nhint: use una de {known}";
    one_of_pid_and_name pt "Diga quais processos pelo número ou pelo nome\nhint: dê `pids` ou `name`, não os dois"
        es "Diga qué procesos por número o por nombre\nhint: dé `pids` o `name`, no ambos";
    bad_pid pt "O processo {pid} não recebe sinais\nhint: indique um número de processo acima de 1"
        es "El proceso {pid} no recibe señales\nhint: indique un número de proceso mayor que 1";
    bad_process pt "`{name}` não pode ser o nome de um processo\nhint: dê o nome do programa sem o diretório"
        es "`{name}` no puede ser el nombre de un proceso\nhint: dé el nombre del programa sin su directorio";
    no_credential pt "Diga qual chave será aceita\nhint: dê `credential`, o nome de uma credencial com chave"
        es "Diga qué clave se aceptará\nhint: dé `credential`, el nombre de una credencial con clave";
    no_search pt "Diga o que procurar"
        es "Diga qué buscar";
    bad_notice pt "O aviso aos usuários não pode ser usado\nhint: uma linha de no máximo 200 caracteres"
        es "El aviso a los usuarios no se puede usar\nhint: una línea de 200 caracteres como máximo";
    bad_delay pt "{minutes} minutos são demais\nhint: escolha no máximo {most}"
        es "{minutes} minutos son demasiados\nhint: elija {most} como máximo";
    no_check pt "`{name}` não consegue dizer antes o que faria\nhint: deixe `check` de fora"
        es "`{name}` no puede decir de antemano qué haría\nhint: omita `check`";
    no_node pt "Este processo não alcança servidores\nhint: peça a um servidor: `hep serve`"
        es "Este proceso no alcanza servidores\nhint: pida a un servidor: `hep serve`";
    no_answer pt "{host} não respondeu como devia\nhint: faça isto por uma execução, cujo registro mostra o que o servidor diz"
        es "{host} no respondió como debía\nhint: hágalo con una ejecución, cuyo registro muestra lo que dice el servidor";
    no_mac pt "Nenhum servidor de `{selector}` tem um endereço de hardware no cadastro\nhint: defina `mac` dos servidores"
        es "Ningún servidor de `{selector}` tiene una dirección de hardware en el registro\nhint: ponga `mac` en los servidores";
    cannot_send pt "Não é possível enviar a {address}: {why}\nhint: diga `via`: servidores na rede daqueles que devem ser ligados"
        es "No se puede enviar a {address}: {why}\nhint: diga `via`: servidores en la red de los que se deben encender";
    bad_mac pt "`{text}` não é o endereço de hardware de uma placa de rede\nhint: escreva seis pares de dígitos hexadecimais: `52:54:00:12:34:56`"
        es "`{text}` no es la dirección de hardware de una tarjeta de red\nhint: escriba seis pares de dígitos hexadecimales: `52:54:00:12:34:56`";
}
