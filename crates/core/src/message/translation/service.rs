//! Units and init scripts, in other languages.

super::translations! { "service";
    nothing_asked pt "Não é possível usar um serviço: não se pede nada dele\nhint: dê `state`, `enabled` ou `masked` com um `name`, ou `daemon_reload: true`"
        es "No se puede usar un servicio: no se le pide nada\nhint: dé `state`, `enabled` o `masked` con un `name`, o `daemon_reload: true`";
    no_name pt "Não é possível usar um serviço: falta o nome\nhint: dê `name:`"
        es "No se puede usar un servicio: falta su nombre\nhint: dé `name:`";
    bad_name pt "Não é possível usar `{name}` como serviço: não é o nome de uma unidade\nhint: padrões, espaços e um hífen no começo não são aceitos"
        es "No se puede usar `{name}` como servicio: no es el nombre de una unidad\nhint: no se admiten patrones, espacios ni un guion al principio";
    excluded pt "Não é possível usar um serviço: `{first}` e `{second}` se excluem"
        es "No se puede usar un servicio: `{first}` y `{second}` se excluyen";
    not_found pt "Não há serviço `{name}` no servidor\nhint: procure um erro de digitação; um serviço vem com o pacote dele, e um novo arquivo de unidade só é visto depois de `daemon_reload: true`"
        es "No hay ningún servicio `{name}` en el servidor\nhint: busque un error al teclear; un servicio viene con su paquete, y un archivo de unidad nuevo se ve después de `daemon_reload: true`";
    not_yet pt "o serviço `{name}` só é conhecido quando o arquivo dele está no servidor"
        es "el servicio `{name}` solo se conoce cuando su archivo está en el servidor";
    broken pt "Não é possível usar o serviço `{name}`: o systemd não conseguiu carregar o arquivo de unidade dele ({state})\nhint: `systemctl status {name}` no servidor diz por quê"
        es "No se puede usar el servicio `{name}`: systemd no pudo cargar su archivo de unidad ({state})\nhint: `systemctl status {name}` en el servidor dice por qué";
    masked pt "Não é possível iniciar ou habilitar o serviço `{name}`: está mascarado\nhint: `masked: false` volta a permiti-lo"
        es "No se puede iniciar ni habilitar el servicio `{name}`: está enmascarado\nhint: `masked: false` vuelve a permitirlo";
    unsupported pt "Não é possível usar um serviço com `{option}`: isto não é suportado\nhint: faça essa parte com o módulo `command`"
        es "No se puede usar un servicio con `{option}`: esto no se admite\nhint: haga esa parte con el módulo `command`";
    needs_systemd pt "Não é possível usar um serviço com `{option}`: este servidor não roda com systemd"
        es "No se puede usar un servicio con `{option}`: este servidor no funciona con systemd";
    no_enabler pt "Não é possível fazer com que `{name}` comece na inicialização: o servidor não tem update-rc.d nem chkconfig"
        es "No se puede hacer que `{name}` arranque con el sistema: el servidor no tiene update-rc.d ni chkconfig";
}
