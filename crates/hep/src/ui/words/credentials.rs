//! Words of credentials.

super::words! {
    credentials_title() en "Credentials" pt "Credenciais" es "Credenciales";
    credentials_one() en "Credential" pt "Credencial" es "Credencial";
    credentials_intro() en "A credential is how Hephaestus logs in to hosts. What is secret in it is kept encrypted, used only for the host that it is for, and never shown again to anybody." pt "Uma credencial é como o Hephaestus entra nos servidores. O que há de secreto nela é guardado cifrado, usado apenas no servidor a que se destina, e nunca mais é mostrado a ninguém." es "Una credencial es cómo Hephaestus entra en los servidores. Lo secreto se guarda cifrado, se usa solo para el servidor al que corresponde, y no se muestra nunca más a nadie.";
    credentials_add() en "Add a credential" pt "Adicionar credencial" es "Añadir credencial";
    credentials_none() en "No credential yet" pt "Nenhuma credencial ainda" es "Aún no hay credenciales";
    credentials_loss() en "Its secrets are gone for good. It can be removed once no host and no repository uses it." pt "Seus segredos se perdem para sempre. Só pode ser removida quando nenhum servidor e nenhum repositório a usa." es "Sus secretos se pierden para siempre. Se puede eliminar cuando ningún servidor ni repositorio la usa.";
    credentials_kind() en "Kind" pt "Tipo" es "Tipo";
    credentials_kind_hint() en "A key is safer than a password: nobody has to type it, and it stays here." pt "Uma chave é mais segura que uma senha: ninguém precisa digitá-la, e ela fica aqui." es "Una clave es más segura que una contraseña: nadie tiene que escribirla, y se queda aquí.";
    credentials_key() en "Key" pt "Chave" es "Clave";
    credentials_agent() en "Key agent of the server" pt "Agente de chaves do servidor" es "Agente de claves del servidor";
    credentials_certificate_and_key() en "Key with a certificate" pt "Chave com certificado" es "Clave con certificado";
    credentials_user() en "Log in as" pt "Entrar como" es "Entrar como";
    credentials_user_hint() en "The name of the account on the hosts, for those that say none themselves." pt "O nome da conta nos servidores, para os que não dizem nenhum." es "El nombre de la cuenta en los servidores, para los que no indican ninguno.";
    credential_password() en "Password" pt "Senha" es "Contraseña";
    credentials_password_hint() en "Only for the kind “Password”." pt "Apenas para o tipo “Senha”." es "Solo para el tipo «Contraseña».";
    credentials_generate() en "Make a new key pair" pt "Gerar um novo par de chaves" es "Generar un nuevo par de claves";
    credentials_generate_hint() en "Afterwards this page shows the public half, which the hosts must have. Only for kinds with a key, and only when none is pasted below." pt "Depois esta página mostra a metade pública, que os servidores precisam ter. Apenas para tipos com chave, e só quando nenhuma é colada abaixo." es "Después esta página muestra la mitad pública, que los servidores deben tener. Solo para tipos con clave, y solo cuando no se pega ninguna abajo.";
    credential_private_key() en "Private key" pt "Chave privada" es "Clave privada";
    credentials_private_key_hint() en "One that you have, as its file has it." pt "Uma que você já tem, como está no arquivo." es "Una que ya tenga, tal como está en su archivo.";
    credential_passphrase() en "Passphrase of the key" pt "Frase secreta da chave" es "Frase de contraseña de la clave";
    credentials_passphrase_hint() en "If the private key is encrypted." pt "Se a chave privada estiver cifrada." es "Si la clave privada está cifrada.";
    credentials_certificate() en "Certificate" pt "Certificado" es "Certificado";
    credentials_certificate_hint() en "What an authority has signed for the key: the line of its -cert.pub file." pt "O que uma autoridade assinou para a chave: a linha do arquivo -cert.pub." es "Lo que una autoridad firmó para la clave: la línea de su archivo -cert.pub.";
    credential_become_password() en "Password for sudo" pt "Senha do sudo" es "Contraseña de sudo";
    credentials_become_password_hint() en "If the account must type one to become administrator on the host." pt "Se a conta precisa de uma para virar administradora no servidor." es "Si la cuenta necesita una para convertirse en administradora en el servidor.";
    credentials_stays() en "Empty: what is kept stays." pt "Vazio: o que está guardado permanece." es "Vacío: lo guardado se queda.";
    credentials_holds() en "Secrets kept" pt "Segredos guardados" es "Secretos guardados";
    credentials_public_key() en "Public key" pt "Chave pública" es "Clave pública";
    credentials_fingerprint() en "Fingerprint" pt "Impressão digital" es "Huella digital";
    credentials_users() en "Hosts that log in with it" pt "Servidores que entram com ela" es "Servidores que entran con ella";
    credentials_unused() en "No host uses it." pt "Nenhum servidor a usa." es "Ningún servidor la usa.";
}
