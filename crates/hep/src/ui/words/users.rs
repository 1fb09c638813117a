//! Words of users, and of one's own page.

super::words! {
    users_title() en "Users" pt "Usuários" es "Usuarios";
    users_intro() en "Who may sign in here. What they may do comes from their roles, and from those of their teams." pt "Quem pode entrar aqui. O que podem fazer vem dos seus papéis e dos papéis das suas equipes." es "Quién puede entrar aquí. Lo que pueden hacer viene de sus roles y de los de sus equipos.";
    users_add() en "Add a user" pt "Adicionar usuário" es "Añadir usuario";
    users_none() en "No user yet" pt "Nenhum usuário ainda" es "Aún no hay usuarios";
    users_loss() en "Their sessions end, and their tokens and roles go with them. What they did stays in the audit log. To keep somebody out for a while, switch the user off instead." pt "As sessões terminam, e os tokens e papéis se vão junto. O que a pessoa fez continua no registro de auditoria. Para impedir a entrada por um tempo, desative o usuário." es "Sus sesiones terminan, y sus tokens y roles desaparecen. Lo que hizo sigue en el registro de auditoría. Para impedir la entrada por un tiempo, desactive el usuario.";
    users_name() en "Name to sign in with" pt "Nome para entrar" es "Nombre para entrar";
    users_full_name() en "Full name" pt "Nome completo" es "Nombre completo";
    users_email() en "Mail address" pt "Endereço de e-mail" es "Correo electrónico";
    users_any_language() en "as the browser says" pt "como diz o navegador" es "como diga el navegador";
    users_seen() en "Last signed in" pt "Última entrada" es "Última entrada";
    users_enabled() en "May sign in" pt "Pode entrar" es "Puede entrar";
    users_enabled_hint() en "Without this all sessions of the user end at once, and tokens stop working." pt "Sem isto todas as sessões do usuário terminam na hora, e os tokens param de funcionar." es "Sin esto todas las sesiones del usuario terminan al momento, y los tokens dejan de funcionar.";
    users_may_sign_in() en "may sign in" pt "pode entrar" es "puede entrar";
    users_disabled() en "switched off" pt "desativado" es "desactivado";
    users_no_password() en "tokens only" pt "só tokens" es "solo tokens";
    users_password_hint() en "8 characters or more. Without one nobody can sign in by this name, only tokens work." pt "8 caracteres ou mais. Sem senha ninguém entra com este nome, só tokens funcionam." es "8 caracteres o más. Sin contraseña nadie entra con este nombre, solo funcionan los tokens.";
    users_role_hint() en "A role on everything. It can be limited, or given later." pt "Um papel sobre tudo. Pode ser limitado, ou dado depois." es "Un rol sobre todo. Se puede limitar, o dar después.";
    users_set_password() en "Set a password" pt "Definir uma senha" es "Definir una contraseña";
    users_new_password() en "New password" pt "Nova senha" es "Nueva contraseña";
    users_password_title(name) en "Password of {name}" pt "Senha de {name}" es "Contraseña de {name}";
    users_password_intro(name) en "All sessions of {name} end, and the new password holds at once." pt "Todas as sessões de {name} terminam, e a nova senha vale na hora." es "Todas las sesiones de {name} terminan, y la nueva contraseña vale al momento.";
    users_password_done() en "The password is set, and all sessions of the user have ended." pt "A senha foi definida, e todas as sessões do usuário terminaram." es "La contraseña quedó definida, y todas las sesiones del usuario terminaron.";
    users_unlock() en "Let try again" pt "Liberar tentativas" es "Permitir reintentar";
    users_unlocked(name) en "{name} may try to sign in again at once, after however many wrong passwords." pt "{name} pode tentar entrar de novo agora, por mais senhas erradas que tenha dado." es "{name} puede intentar entrar de nuevo ya, por muchas contraseñas erróneas que haya dado.";
    sessions_title() en "Sessions" pt "Sessões" es "Sesiones";
    sessions_none() en "Nobody is signed in by this name." pt "Ninguém está conectado com este nome." es "Nadie ha entrado con este nombre.";
    sessions_browser() en "Browser" pt "Navegador" es "Navegador";
    sessions_begun() en "Signed in" pt "Entrou" es "Entró";
    sessions_used() en "Last used" pt "Último uso" es "Último uso";
    sessions_end() en "End" pt "Encerrar" es "Terminar";
    sessions_this() en "this one" pt "esta" es "esta";
    sessions_ended() en "Ended: whoever used that browser has to sign in again." pt "Encerrada: quem usava aquele navegador terá de entrar de novo." es "Terminada: quien usaba ese navegador tendrá que entrar de nuevo.";
    sessions_end_others() en "End all other sessions" pt "Encerrar todas as outras sessões" es "Terminar todas las demás sesiones";
    account_title() en "My account" pt "Minha conta" es "Mi cuenta";
    account_rights() en "You may" pt "Você pode" es "Usted puede";
    account_password() en "Password" pt "Senha" es "Contraseña";
    account_password_intro() en "Your sessions in other browsers end when you change it." pt "Suas sessões em outros navegadores terminam quando você a muda." es "Sus sesiones en otros navegadores terminan al cambiarla.";
    account_current() en "Present password" pt "Senha atual" es "Contraseña actual";
    account_password_done() en "Your password is changed. Sessions in other browsers have ended." pt "Sua senha foi mudada. As sessões em outros navegadores terminaram." es "Su contraseña ha cambiado. Las sesiones en otros navegadores han terminado.";
    account_look() en "This browser remembers it." pt "Este navegador se lembra disso." es "Este navegador lo recuerda.";
}
