//! Package managers, in other languages.

super::translations! { "package";
    nothing_asked pt "Não é possível usar o apt: não foi dado nenhum pacote nem outra coisa a fazer\nhint: dê `name:`, ou um de `update_cache`, `upgrade`, `deb`, `autoremove`, `autoclean`, `clean`"
        es "No se puede usar apt: no se dio ningún paquete ni otra cosa que hacer\nhint: dé `name:`, o uno de `update_cache`, `upgrade`, `deb`, `autoremove`, `autoclean`, `clean`";
    bad_name pt "Não é possível usar `{name}` como pacote: não é o nome de um pacote\nhint: escreva `NAME`, `NAME:ARCHITECTURE` ou `NAME=VERSION`, em minúsculas"
        es "No se puede usar `{name}` como paquete: no es el nombre de un paquete\nhint: escriba `NAME`, `NAME:ARCHITECTURE` o `NAME=VERSION`, en minúsculas";
    pattern_to_install pt "Não é possível instalar `{name}`: um padrão poderia instalar pacotes que ninguém escolheu\nhint: indique os pacotes pelo nome; padrões só são aceitos com `state: absent`"
        es "No se puede instalar `{name}`: un patrón podría instalar paquetes que nadie eligió\nhint: indique los paquetes por su nombre; los patrones solo se admiten con `state: absent`";
    compared_version pt "Não é possível usar `{name}`: versões só se comparam com `=`\nhint: escreva `NAME=VERSION`, em que `*` pode terminar a versão"
        es "No se puede usar `{name}`: las versiones solo se comparan con `=`\nhint: escriba `NAME=VERSION`, donde `*` puede terminar la versión";
    unknown pt "Não é possível instalar {names}: as listas de pacotes do servidor não conhecem pacote com esse nome ({why})\nhint: procure um erro de digitação, ou faça com que `update_cache: true` atualize antes as listas"
        es "No se puede instalar {names}: las listas de paquetes del servidor no conocen ningún paquete con ese nombre ({why})\nhint: busque un error al teclear, o haga que `update_cache: true` actualice antes las listas";
    no_candidate pt "Não é possível instalar {names}: nenhum pacote com esse nome pode ser instalado; ele pode ser virtual, e vários pacotes o fornecem\nhint: indique o próprio pacote, ou faça com que `update_cache: true` atualize antes as listas"
        es "No se puede instalar {names}: ningún paquete con ese nombre se puede instalar; puede ser virtual, y varios paquetes lo proporcionan\nhint: indique el paquete mismo, o haga que `update_cache: true` actualice antes las listas";
    refused pt "Não é possível planejar `apt-get {operation}`: {why}"
        es "No se puede planear `apt-get {operation}`: {why}";
    unsupported pt "Não é possível usar o apt com `{option}`: isto não é suportado\nhint: faça essa parte com o módulo `command`"
        es "No se puede usar apt con `{option}`: esto no se admite\nhint: haga esa parte con el módulo `command`";
    excluded pt "Não é possível usar o apt: `{first}` e `{second}` se excluem\nhint: escreva dois passos"
        es "No se puede usar apt: `{first}` y `{second}` se excluyen\nhint: escriba dos tareas";
    deb_is_url pt "Não é possível instalar `{deb}`: só um arquivo do servidor pode ser instalado\nhint: busque-o em um passo anterior, e dê o caminho dele"
        es "No se puede instalar `{deb}`: solo se puede instalar un archivo del servidor\nhint: tráigalo en una tarea anterior, y dé su ruta";
    deb_missing pt "Não é possível instalar `{deb}`: não existe esse arquivo no servidor"
        es "No se puede instalar `{deb}`: no existe ese archivo en el servidor";
    deb_relative pt "Não é possível instalar `{deb}`: o caminho não é absoluto"
        es "No se puede instalar `{deb}`: la ruta no es absoluta";
    deb_unplanned pt "o que a instalação de `{deb}` traz só se sabe quando o arquivo está no servidor"
        es "lo que trae la instalación de `{deb}` solo se sabe cuando el archivo está en el servidor";
    no_manager pt "Não é possível instalar pacotes: este servidor usa {manager}, para o qual ainda não há módulo\nhint: execute {manager} com o módulo `command`"
        es "No se pueden instalar paquetes: este servidor usa {manager}, para el que aún no hay módulo\nhint: ejecute {manager} con el módulo `command`";
    no_manager_known pt "Não é possível instalar pacotes: não se encontrou gerenciador de pacotes neste servidor\nhint: diga qual é com `use:`"
        es "No se pueden instalar paquetes: no se encontró ningún gestor de paquetes en este servidor\nhint: diga cuál es con `use:`";
    before_refresh pt "o que existe só se vê quando as listas tiverem sido atualizadas; as de hoje dizem: {said}"
        es "lo que hay solo se ve cuando se hayan actualizado las listas; las de hoy dicen: {said}";
}
