//! Words of signing in and of the first set-up.

super::words! {
    sign_in() en "Sign in" pt "Entrar" es "Iniciar sesión";
    sign_out() en "Sign out" pt "Sair" es "Cerrar sesión";
    signed_in_as(name) en "Signed in as {name}" pt "Sessão de {name}" es "Sesión de {name}";
    signed_out() en "You have signed out." pt "Você saiu." es "Ha cerrado la sesión.";
    name() en "Name" pt "Nome" es "Nombre";
    password() en "Password" pt "Senha" es "Contraseña";
    tagline() en "Many Linux servers, from one page" pt "Muitos servidores Linux, em uma página" es "Muchos servidores Linux, desde una página";
    no_account() en "No name yet? Whoever administers this server can make one for you." pt "Ainda não tem um nome? Quem administra este servidor pode criar um." es "¿Aún no tiene un nombre? Quien administra este servidor puede crearle uno.";
    setup_title() en "The first administrator" pt "O primeiro administrador" es "El primer administrador";
    setup_intro() en "Hephaestus has no user yet. Whoever fills this in may do everything with it, and can make other users." pt "O Hephaestus ainda não tem usuários. Quem preencher isto poderá fazer tudo nele e criar outros usuários." es "Hephaestus aún no tiene usuarios. Quien rellene esto podrá hacer todo con él y crear otros usuarios.";
    setup_token() en "Token of the link" pt "Código do link" es "Código del enlace";
    setup_token_hint(sign) en "The server printed a link when it started. The token is what stands in it after {sign}." pt "O servidor mostrou um link ao iniciar. O código é o que vem nele depois de {sign}." es "El servidor mostró un enlace al arrancar. El código es lo que sigue en él a {sign}.";
    setup_name_hint() en "What you sign in with: letters, digits, dots and dashes." pt "Com o que você entra: letras, dígitos, pontos e hifens." es "Con lo que inicia sesión: letras, dígitos, puntos y guiones.";
    setup_password_hint() en "8 characters or more." pt "8 caracteres ou mais." es "8 caracteres o más.";
    setup_do() en "Become the first administrator" pt "Tornar-me o primeiro administrador" es "Ser el primer administrador";
    setup_done(name) en "Welcome, {name}. You are the first administrator. Next, tell Hephaestus about a host." pt "Boas-vindas, {name}. Você é o primeiro administrador. Agora cadastre um servidor." es "Le damos la bienvenida, {name}. Es el primer administrador. Ahora registre un servidor.";
}
