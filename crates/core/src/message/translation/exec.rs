//! Commands on hosts, in other languages.

super::translations! { "exec";
    no_ending pt "A conexão se fechou e o servidor não disse como o comando terminou\nhint: veja no servidor se ele ainda está rodando; ele não é iniciado de novo por si só"
        es "La conexión se cerró y el servidor no dijo cómo terminó el comando\nhint: mire en el servidor si sigue en marcha; no se inicia de nuevo por sí solo";
    cancelled pt "Cancelado: o comando recebeu a ordem de parar e terminou"
        es "Cancelado: se ordenó al comando que parara y terminó";
    not_stopped pt "Cancelado, mas o comando não parou: pode ainda estar rodando\nhint: veja no servidor"
        es "Cancelado, pero el comando no paró: puede seguir en marcha\nhint: mire en el servidor";
    timed_out pt "O comando rodou por mais de {seconds} s e foi encerrado\nhint: dê mais tempo com `--timeout`"
        es "El comando duró más de {seconds} s y se terminó\nhint: dele más tiempo con `--timeout`";
    timed_out_running pt "O comando rodou por mais de {seconds} s e não parou quando mandado: pode ainda estar rodando\nhint: veja no servidor; `--timeout` dá mais tempo"
        es "El comando duró más de {seconds} s y no paró cuando se le ordenó: puede seguir en marcha\nhint: mire en el servidor; `--timeout` le da más tiempo";
    wrapper_failed pt "Não é possível iniciar o comando: o servidor não conseguiu receber os ajustes dele: {said}\nhint: há espaço em `/tmp`, e existem lá `head`, `tail` e `mktemp`?"
        es "No se puede iniciar el comando: el servidor no pudo recibir sus ajustes: {said}\nhint: ¿hay espacio en `/tmp`, y existen allí `head`, `tail` y `mktemp`?";
    sudo_wrong_password pt "Não é possível tornar-se `{user}`: o sudo não aceitou a senha\nhint: dê a senha do usuário de login com `-K`"
        es "No es posible convertirse en `{user}`: sudo no aceptó la contraseña\nhint: dé la contraseña del usuario de acceso con `-K`";
    sudo_needs_password pt "Não é possível tornar-se `{user}`: o sudo quer uma senha e não há nenhuma\nhint: dê-a com `-K`, ou como `ansible_become_password` no inventário"
        es "No es posible convertirse en `{user}`: sudo pide una contraseña y no hay ninguna\nhint: dela con `-K`, o como `ansible_become_password` en el inventario";
    sudo_failed pt "Não é possível tornar-se `{user}`: {said}"
        es "No es posible convertirse en `{user}`: {said}";
}
