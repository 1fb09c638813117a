//! SSH, in other languages.

super::translations! { "ssh";
    config_value pt "não é possível ler {file}:{line}: {detail}"
        es "no se puede leer {file}:{line}: {detail}";
    config_unsupported pt "{file}:{line} usa `{keyword}`, que muda como se chega a este servidor ou como se confia nele, e que o hep não suporta\nhint: dê ao servidor um bloco próprio com HostName, Port, User ou ProxyJump, ou indique outro arquivo com -F"
        es "{file}:{line} usa `{keyword}`, que cambia cómo se llega a este servidor o cómo se confía en él, y que hep no admite\nhint: dé al servidor un bloque propio con HostName, Port, User o ProxyJump, o indique otro archivo con -F";
    config_unknown pt "não é possível usar {file}:{line}: o OpenSSH não tem a palavra-chave `{keyword}`\nhint: você quis dizer `{near}`? `IgnoreUnknown` antes dela a deixa passar"
        es "no se puede usar {file}:{line}: OpenSSH no tiene la palabra clave `{keyword}`\nhint: ¿quiso decir `{near}`? `IgnoreUnknown` delante la deja pasar";
    config_include pt "não é possível ler `{path}`, que {file}:{line} inclui: {error}"
        es "no se puede leer `{path}`, que {file}:{line} incluye: {error}";
    config_unreadable pt "não é possível ler a configuração de SSH {file}: {error}"
        es "no se puede leer la configuración de SSH {file}: {error}";
    jump_invalid pt "`{jump}` não é uma lista de servidores intermediários\nhint: escreva [USER@]HOST[:PORT], vários separados por vírgulas"
        es "`{jump}` no es una lista de servidores intermedios\nhint: escriba [USER@]HOST[:PORT], varios separados por comas";
    jump_loop pt "os servidores intermediários de {host} levam de volta ao ponto de partida"
        es "los servidores intermedios de {host} llevan de vuelta al punto de partida";
    resolve_failed pt "não é possível encontrar o endereço de {host} ({address}): {error}\nhint: confira o nome, ou dê o endereço no inventário"
        es "no se puede encontrar la dirección de {host} ({address}): {error}\nhint: compruebe el nombre, o dé la dirección en el inventario";
    connect_failed pt "não é possível conectar-se a {host} em {address}: {error}\nhint: confira se o servidor está ligado e se o sshd escuta ali"
        es "no se puede conectar con {host} en {address}: {error}\nhint: compruebe que el servidor está encendido y que sshd escucha ahí";
    connect_timeout pt "não é possível conectar-se a {host} em {address}: não houve resposta em {seconds} s\nhint: confira o endereço e o firewall, ou aumente o tempo-limite de conexão"
        es "no se puede conectar con {host} en {address}: no hubo respuesta en {seconds} s\nhint: compruebe la dirección y el cortafuegos, o aumente el tiempo límite de conexión";
    handshake_failed pt "não é possível começar o SSH com {host}: {error}"
        es "no se puede empezar SSH con {host}: {error}";
    handshake_timeout pt "não é possível começar o SSH com {host}: a negociação não terminou em {seconds} s\nhint: o servidor pode estar sobrecarregado, ou algo que não é o sshd escuta ali; `--connect-timeout` dá mais tempo"
        es "no se puede empezar SSH con {host}: la negociación no terminó en {seconds} s\nhint: el servidor puede estar sobrecargado, o ahí escucha algo que no es sshd; `--connect-timeout` le da más tiempo";
    handshake_closed pt "não é possível começar o SSH com {host}: o servidor fechou a conexão durante a negociação\nhint: o sshd faz isso quando conexões demais começam ao mesmo tempo (MaxStartups) ou quando proíbe o endereço"
        es "no se puede empezar SSH con {host}: el servidor cerró la conexión durante la negociación\nhint: sshd lo hace cuando empiezan demasiadas conexiones a la vez (MaxStartups) o cuando prohíbe la dirección";
    no_common_algorithm pt "não há acordo com {host} sobre um algoritmo de {kind}: oferecemos {ours}; o servidor oferece {theirs}\nhint: para um servidor antigo, defina `hep_legacy_algorithms: true` nele ou em seu grupo, ou indique os algoritmos em ssh_config ({kind})"
        es "no hay acuerdo con {host} sobre un algoritmo de {kind}: ofrecemos {ours}; el servidor ofrece {theirs}\nhint: para un servidor antiguo, ponga `hep_legacy_algorithms: true` en él o en su grupo, o indique los algoritmos en ssh_config ({kind})";
    algorithm_list_empty pt "não é possível começar o SSH com {host}: `{keyword} {list}` não deixa nenhum algoritmo que o hep conheça"
        es "no se puede empezar SSH con {host}: `{keyword} {list}` no deja ningún algoritmo que hep conozca";
    jump_failed pt "não é possível chegar a {host} por {jump}: {error}"
        es "no se puede llegar a {host} por {jump}: {error}";
    node_failed pt "não é possível chegar a {host} pelo nó {node}: {error}"
        es "no se puede llegar a {host} por el nodo {node}: {error}";
    no_node pt "não é possível chegar a {host}: não está em funcionamento nenhum nó que alcance a zona {zone} dele\nhint: inicie um nó com `node.zones: [{zone}]` e repita; nada foi começado"
        es "no se puede llegar a {host}: no está en marcha ningún nodo que alcance su zona {zone}\nhint: inicie un nodo con `node.zones: [{zone}]` y reinténtelo; no se empezó nada";
    nodes_unknown pt "não é possível chegar a {host}: não se sabe quais nós estão na zona dele: {error}"
        es "no se puede llegar a {host}: no se sabe qué nodos están en su zona: {error}";
    node_silent pt "não houve resposta em {seconds} s"
        es "no hubo respuesta en {seconds} s";
    node_alone pt "este processo não pode pedir a outros nós"
        es "este proceso no puede pedir a otros nodos";
    node_stops pt "este nó está para terminar"
        es "este nodo está a punto de terminar";
    too_many_tunnels pt "este nó leva {most} conexões para outros, e não mais do que isso"
        es "este nodo lleva {most} conexiones para otros, y no más";
    other_zone pt "este nó não alcança os servidores da zona {zone}"
        es "este nodo no alcanza los servidores de la zona {zone}";
    other_node pt "outro nó responde neste endereço\nhint: em cada nó, defina `node.address` como o endereço em que os outros o alcançam"
        es "otro nodo responde en esta dirección\nhint: en cada nodo, ponga `node.address` a la dirección en la que los otros lo alcanzan";
    tunnel_unproved pt "só nós do mesmo banco de dados recebem um caminho até os servidores"
        es "solo los nodos de la misma base de datos reciben un camino a los servidores";
    tunnel_clock pt "os relógios dos dois nós diferem em mais de um minuto\nhint: acerte-os por NTP"
        es "los relojes de los dos nodos difieren en más de un minuto\nhint: póngalos en hora por NTP";
    host_key_unknown pt "a chave do servidor {host} não é conhecida: {name} mostra a chave {algorithm} {fingerprint}\nhint: compare a impressão digital com a do próprio servidor (ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub) e depois conecte-se uma vez com --host-key ask, ou aceite servidores novos com --host-key accept-new"
        es "la clave del servidor {host} no se conoce: {name} muestra la clave {algorithm} {fingerprint}\nhint: compare la huella con la del propio servidor (ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub) y después conéctese una vez con --host-key ask, o acepte servidores nuevos con --host-key accept-new";
    host_key_refused pt "a chave {algorithm} {fingerprint} de {host} não foi aprovada"
        es "la clave {algorithm} {fingerprint} de {host} no se aprobó";
    host_key_other_type pt "{host} mostra a chave {algorithm} {fingerprint}, mas só se conhecem chaves do tipo {known} ({file}:{line})\nhint: se o servidor recebeu esta chave de propósito, compare a impressão digital e conecte-se uma vez com --host-key ask"
        es "{host} muestra la clave {algorithm} {fingerprint}, pero solo se conocen claves del tipo {known} ({file}:{line})\nhint: si el servidor recibió esta clave a propósito, compare la huella y conéctese una vez con --host-key ask";
    host_key_changed pt "A CHAVE DE {host} MUDOU: ele mostra a chave {algorithm} {fingerprint}, mas {file}:{line} diz {known}. Alguém pode estar entre você e o servidor; nada lhe foi enviado\nhint: só se você espera por isto (um servidor reinstalado), remova a chave antiga: ssh-keygen -f '{file}' -R '{name}'"
        es "LA CLAVE DE {host} HA CAMBIADO: muestra la clave {algorithm} {fingerprint}, pero {file}:{line} dice {known}. Alguien puede estar entre usted y el servidor; no se le envió nada\nhint: solo si lo espera (un servidor reinstalado), quite la clave antigua: ssh-keygen -f '{file}' -R '{name}'";
    pinned_key_unknown pt "a chave {algorithm} {fingerprint} de {host} não foi aprovada, e nenhuma outra chave dele também\nhint: compare a impressão digital com a da máquina (`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`) e depois a aprove: `hep host trust {host}`; o ajuste `ssh.host_key: accept-new` admite servidores novos"
        es "la clave {algorithm} {fingerprint} de {host} no está aprobada, ni tampoco ninguna otra clave suya\nhint: compare la huella con la de la máquina (`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`) y después apruébela: `hep host trust {host}`; el ajuste `ssh.host_key: accept-new` admite servidores nuevos";
    pinned_key_changed pt "{host} mostra a chave {algorithm} {fingerprint}, mas a chave aprovada dele é {known}: outra máquina responde, ou ela foi reinstalada\nhint: descubra qual dos dois; só então aprove a chave nova: `hep host trust {host}`"
        es "{host} muestra la clave {algorithm} {fingerprint}, pero su clave aprobada es {known}: responde otra máquina, o se reinstaló\nhint: averigüe cuál de las dos cosas; solo entonces apruebe la clave nueva: `hep host trust {host}`";
    pinned_key_other_type pt "{host} mostra a chave {algorithm} {fingerprint}, mas as chaves aprovadas são do tipo {known}\nhint: compare a impressão digital com a da máquina e depois a aprove: `hep host trust {host}`"
        es "{host} muestra la clave {algorithm} {fingerprint}, pero las claves aprobadas son del tipo {known}\nhint: compare la huella con la de la máquina y después apruébela: `hep host trust {host}`";
    host_key_revoked pt "a chave {algorithm} {fingerprint} de {host} está marcada como revogada em {file}:{line}; nada lhe foi enviado\nhint: o servidor precisa receber uma chave nova"
        es "la clave {algorithm} {fingerprint} de {host} está marcada como revocada en {file}:{line}; no se le envió nada\nhint: el servidor debe recibir una clave nueva";
    host_certificate_invalid pt "o certificado do servidor {host}, assinado por {authority}, não é válido: {reason}\nhint: o servidor precisa de um certificado novo de sua autoridade"
        es "el certificado del servidor {host}, firmado por {authority}, no es válido: {reason}\nhint: el servidor necesita un certificado nuevo de su autoridad";
    known_hosts_unreadable pt "não é possível ler as chaves de servidores em {file}: {error}"
        es "no se pueden leer las claves de servidores de {file}: {error}";
    known_hosts_unwritable pt "não é possível acrescentar a chave do servidor a {file}: {error}"
        es "no se puede añadir la clave del servidor a {file}: {error}";
    auth_failed pt "não é possível entrar em {host} como {user}: foi tentado {tried}; o servidor permite {offered}\nhint: confira o usuário, e dê uma chave (--key FILE), um agente ou uma senha (--ask-pass)"
        es "no se puede entrar en {host} como {user}: se intentó {tried}; el servidor permite {offered}\nhint: compruebe el usuario, y dé una clave (--key FILE), un agente o una contraseña (--ask-pass)";
    auth_nothing_to_try pt "não é possível entrar em {host} como {user}: não há chave, agente nem senha para tentar; o servidor permite {offered}\nhint: dê uma chave (--key FILE), um agente ou uma senha (--ask-pass)"
        es "no se puede entrar en {host} como {user}: no hay clave, agente ni contraseña que intentar; el servidor permite {offered}\nhint: dé una clave (--key FILE), un agente o una contraseña (--ask-pass)";
    auth_closed pt "não é possível entrar em {host} como {user}: o servidor fechou a conexão depois de {tried}\nhint: talvez tenham sido tentadas chaves demais (MaxAuthTries): indique a certa com --key e defina IdentitiesOnly"
        es "no se puede entrar en {host} como {user}: el servidor cerró la conexión después de {tried}\nhint: puede que se intentaran demasiadas claves (MaxAuthTries): indique la correcta con --key y ponga IdentitiesOnly";
    auth_timeout pt "não é possível entrar em {host} como {user}: não houve resposta em {seconds} s"
        es "no se puede entrar en {host} como {user}: no hubo respuesta en {seconds} s";
    key_unreadable pt "não é possível usar a chave {file}: {error}"
        es "no se puede usar la clave {file}: {error}";
    channel_refused pt "não é possível abrir uma sessão em {host}: {error}"
        es "no se puede abrir una sesión en {host}: {error}";
    channel_timeout pt "não é possível abrir uma sessão em {host}: não houve resposta em {seconds} s"
        es "no se puede abrir una sesión en {host}: no hubo respuesta en {seconds} s";
    command_refused pt "{host} recusou-se a iniciar {what}\nhint: a conta pode não ter shell, ou estar limitada a um comando"
        es "{host} se negó a iniciar {what}\nhint: la cuenta puede no tener shell, o estar limitada a un comando";
    lost pt "a conexão com {host} se perdeu: {reason}"
        es "se perdió la conexión con {host}: {reason}";
    lost_silent pt "o servidor deixou de responder"
        es "el servidor dejó de responder";
    lost_closed pt "o servidor fechou a conexão"
        es "el servidor cerró la conexión";
    local_failed pt "não é possível executar um comando no controlador: {error}"
        es "no se puede ejecutar un comando en el controlador: {error}";
    unsupported pt "{host} não consegue fazer isto: {what}"
        es "{host} no puede hacer esto: {what}";
    not_a_signal pt "`{name}` não é o nome de um sinal"
        es "`{name}` no es el nombre de una señal";
}
