//! Credentials, in other languages.

super::translations! { "credential";
    bad_key pt "Não é possível ler a chave privada: {why}\nhint: dê o arquivo inteiro, da linha `-----BEGIN …` até a linha `-----END …`"
        es "No se puede leer la clave privada: {why}\nhint: dé el archivo entero, desde la línea `-----BEGIN …` hasta la línea `-----END …`";
    key_encrypted pt "A chave privada está cifrada\nhint: dê também a `passphrase` dela"
        es "La clave privada está cifrada\nhint: dé también su `passphrase`";
    wrong_passphrase pt "A frase secreta não abre a chave privada"
        es "La frase de contraseña no abre la clave privada";
    not_encrypted pt "A chave privada não está cifrada\nhint: deixe `passphrase` de fora"
        es "La clave privada no está cifrada\nhint: omita `passphrase`";
    bad_certificate pt "Não é possível usar o certificado: {why}\nhint: dê o arquivo `-cert.pub` inteiro do certificado de um usuário, uma linha"
        es "No se puede usar el certificado: {why}\nhint: dé el archivo `-cert.pub` entero del certificado de un usuario, una línea";
    other_key pt "O certificado é de outra chave, não da chave privada\nhint: mande assinar a chave pública desta credencial"
        es "El certificado es de otra clave, no de la clave privada\nhint: haga firmar la clave pública de esta credencial";
    needs pt "Uma credencial do tipo `{kind}` precisa de `{field}`"
        es "Una credencial del tipo `{kind}` necesita `{field}`";
    not_of_kind pt "Uma credencial do tipo `{kind}` não tem `{field}`"
        es "Una credencial del tipo `{kind}` no tiene `{field}`";
    generate_or_give pt "Ou se gera um par de chaves (`generate`) ou se dá uma `private_key`, não os dois"
        es "O se genera un par de claves (`generate`) o se da una `private_key`, no ambas cosas";
    bad_login pt "`{login}` não é um nome de login\nhint: sem espaços, sem caracteres de controle e sem `-` no início"
        es "`{login}` no es un nombre de inicio de sesión\nhint: sin espacios, sin caracteres de control y sin `-` al principio";
    no_key_in pt "A credencial `{name}` não tem uma chave que um servidor possa aceitar\nhint: crie uma com `hep credential create NAME kind=key generate=true`"
        es "La credencial `{name}` no tiene una clave que un servidor pueda aceptar\nhint: cree una con `hep credential create NAME kind=key generate=true`";
    key_not_taken pt "{host} agora tem a chave de `{name}`, mas não a aceita: {why}\nhint: veja `AuthorizedKeysFile` e `PubkeyAuthentication` do sshd dele; o cadastro não foi alterado"
        es "{host} tiene ahora la clave de `{name}`, pero no la acepta: {why}\nhint: vea `AuthorizedKeysFile` y `PubkeyAuthentication` de su sshd; el registro no se cambió";
    used pt "Não é possível remover a credencial `{name}`: ela é usada por {hosts}\nhint: primeiro dê outra a esses servidores"
        es "No se puede eliminar la credencial `{name}`: la usan {hosts}\nhint: primero dé otra a esos servidores";
}
