//! Asking a server and being let in, in other languages.

super::translations! { "server";
    denied pt "Você não tem o direito “{verb}” sobre {what}\nhint: um administrador pode lhe dar um papel que permita isto"
        es "No tiene el derecho «{verb}» sobre {what}\nhint: un administrador puede darle un rol que lo permita";
    not_signed_in pt "Entre primeiro: isto exige uma sessão ou um token\nhint: envie `Authorization: Bearer TOKEN`"
        es "Inicie sesión primero: esto requiere una sesión o un token\nhint: envíe `Authorization: Bearer TOKEN`";
    store_unavailable pt "O banco de dados não pode ser alcançado no momento\nhint: tente de novo; o registro do servidor diz mais"
        es "No se puede acceder a la base de datos en este momento\nhint: inténtelo de nuevo; el registro del servidor dice más";
    no_space pt "Não há mais espaço onde o servidor guarda seus dados: nada foi alterado\nhint: libere espaço lá; o servidor continua sozinho"
        es "No queda espacio donde el servidor guarda sus datos: no se cambió nada\nhint: libere espacio allí; el servidor continúa solo";
    bad_value pt "O banco de dados não pode guardar este texto\nhint: retire caracteres NUL e encurte o que for muito longo"
        es "La base de datos no puede guardar este texto\nhint: quite los caracteres NUL y acorte lo que sea muy largo";
    same_key_at_once pt "Outra chamada com a `Idempotency-Key` `{key}` está sendo respondida\nhint: envie de novo em um instante"
        es "Se está respondiendo otra llamada con la `Idempotency-Key` `{key}`\nhint: envíela de nuevo en un momento";
    other_body_same_key pt "A `Idempotency-Key` `{key}` foi usada para outro pedido\nhint: escolha uma chave nova para cada coisa a criar"
        es "La `Idempotency-Key` `{key}` se usó para otra petición\nhint: elija una clave nueva para cada cosa que se cree";
    bad_key pt "A `Idempotency-Key` não pode ser usada\nhint: escolha de 1 a 200 caracteres visíveis, nova para cada coisa a criar"
        es "La `Idempotency-Key` no se puede usar\nhint: elija de 1 a 200 caracteres visibles, nueva para cada cosa que se cree";
    too_many pt "Pedidos demais\nhint: espere um minuto; um administrador pode aumentar `limits.requests_per_minute`"
        es "Demasiadas peticiones\nhint: espere un minuto; un administrador puede aumentar `limits.requests_per_minute`";
    too_slow pt "A resposta demorou mais de {seconds} s e foi abandonada\nhint: peça menos de uma vez"
        es "La respuesta tardó más de {seconds} s y se abandonó\nhint: pida menos de una vez";
    no_tunnel pt "responde com o estado {status} e sem túnel: pode ser de uma versão mais antiga, ou outra coisa responde ali"
        es "responde con el estado {status} y sin túnel: puede ser de una versión más antigua, o allí responde otra cosa";
    internal pt "O servidor encontrou um erro próprio\nhint: o registro dele diz mais sob o pedido {id}"
        es "El servidor encontró un error propio\nhint: su registro dice más en la petición {id}";
    bad_cursor pt "Este cursor não é nosso\nhint: comece de novo sem `cursor`"
        es "Este cursor no es nuestro\nhint: empiece de nuevo sin `cursor`";
    bad_limit pt "Não é possível mostrar {limit} de uma vez\nhint: `limit` vai de 1 a {most}"
        es "No se pueden mostrar {limit} de una vez\nhint: `limit` va de 1 a {most}";
    bad_token pt "Este token não dá acesso: foi encerrado ou expirou, ou seu usuário não pode entrar\nhint: crie um novo"
        es "Este token no da acceso: se anuló o caducó, o su usuario no puede iniciar sesión\nhint: cree uno nuevo";
    session_ended pt "Entre de novo: a sessão terminou"
        es "Inicie sesión de nuevo: la sesión ha terminado";
    wrong_sign_in pt "Não foi possível entrar: nome e senha não correspondem"
        es "No se pudo iniciar sesión: el nombre y la contraseña no corresponden";
    wrong_password pt "Esta não é a senha em uso"
        es "Esta no es la contraseña actual";
    guessed_too_often pt "Senhas erradas demais: a próxima será examinada em {seconds} s\nhint: um administrador pode encerrar a espera com `hep admin unlock NAME`"
        es "Demasiadas contraseñas erróneas: la próxima se examinará en {seconds} s\nhint: un administrador puede terminar la espera con `hep admin unlock NAME`";
    bad_password pt "Uma senha tem no mínimo {shortest} caracteres e no máximo {longest} bytes"
        es "Una contraseña tiene como mínimo {shortest} caracteres y como máximo {longest} bytes";
    no_csrf pt "Esta chamada altera algo e não traz o código da sessão\nhint: envie `X-CSRF-Token`, como `GET /session` o informa"
        es "Esta llamada cambia algo y no trae el código de la sesión\nhint: envíe `X-CSRF-Token`, como lo indica `GET /session`";
    cross_site pt "Uma página de outro site não pode fazer ninguém entrar aqui"
        es "Una página de otro sitio no puede iniciar la sesión de nadie aquí";
    last_administrator pt "Nada foi alterado: não restaria ninguém que possa administrar tudo\nhint: torne outra pessoa administradora primeiro"
        es "No se cambió nada: no quedaría nadie que pueda administrarlo todo\nhint: haga administradora a otra persona primero";
    ready_role pt "O papel `{name}` vem com o programa e não pode ser alterado\nhint: crie um papel próprio"
        es "El rol `{name}` viene con el programa y no se puede cambiar\nhint: cree un rol propio";
    no_verbs pt "É necessário pelo menos um verbo"
        es "Se necesita al menos un verbo";
    user_or_team pt "Uma concessão é para um usuário ou para uma equipe\nhint: informe um de `user` e `team`"
        es "Una concesión es para un usuario o para un equipo\nhint: indique uno de `user` y `team`";
    whose_token pt "Não foi dito de quem é este token\nhint: informe `user`"
        es "No se dijo de quién es este token\nhint: indique `user`";
    past pt "Este momento já passou"
        es "Este momento ya pasó";
    no_setup pt "Este link não funciona: foi usado, expirou, ou já existe um administrador\nhint: `hep serve` mostra um novo ao iniciar enquanto não houver usuários; `hep admin create-user` também cria um"
        es "Este enlace no funciona: se usó, caducó, o ya hay un administrador\nhint: `hep serve` muestra uno nuevo al arrancar mientras no haya usuarios; `hep admin create-user` también crea uno";
    bad_patch pt "Não é possível fazer esta alteração: {why}"
        es "No se puede hacer este cambio: {why}";
    bad_outcome pt "`{text}` não é um resultado\nhint: use done, denied ou failed"
        es "`{text}` no es un resultado\nhint: use done, denied o failed";
    unknown_body_same_key pt "Ninguém sabe se a `Idempotency-Key` `{key}` foi usada para este pedido: a chave mestra de então não existe mais\nhint: veja se a coisa foi criada e, se não foi, escolha uma chave nova"
        es "Nadie sabe si la `Idempotency-Key` `{key}` se usó para esta petición: la clave maestra de entonces ya no está\nhint: mire si la cosa se creó y, si no, elija una clave nueva";
    node_distrusted pt "o que responde em {address} não é reconhecido como um nó: {why}\nhint: que `node.ca` do nó que pergunta indique o arquivo com o certificado de quem assinou o daquele, e que aquele valha para o nome ou endereço pelo qual é chamado: `node.address` o diz"
        es "lo que responde en {address} no se reconoce como nodo: {why}\nhint: que `node.ca` del nodo que pregunta indique el archivo con el certificado de quien firmó el de aquel, y que aquel valga para el nombre o la dirección por la que se le llama: `node.address` lo dice";
}
