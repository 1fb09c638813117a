//! Looking at and changing a host from the executor that runs on it, in other languages.

super::translations! { "remote";
    cannot_look pt "Não é possível examinar {path}: {why}"
        es "No se puede examinar {path}: {why}";
    cannot_read pt "Não é possível ler {path}: {why}"
        es "No se puede leer {path}: {why}";
    cannot_list pt "Não é possível listar {path}: {why}"
        es "No se puede listar {path}: {why}";
    too_large pt "Não é possível ler {path}: é maior que {limit} bytes"
        es "No se puede leer {path}: es mayor de {limit} bytes";
    not_a_file pt "Não é possível ler {path}: não é um arquivo regular"
        es "No se puede leer {path}: no es un archivo regular";
    too_many_entries pt "Não é possível listar {path}: tem mais de {limit} entradas"
        es "No se puede listar {path}: tiene más de {limit} entradas";
    bad_path pt "Não é possível usar o caminho {path}: ele deve ser absoluto e não conter NUL\nhint: escreva-o a partir da raiz, ou comece-o com ~"
        es "No se puede usar la ruta {path}: debe ser absoluta y no contener NUL\nhint: escríbala desde la raíz, o empiécela con ~";
    no_home pt "Não é possível usar um caminho no diretório pessoal de {user}: não há esse usuário no servidor"
        es "No se puede usar una ruta en el directorio personal de {user}: no existe ese usuario en el servidor";
    not_utf8 pt "Não é possível listar {path}: há ali um nome que não é UTF-8\nhint: mude o nome dessa entrada, ou trate este diretório com um comando"
        es "No se puede listar {path}: hay ahí un nombre que no es UTF-8\nhint: cambie el nombre de esa entrada, o trate este directorio con un comando";
    bad_query pt "Não é possível fazer a consulta {words}: um operando seria lido como opção"
        es "No se puede hacer la consulta {words}: un operando se leería como opción";
    query_timeout pt "Não é possível usar o que {program} mostra: não terminou em {seconds} segundos"
        es "No se puede usar lo que muestra {program}: no terminó en {seconds} segundos";
    query_output pt "Não é possível usar o que {program} mostra: são mais de {limit} bytes"
        es "No se puede usar lo que muestra {program}: son más de {limit} bytes";
    changed_meanwhile pt "Recusado alterar {path}: já não é o que era quando a alteração foi planejada\nhint: execute de novo; um novo plano verá o que há ali agora"
        es "Se rechazó cambiar {path}: ya no es lo que era cuando se planeó el cambio\nhint: ejecútelo de nuevo; un plan nuevo verá lo que hay ahora";
    untrusted_link pt "Recusado alterar {path}: {link}, no caminho, é um link simbólico que outro usuário controla\nhint: indique o caminho real, ou dê ao root os diretórios acima dele"
        es "Se rechazó cambiar {path}: {link}, en el camino, es un enlace simbólico que controla otro usuario\nhint: indique la ruta real, o dé a root los directorios superiores";
    cannot_write pt "Não é possível gravar {path}: {why}\nhint: o arquivo antigo está como estava"
        es "No se puede escribir {path}: {why}\nhint: el archivo antiguo está como estaba";
    disk_full pt "Não é possível gravar {path}: não há mais espaço nesse sistema de arquivos (ou não há inodes, ou a cota se esgotou)\nhint: o arquivo antigo está como estava; libere espaço e execute de novo"
        es "No se puede escribir {path}: no queda espacio en ese sistema de archivos (o no quedan inodos, o se agotó la cuota)\nhint: el archivo antiguo está como estaba; libere espacio y ejecútelo de nuevo";
    read_only pt "Não é possível alterar {path}: o sistema de arquivos está montado só para leitura\nhint: procure erros de disco no registro do kernel antes de montá-lo para gravação"
        es "No se puede cambiar {path}: su sistema de archivos está montado solo para lectura\nhint: busque errores de disco en el registro del kernel antes de montarlo para escritura";
    no_parent pt "Não é possível criar {path}: o diretório acima dele não existe\nhint: crie-o em um passo anterior"
        es "No se puede crear {path}: no existe el directorio que lo contiene\nhint: créelo en una tarea anterior";
    is_directory pt "Não é possível gravar {path}: há ali um diretório"
        es "No se puede escribir {path}: ahí hay un directorio";
    validate_failed pt "{path} não foi gravado: a verificação `{command}` não aceitou o conteúdo novo: {why}\nhint: o arquivo antigo está como estava"
        es "No se escribió {path}: la comprobación `{command}` no aceptó el contenido nuevo: {why}\nhint: el archivo antiguo está como estaba";
    validate_no_place pt "Não é possível verificar com `{command}`: falta %s para o caminho do arquivo novo"
        es "No se puede comprobar con `{command}`: falta %s para la ruta del archivo nuevo";
    content_differs pt "Não é possível gravar {path}: o conteúdo a copiar não é o que foi observado\nhint: execute de novo; um novo plano verá o que há ali agora"
        es "No se puede escribir {path}: el contenido que copiar no es el que se observó\nhint: ejecútelo de nuevo; un plan nuevo verá lo que hay ahora";
    cannot_set pt "Não é possível definir dono ou permissões de {path}: {why}"
        es "No se puede establecer el propietario o los permisos de {path}: {why}";
    cannot_make pt "Não é possível criar o diretório {path}: {why}"
        es "No se puede crear el directorio {path}: {why}";
    cannot_link pt "Não é possível criar o link {path} para {target}: {why}"
        es "No se puede crear el enlace {path} a {target}: {why}";
    cannot_remove pt "Não é possível remover {path}: {why}"
        es "No se puede eliminar {path}: {why}";
    is_mount pt "Não é possível remover {path}: há outro sistema de arquivos montado ali\nhint: desmonte-o primeiro"
        es "No se puede eliminar {path}: ahí está montado otro sistema de archivos\nhint: desmóntelo primero";
    cannot_touch pt "Não é possível definir as datas de {path}: {why}"
        es "No se pueden establecer las fechas de {path}: {why}";
    no_user pt "Não é possível dar um arquivo ao usuário {name}: não há esse usuário no servidor"
        es "No se puede dar un archivo al usuario {name}: no existe ese usuario en el servidor";
    no_group pt "Não é possível dar um arquivo ao grupo {name}: não há esse grupo no servidor"
        es "No se puede dar un archivo al grupo {name}: no existe ese grupo en el servidor";
    no_argv pt "Não é possível executar um comando: não há nenhum"
        es "No se puede ejecutar un comando: no hay ninguno";
    bad_argument pt "Não é possível executar o comando: um argumento, uma variável ou o diretório contém NUL"
        es "No se puede ejecutar el comando: un argumento, una variable o el directorio contiene NUL";
    not_found pt "Não é possível executar {program}: não há esse programa no servidor\nhint: indique o caminho completo, ou instale-o primeiro"
        es "No se puede ejecutar {program}: no existe ese programa en el servidor\nhint: indique su ruta completa, o instálelo primero";
    not_executable pt "Não é possível executar {program}: este usuário não tem permissão, ou ele está em um sistema de arquivos montado com noexec"
        es "No se puede ejecutar {program}: este usuario no tiene permiso, o está en un sistema de archivos montado con noexec";
    no_directory pt "Não é possível executar o comando em {path}: {why}"
        es "No se puede ejecutar el comando en {path}: {why}";
    cannot_run pt "Não é possível executar {program}: {why}"
        es "No se puede ejecutar {program}: {why}";
    failed pt "{program} terminou com o código {rc}"
        es "{program} terminó con el código {rc}";
    timed_out pt "{program} não terminou em {seconds} segundos e foi encerrado com tudo o que iniciou"
        es "{program} no terminó en {seconds} segundos y se terminó con todo lo que había iniciado";
    still_locked pt "{program} encontrou outro gerenciador de pacotes trabalhando, e ainda o encontrava depois de {seconds} segundos\nhint: veja que processo mantém a trava com `lsof /var/lib/dpkg/lock-frontend`"
        es "{program} encontró otro gestor de paquetes trabajando, y lo seguía encontrando después de {seconds} segundos\nhint: mire qué proceso mantiene el bloqueo con `lsof /var/lib/dpkg/lock-frontend`";
    no_exec_directory pt "Não é possível executar o script: todos os diretórios para ele estão montados com noexec ou não podem ser gravados\nhint: dê ao usuário um diretório pessoal sem noexec"
        es "No se puede ejecutar el script: todos los directorios para él están montados con noexec o no se pueden escribir\nhint: dé al usuario un directorio personal sin noexec";
    wait_timeout pt "A espera por {what} não se cumpriu em {seconds} segundos"
        es "La espera de {what} no se cumplió en {seconds} segundos";
    bad_search pt "Não é possível procurar com a expressão regular {pattern}: {why}"
        es "No se puede buscar con la expresión regular {pattern}: {why}";
    blob_unavailable pt "Não é possível buscar no controlador o arquivo com SHA-256 {sha256}: {why}"
        es "No se puede traer del controlador el archivo con SHA-256 {sha256}: {why}";
    blob_damaged pt "Não é possível usar o arquivo com SHA-256 {sha256}: o que chegou não corresponde a ele"
        es "No se puede usar el archivo con SHA-256 {sha256}: lo que llegó no corresponde a él";
    blob_store pt "Não é possível guardar um arquivo do controlador em {path}: {why}"
        es "No se puede guardar un archivo del controlador en {path}: {why}";
    broken_frames pt "Não é possível entender o controlador: {why}\nhint: este erro é nosso; por favor, comunique-o"
        es "No se puede entender al controlador: {why}\nhint: este error es nuestro; por favor, comuníquelo";
    other_executor pt "Este é o executor {have}, mas foi chamado {want}\nhint: execute `hep clean` no servidor"
        es "Este es el ejecutor {have}, pero se llamó a {want}\nhint: ejecute `hep clean` en el servidor";
    fenced pt "Recusado alterar qualquer coisa para {run}: o número {fence} é menor que {seen}, que outro controlador usou depois para esta execução\nhint: este controlador perdeu a execução; veja o que o outro diz dela"
        es "Se rechazó cambiar nada para {run}: su número {fence} es menor que {seen}, que otro controlador usó después para esta ejecución\nhint: este controlador perdió la ejecución; mire qué dice de ella el otro";
    busy pt "Recusado alterar qualquer coisa para {run}: outro executor está alterando este servidor para a mesma execução"
        es "Se rechazó cambiar nada para {run}: otro ejecutor está cambiando este servidor para la misma ejecución";
    journal pt "Não é possível manter o diário {path}: {why}\nhint: nada foi alterado; libere espaço nesse sistema de arquivos"
        es "No se puede llevar el diario {path}: {why}\nhint: no se cambió nada; libere espacio en ese sistema de archivos";
    waiting pt "Esperando: outra execução ({run}, de {who}) está alterando este servidor há {seconds} s\nhint: espera-se por ela até {limit} s; --lock-timeout diz quanto"
        es "Esperando: otra ejecución ({run}, de {who}) está cambiando este servidor desde hace {seconds} s\nhint: se la espera hasta {limit} s; --lock-timeout dice cuánto";
    in_use pt "Recusado alterar este servidor: outra execução ({run}, de {who}) o está alterando há {seconds} s; esperou-se por ela {waited} s\nhint: execute de novo quando ela terminar, ou espere mais com --lock-timeout"
        es "Se rechazó cambiar este servidor: otra ejecución ({run}, de {who}) lo está cambiando desde hace {seconds} s; se la esperó {waited} s\nhint: ejecútelo de nuevo cuando termine, o espere más con --lock-timeout";
    bad_run pt "Não é possível usar {run} como id de uma execução"
        es "No se puede usar {run} como id de una ejecución";
    sudo_missing pt "Não é possível tornar-se {user}: não há sudo no servidor\nhint: entre como {user}, ou instale o sudo"
        es "No es posible convertirse en {user}: no hay sudo en el servidor\nhint: entre como {user}, o instale sudo";
    sudo_denied pt "Não é possível tornar-se {user}: o sudoers não permite: {said}\nhint: veja `sudo -l` no servidor"
        es "No es posible convertirse en {user}: sudoers no lo permite: {said}\nhint: mire `sudo -l` en el servidor";
    sudo_password pt "Não é possível tornar-se {user}: o sudo quer uma senha e nenhuma foi dada\nhint: dê-a com --ask-become-pass ou ansible_become_password"
        es "No es posible convertirse en {user}: sudo pide una contraseña y no se dio ninguna\nhint: dela con --ask-become-pass o ansible_become_password";
    sudo_wrong_password pt "Não é possível tornar-se {user}: o sudo não aceitou a senha"
        es "No es posible convertirse en {user}: sudo no aceptó la contraseña";
    sudo_tty pt "Não é possível tornar-se {user}: o sudo quer um terminal: {said}"
        es "No es posible convertirse en {user}: sudo pide un terminal: {said}";
    sudo_failed pt "Não é possível tornar-se {user}: {said}"
        es "No es posible convertirse en {user}: {said}";
    sudo_timeout pt "Não é possível tornar-se {user}: o sudo não respondeu em {seconds} segundos"
        es "No es posible convertirse en {user}: sudo no respondió en {seconds} segundos";
    limited_command pt "Não é possível executar `{command}` como {user}: o sudoers permite a este login só certos comandos, e este não é um deles\nhint: permita-o com NOPASSWD, ou dê a senha com --ask-become-pass onde com ela qualquer comando é permitido"
        es "No se puede ejecutar `{command}` como {user}: sudoers permite a este usuario de acceso solo ciertos comandos, y este no es uno de ellos\nhint: permítalo con NOPASSWD, o dé la contraseña con --ask-become-pass donde con ella se permita cualquier comando";
    limited_environment pt "Não é possível executar `{command}` como {user} com as variáveis {names}: o sudoers permite a este login só certos comandos, e nenhuma variável\nhint: acrescente SETENV à regra, ou dispense `environment`"
        es "No se puede ejecutar `{command}` como {user} con las variables {names}: sudoers permite a este usuario de acceso solo ciertos comandos, y ninguna variable\nhint: añada SETENV a la regla, o prescinda de `environment`";
    limited_file pt "Não é possível alterar {path} como {user}: o sudoers permite a este login só certos comandos, e arquivos são alterados por um shell\nhint: permita `/bin/sh` com NOPASSWD, ou altere-o com um comando permitido"
        es "No se puede cambiar {path} como {user}: sudoers permite a este usuario de acceso solo ciertos comandos, y los archivos los cambia un shell\nhint: permita `/bin/sh` con NOPASSWD, o cámbielo con un comando permitido";
    limited_look pt "Não é possível listar {path} como {user}: o sudoers permite a este login só certos comandos, e o usuário de login pode não ver tudo ali\nhint: permita `/bin/sh` com NOPASSWD, ou indique os arquivos pelo nome"
        es "No se puede listar {path} como {user}: sudoers permite a este usuario de acceso solo ciertos comandos, y puede que no lo vea todo\nhint: permita `/bin/sh` con NOPASSWD, o indique los archivos por su nombre";
    become_install pt "Não é possível tornar-se {user}: o executor não pôde ser instalado para esse usuário: {why}"
        es "No es posible convertirse en {user}: no se pudo instalar el ejecutor para ese usuario: {why}";
    identity_lost pt "O executor de {user} terminou: {why}"
        es "El ejecutor de {user} terminó: {why}";
    line_lost pt "A conexão com o controlador se perdeu"
        es "Se perdió la conexión con el controlador";
    unexpected pt "O controlador enviou {what}, que não cabe aqui\nhint: este erro é nosso; por favor, comunique-o"
        es "El controlador envió {what}, que aquí no tiene lugar\nhint: este error es nuestro; por favor, comuníquelo";
}
