//! Terminals, in other languages.

super::translations! { "terminal";
    not_asked_for pt "Nenhuma chamada pede um terminal\nhint: abra um na página de um servidor"
        es "Ninguna llamada pide una terminal\nhint: abra una en la página de un servidor";
    only_people pt "Um terminal é aberto por uma pessoa que entrou"
        es "Una terminal la abre una persona que ha iniciado sesión";
    bad_ticket pt "Este terminal não foi permitido, ou já foi aberto, ou tarde demais\nhint: digite sua senha outra vez"
        es "Esta terminal no se permitió, o ya se abrió, o demasiado tarde\nhint: escriba su contraseña otra vez";
    foreign pt "Uma página de outro endereço pediu um terminal"
        es "Una página de otra dirección pidió una terminal";
    no_socket pt "Este endereço é para terminais, que a página de um servidor abre"
        es "Esta dirección es para terminales, que abre la página de un servidor";
    too_many pt "Você tem {most} terminais abertos, e não se permitem mais ao mesmo tempo\nhint: feche um; aquele cuja página sumiu termina em um minuto"
        es "Tiene {most} terminales abiertas, y no se permiten más a la vez\nhint: cierre una; la que perdió su página termina en un minuto";
    no_room pt "Este servidor tem tantos terminais abertos quanto pode manter\nhint: tente mais tarde"
        es "Este servidor tiene tantas terminales abiertas como puede mantener\nhint: inténtelo más tarde";
    disabled pt "{host} está desativado no cadastro, por isso não se abre terminal nele\nhint: ative-o primeiro"
        es "{host} está desactivado en el registro, por eso no se abre una terminal en él\nhint: actívelo primero";
    node_stops pt "O servidor está para parar, por isso encerra seus terminais\nhint: abra outro em um minuto"
        es "El servidor está por parar, por eso termina sus terminales\nhint: abra otra en un minuto";
    node_lost pt "O servidor não alcançou mais seu banco de dados, por isso encerrou seus terminais"
        es "El servidor dejó de alcanzar su base de datos, por eso terminó sus terminales";
    left pt "A página foi fechada, por isso se mandou encerrar o que rodava no terminal"
        es "Se cerró la página, por eso se mandó terminar lo que corría en la terminal";
    stopped pt "Alguém parou este terminal"
        es "Alguien detuvo esta terminal";
    idle pt "Nada foi digitado por {minutes} minutos, por isso o terminal foi encerrado"
        es "No se escribió nada durante {minutes} minutos, por eso se terminó la terminal";
    longest pt "Nenhum terminal fica aberto por mais de {minutes} minutos"
        es "Ninguna terminal queda abierta más de {minutes} minutos";
    signed_out pt "A sessão terminou, e com ela seus terminais"
        es "La sesión terminó, y con ella sus terminales";
    user_disabled pt "A conta não pode mais entrar"
        es "La cuenta ya no puede iniciar sesión";
    new_password pt "A senha da conta foi alterada, por isso seus terminais foram encerrados"
        es "Se cambió la contraseña de la cuenta, por eso se terminaron sus terminales";
    no_right pt "O direito a um terminal em {host} acabou"
        es "El derecho a una terminal en {host} se acabó";
    other_host pt "{host} foi removido do cadastro, recebeu outro nome ou foi desativado"
        es "{host} se quitó del registro, recibió otro nombre o se desactivó";
    unsure pt "Ninguém sabe se este terminal ainda é permitido, por isso foi encerrado: o banco de dados não responde"
        es "Nadie sabe si esta terminal sigue permitida, por eso se terminó: la base de datos no responde";
    slow pt "{host} não abriu um terminal a tempo"
        es "{host} no abrió una terminal a tiempo";
    ended pt "O shell terminou"
        es "El shell terminó";
    ended_with pt "O shell terminou; seu último comando terminou com {code}"
        es "El shell terminó; su último comando terminó con {code}";
    ended_by pt "O shell foi encerrado pelo sinal {signal}"
        es "El shell lo terminó la señal {signal}";
}
