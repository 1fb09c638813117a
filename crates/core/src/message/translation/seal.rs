//! Secrets at rest, in other languages.

super::translations! { "seal";
    no_key pt "Não é possível abrir os segredos do banco de dados: não há chave mestra em `{path}`, e uma nova não os abriria\nhint: coloque ali a chave mestra do servidor que criou este banco de dados, ou indique o arquivo dela em `HEP_MASTER_KEY_FILE`"
        es "No se pueden abrir los secretos de la base de datos: no hay clave maestra en `{path}`, y una nueva no los abriría\nhint: ponga allí la clave maestra del servidor que creó esta base de datos, o indique su archivo en `HEP_MASTER_KEY_FILE`";
    wrong_key pt "Não é possível abrir os segredos do banco de dados: eles precisam da chave mestra {id}, que não está em `{path}`\nhint: acrescente ao arquivo a chave mestra do servidor que criou este banco de dados, uma linha de 64 dígitos hexadecimais, ou indique outro arquivo em `HEP_MASTER_KEY_FILE`"
        es "No se pueden abrir los secretos de la base de datos: necesitan la clave maestra {id}, que no está en `{path}`\nhint: añada al archivo la clave maestra del servidor que creó esta base de datos, una línea de 64 dígitos hexadecimales, o indique otro archivo en `HEP_MASTER_KEY_FILE`";
    cannot_read_key pt "Não é possível ler a chave mestra em `{path}`: {why}"
        es "No se puede leer la clave maestra en `{path}`: {why}";
    cannot_make_key pt "Não é possível gravar a chave mestra em `{path}`: {why}"
        es "No se puede escribir la clave maestra en `{path}`: {why}";
    bad_key pt "Não é possível usar a chave mestra em `{path}`: a linha {line} não contém nenhuma\nhint: uma chave é uma linha de 64 dígitos hexadecimais, como `openssl rand -hex 32` as faz"
        es "No se puede usar la clave maestra en `{path}`: la línea {line} no contiene ninguna\nhint: una clave es una línea de 64 dígitos hexadecimales, como las hace `openssl rand -hex 32`";
    damaged pt "Não é possível abrir o segredo de {what}: foi danificado ou movido, ou o banco de dados foi montado a partir de dois\nhint: dê o segredo de novo"
        es "No se puede abrir el secreto de {what}: se dañó o se movió, o la base de datos se compuso de dos\nhint: dé el secreto de nuevo";
    rotated pt "{many} segredos agora estão cifrados com a chave mestra {id}"
        es "{many} secretos están ahora cifrados con la clave maestra {id}";
    not_rotated pt "{many} segredos não puderam ser abertos e ficaram como estavam; o registro do servidor diz quais"
        es "{many} secretos no se pudieron abrir y quedaron como estaban; el registro del servidor dice cuáles";
    nothing_to_rotate pt "Todos os segredos já estão cifrados com a primeira chave mestra de `{path}`\nhint: coloque uma chave nova na primeira linha, como `openssl rand -hex 32` as faz, e repita"
        es "Todos los secretos están ya cifrados con la primera clave maestra de `{path}`\nhint: ponga una clave nueva en la primera línea, como las hace `openssl rand -hex 32`, y repita";
    old_keys pt "As outras chaves em `{path}` já não abrem nada neste banco de dados\nhint: guarde-as enquanto cópias de segurança precisarem delas"
        es "Las otras claves en `{path}` ya no abren nada en esta base de datos\nhint: consérvelas mientras las necesiten las copias de seguridad";
}
