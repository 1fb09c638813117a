//! Host keys, in other languages.

super::translations! { "host_key";
    bad_key pt "Não é possível ler a chave pública do servidor: {why}\nhint: dê-a como `ssh-ed25519 AAAA…`, como está em `/etc/ssh/ssh_host_ed25519_key.pub` do servidor"
        es "No se puede leer la clave pública del servidor: {why}\nhint: dela como `ssh-ed25519 AAAA…`, como está en `/etc/ssh/ssh_host_ed25519_key.pub` del servidor";
    other_fingerprint pt "A chave tem a impressão digital {real}, não {given}\nhint: compare com o que o próprio servidor diz: `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`"
        es "La clave tiene la huella {real}, no {given}\nhint: compárela con lo que dice el propio servidor: `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`";
    not_reached pt "Não é possível pedir a chave a `{host}`: {why}"
        es "No se puede pedir la clave a `{host}`: {why}";
    behind_others pt "Não é possível pedir a chave a `{host}`: ele está atrás de outros servidores\nhint: dê a `public_key` dele, como está em `/etc/ssh/ssh_host_ed25519_key.pub` do servidor"
        es "No se puede pedir la clave a `{host}`: está detrás de otros servidores\nhint: dé su `public_key`, como está en `/etc/ssh/ssh_host_ed25519_key.pub` del servidor";
    not_kept pt "A chave que {host} mostra não pode ser guardada: {why}\nhint: nada foi enviado ao servidor; tente de novo"
        es "La clave que muestra {host} no se puede guardar: {why}\nhint: no se envió nada al servidor; inténtelo de nuevo";
    decided_meanwhile pt "A chave que {host} mostra não é confiável: entretanto se decidiu sobre outra"
        es "La clave que muestra {host} no es de confianza: mientras tanto se decidió sobre otra";
    to_be_decided pt "a chave {fingerprint} que ele mostra não está aprovada"
        es "la clave {fingerprint} que muestra no está aprobada";
    revoked pt "A chave {fingerprint} foi revogada e não pode voltar a ser confiável\nhint: dê ao servidor uma chave nova"
        es "La clave {fingerprint} fue revocada y no puede volver a ser de confianza\nhint: dé al servidor una clave nueva";
}
