//! Words of terminals and their recordings.

super::words! {
    host_tab_terminal() en "Terminal" pt "Terminal" es "Terminal";
    kind_terminal() en "Terminal" pt "Terminal" es "Terminal";
    terminal_what(name) en "A terminal is a window into {name} itself: what you type there is done there at once, and nobody asks whether you are sure." pt "Um terminal é uma janela para dentro de {name}: o que você digita nele é feito lá na hora, e ninguém pergunta se você tem certeza." es "Una terminal es una ventana dentro de {name}: lo que escriba en ella se hace allí al momento, y nadie pregunta si está seguro.";
    terminal_as(user) en "You will be {user} there." pt "Lá você será {user}." es "Allí usted será {user}.";
    terminal_recorded() en "All that the host shows is recorded, and whoever may see this host can read it later. What you type is not recorded, except where the host shows it." pt "Tudo o que o servidor mostra é gravado, e quem pode ver este servidor pode ler depois. O que você digita não é gravado, exceto onde o servidor o mostra." es "Todo lo que el servidor muestra se graba, y quien puede ver este servidor puede leerlo después. Lo que usted escribe no se graba, salvo donde el servidor lo muestra.";
    terminal_ends(idle, longest) en "It ends when you close it, leave this page or sign out, after {idle} minutes without typing, and after {longest} minutes in any case. What still runs in it is ended too." pt "Ele termina quando você o fecha, deixa esta página ou sai, depois de {idle} minutos sem digitar, e depois de {longest} minutos em todo caso. O que ainda roda nele é encerrado também." es "Termina cuando la cierra, deja esta página o cierra la sesión, tras {idle} minutos sin escribir, y tras {longest} minutos en todo caso. Lo que aún corra en ella termina también.";
    terminal_password() en "Your password, once more" pt "Sua senha, outra vez" es "Su contraseña, otra vez";
    terminal_password_hint() en "The password with which you sign in here, not one of the host." pt "A senha com que você entra aqui, não uma do servidor." es "La contraseña con que inicia sesión aquí, no una del servidor.";
    terminal_open() en "Open the terminal" pt "Abrir o terminal" es "Abrir la terminal";
    terminal_no_script() en "A terminal needs JavaScript, which is switched off in this browser." pt "Um terminal precisa de JavaScript, que está desligado neste navegador." es "Una terminal necesita JavaScript, que está desactivado en este navegador.";
    terminal_no_script_run() en "Run a single command instead" pt "Executar um único comando em vez disso" es "Ejecutar un solo comando en su lugar";
    terminal_name(name) en "Terminal on {name}" pt "Terminal em {name}" es "Terminal en {name}";
    terminal_connecting() en "Connecting…" pt "Conectando…" es "Conectando…";
    terminal_connected() en "Connected" pt "Conectado" es "Conectada";
    terminal_refused() en "The terminal could not be opened, or the line broke. Open another one to go on." pt "O terminal não pôde ser aberto, ou a linha caiu. Abra outro para continuar." es "La terminal no se pudo abrir, o se cortó la línea. Abra otra para seguir.";
    terminal_close() en "Close the terminal" pt "Fechar o terminal" es "Cerrar la terminal";
    terminal_again() en "Open another one" pt "Abrir outro" es "Abrir otra";
    terminal_see() en "See the recording" pt "Ver a gravação" es "Ver la grabación";
    terminal_reader() en "Read out by a screen reader" pt "Lido por um leitor de tela" es "Leída por un lector de pantalla";
    terminal_keys() en "While you type there, all keys go to the host, the Tab key too. Ctrl and . (full stop) together lead out of it, to the button that closes it." pt "Enquanto você digita nele, todas as teclas vão para o servidor, também a tecla Tab. Ctrl e . (ponto) juntos levam para fora dele, ao botão que o fecha." es "Mientras escriba en ella, todas las teclas van al servidor, también la tecla Tab. Ctrl y . (punto) juntos llevan fuera de ella, al botón que la cierra.";
    recording_title() en "Recording" pt "Gravação" es "Grabación";
    recording_hint() en "What the host showed, as it came. Long pauses are shortened." pt "O que o servidor mostrou, como veio. As pausas longas são encurtadas." es "Lo que el servidor mostró, tal como vino. Las pausas largas se acortan.";
    recording_live() en "The terminal is still open. It can be played once it has ended; what it showed so far is below." pt "O terminal ainda está aberto. Pode ser reproduzido quando terminar; o que mostrou até agora está abaixo." es "La terminal sigue abierta. Se puede reproducir cuando termine; lo que mostró hasta ahora está abajo.";
    recording_play() en "Play" pt "Reproduzir" es "Reproducir";
    recording_pause() en "Pause" pt "Pausar" es "Pausar";
    recording_to_end() en "Show the end" pt "Mostrar o fim" es "Mostrar el final";
    recording_speed() en "Speed" pt "Velocidade" es "Velocidad";
    recording_file() en "Keep as a file" pt "Guardar como arquivo" es "Guardar como archivo";
    recording_failed() en "The recording could not be read." pt "A gravação não pôde ser lida." es "La grabación no se pudo leer.";
    recording_no_script() en "To play it this browser would have to run JavaScript; what it showed is below as text." pt "Para reproduzi-la este navegador teria de executar JavaScript; o que mostrou está abaixo como texto." es "Para reproducirla este navegador tendría que ejecutar JavaScript; lo que mostró está abajo como texto.";
}
