//! Imports of inventories, in other languages.

super::translations! { "import";
    unreadable pt "Não é possível ler o inventário: {said}"
        es "No se puede leer el inventario: {said}";
    nothing pt "Não há inventário para importar\nhint: dê `files`, cada um com um `name` e um `text`"
        es "No hay inventario que importar\nhint: dé `files`, cada uno con un `name` y un `text`";
    no_vault pt "Um valor está cifrado pelo Ansible Vault, e a senha dele não está aqui\nhint: dê-a: `hep host import --vault-password-file FILE`, ou `vault_passwords` da API"
        es "Un valor está cifrado por Ansible Vault, y su contraseña no está aquí\nhint: dela: `hep host import --vault-password-file FILE`, o `vault_passwords` de la API";
    sealed_inventory pt "Um inventário cifrado por inteiro não pode ser importado: depois ninguém saberia o que nele é secreto\nhint: cifre valores dele, ou arquivos de `group_vars` e `host_vars`"
        es "Un inventario cifrado por completo no se puede importar: después nadie sabría qué es secreto en él\nhint: cifre valores suyos, o archivos de `group_vars` y `host_vars`";
    no_include pt "O `ssh_config` inclui `{name}`\nhint: dê os arquivos que ele inclui como arquivos próprios"
        es "El `ssh_config` incluye `{name}`\nhint: dé los archivos que incluye como archivos propios";
    host_left pt "O servidor `{host}` fica de fora: {why}"
        es "El servidor `{host}` queda fuera: {why}";
    is_local pt "O servidor `{host}` fica de fora: é a máquina que importa (`ansible_connection=local`)"
        es "El servidor `{host}` queda fuera: es la máquina que importa (`ansible_connection=local`)";
    var_left pt "A variável `{name}` de `{owner}` fica de fora: é um segredo\nhint: guarde-a nas variáveis cifradas de um manifesto"
        es "La variable `{name}` de `{owner}` queda fuera: es un secreto\nhint: guárdela en las variables cifradas de un manifiesto";
    unsafe_left pt "A variável `{name}` de `{owner}` fica de fora: está marcada com `!unsafe`, o que o cadastro não consegue guardar"
        es "La variable `{name}` de `{owner}` queda fuera: está marcada con `!unsafe`, lo que el registro no puede guardar";
    key_left pt "A chave `{path}` do servidor `{host}` não está aqui: a credencial dele fica como está\nhint: dê o texto da chave em `keys` sob este nome; na linha de comando, `--keys` faz isso"
        es "La clave `{path}` del servidor `{host}` no está aquí: su credencial queda como está\nhint: dé el texto de la clave en `keys` con este nombre; en la línea de comandos lo hace `--keys`";
    key_unusable pt "A chave `{path}` não pode ser usada: {why}"
        es "La clave `{path}` no se puede usar: {why}";
    options_left pt "Opções do servidor `{host}` para o `ssh` ficam de fora: o cadastro guarda só endereço, porta, usuário e servidores intermediários"
        es "Quedan fuera opciones del servidor `{host}` para `ssh`: el registro guarda solo dirección, puerto, usuario y servidores intermedios";
    group_left pt "O grupo `{group}` fica de fora: o nome dele não pode ser usado aqui"
        es "El grupo `{group}` queda fuera: su nombre no se puede usar aquí";
}
