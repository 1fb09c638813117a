//! Interpreting a play on a host, in other languages.

super::translations! { "play";
    lookup_confined pt "o lookup `{plugin}` não pode ser usado em um manifesto que um servidor guarda: alcançaria o próprio servidor\nhint: dê o valor como variável da execução"
        es "el lookup `{plugin}` no se puede usar en un manifiesto que guarda un servidor: alcanzaría el propio servidor\nhint: dé el valor como variable de la ejecución";
    source_outside pt "não é possível ler {path}: está fora dos arquivos da própria execução"
        es "no se puede leer {path}: está fuera de los archivos de la propia ejecución";
    wrong_answer pt "Não é possível usar a resposta: é do tipo {kind}, que não foi pedido\nhint: o executor do servidor está com defeito ou é hostil; examine o servidor e depois execute nele `hep clean`"
        es "No se puede usar la respuesta: es del tipo {kind}, que no se pidió\nhint: el ejecutor del servidor está averiado o es hostil; examine el servidor y después ejecute en él `hep clean`";
    foreign_path pt "Não é possível ler o arquivo `{path}` do controlador: o nome dele foi calculado a partir de algo que um servidor disse\nhint: indique o arquivo com variáveis do próprio operador; um servidor não deve escolher arquivos do controlador"
        es "No se puede leer el archivo `{path}` del controlador: su nombre se calculó a partir de algo que dijo un servidor\nhint: indique el archivo con variables del propio operador; un servidor no debe elegir archivos del controlador";
    foreign_delegate pt "Não é possível delegar a `{host}`: o nome foi calculado a partir de algo que um servidor disse\nhint: indique o servidor com variáveis do inventário"
        es "No se puede delegar en `{host}`: el nombre se calculó a partir de algo que dijo un servidor\nhint: indique el servidor con variables del inventario";
    no_such_handler pt "Não é possível notificar `{name}`: nenhum handler tem esse nome nem o escuta\nhint: acrescente-o aos `handlers` do play, ou corrija o nome"
        es "No se puede notificar a `{name}`: ningún handler tiene ese nombre ni lo escucha\nhint: añádalo a los `handlers` del play, o corrija el nombre";
    not_a_list pt "Não é possível repetir: o valor é do tipo {kind}, não uma lista\nhint: use `| dict2items`, `| list` ou colchetes para fazer dele uma lista"
        es "No se puede repetir: el valor es del tipo {kind}, no una lista\nhint: use `| dict2items`, `| list` o corchetes para hacer de él una lista";
    condition_false pt "Pulado: `{condition}` é falso"
        es "Omitido: `{condition}` es falso";
    failed_when pt "Falhou como `failed_when` diz: `{condition}` é verdadeiro"
        es "Falló como dice `failed_when`: `{condition}` es verdadero";
    items_failed pt "{failed} de {all} itens falharam"
        es "Fallaron {failed} de {all} elementos";
    no_module pt "Não é possível executar o módulo `{name}`: este executor não o tem\nhint: execute `hep version`; o executor do servidor deve ser o deste `hep`"
        es "No se puede ejecutar el módulo `{name}`: este ejecutor no lo tiene\nhint: ejecute `hep version`; el ejecutor del servidor debe ser el de este `hep`";
    endless_planning pt "Não é possível terminar o planejamento: depois de {rounds} rodadas o módulo ainda pergunta\nhint: isto é um defeito do módulo; por favor, comunique-o"
        es "No se puede terminar de planear: después de {rounds} rondas el módulo sigue preguntando\nhint: esto es un defecto del módulo; por favor, comuníquelo";
    task_timeout pt "`{action}` não ficou pronto em {seconds} s, que é o `timeout` do passo, e foi encerrado"
        es "`{action}` no se completó en {seconds} s, que es el `timeout` de la tarea, y se terminó";
    until_failed pt "`until` não se cumpriu depois de {tries} tentativas"
        es "`until` no se cumplió después de {tries} intentos";
    no_items pt "Pulado: não há itens para repetir"
        es "Omitido: no hay elementos que recorrer";
    deferred pt "Não se pode prever: {why}"
        es "No se puede predecir: {why}";
    become_flags pt "Não é possível usar `{what}` de `become_flags: {flags}`: faria o sudo executar algo diferente do que lhe damos, ou não é uma opção do sudo\nhint: podem ser usados `-H`, `-E`, `-i`, `-s`, `-P`, `-B`, `-k`, `-g`, `-r`, `-t`, `-C`, `-D`, `-T` e seus nomes longos; para o usuário existe `become_user`"
        es "No se puede usar `{what}` de `become_flags: {flags}`: haría que sudo ejecutara algo distinto de lo que le damos, o no es una opción de sudo\nhint: se pueden usar `-H`, `-E`, `-i`, `-s`, `-P`, `-B`, `-k`, `-g`, `-r`, `-t`, `-C`, `-D`, `-T` y sus nombres largos; para el usuario está `become_user`";
    unknown_method pt "Não é possível tornar-se outro usuário por `{method}`: só `sudo` é conhecido\nhint: defina `become_method: sudo`"
        es "No es posible convertirse en otro usuario por `{method}`: solo se conoce `sudo`\nhint: ponga `become_method: sudo`";
    source_is_directory pt "Não é possível ler `{path}`: é um diretório"
        es "No se puede leer `{path}`: es un directorio";
    source_unreadable pt "Não é possível ler `{path}`: {why}"
        es "No se puede leer `{path}`: {why}";
    source_too_large pt "Não é possível ler `{path}`: é maior que {most} MiB"
        es "No se puede leer `{path}`: es mayor de {most} MiB";
    source_missing pt "Não é possível encontrar o arquivo `{name}`\nhint: foi procurado em {tried}"
        es "No se puede encontrar el archivo `{name}`\nhint: se buscó en {tried}";
    source_changed pt "Não é possível enviar `{path}`: mudou desde o começo da execução\nhint: execute de novo"
        es "No se puede enviar `{path}`: cambió desde que empezó la ejecución\nhint: ejecútelo de nuevo";
    source_name pt "Não é possível enviar `{path}`: o nome não é UTF-8"
        es "No se puede enviar `{path}`: su nombre no es UTF-8";
    source_not_text pt "Não é possível usar `{path}` como modelo: não é texto em UTF-8"
        es "No se puede usar `{path}` como plantilla: no es texto en UTF-8";
    parcel_too_large pt "Não é possível enviar os manifestos: as pastas deles têm mais de {files} arquivos, ou mais de {mebibytes} MiB\nhint: coloque-os em uma pasta própria"
        es "No se pueden enviar los manifiestos: sus carpetas tienen más de {files} archivos, o más de {mebibytes} MiB\nhint: póngalos en una carpeta propia";
    outside_parcel pt "Não é possível enviar `{name}`: está fora das pastas dos manifestos, e o servidor não lê arquivos dele próprio\nhint: coloque-o em `files/` ao lado do manifesto"
        es "No se puede enviar `{name}`: está fuera de las carpetas de los manifiestos, y el servidor no lee archivos suyos\nhint: póngalo en `files/` junto al manifiesto";
    source_too_many pt "Não é possível enviar `{path}`: tem mais de {most} entradas"
        es "No se puede enviar `{path}`: tiene más de {most} entradas";
    blob_unknown pt "Não é possível enviar o conteúdo {hash}: esta execução não tem arquivo com esse conteúdo"
        es "No se puede enviar el contenido {hash}: esta ejecución no tiene ningún archivo con ese contenido";
    vars_not_mapping pt "Não é possível ler as variáveis: o arquivo não associa nomes a valores"
        es "No se pueden leer las variables: el archivo no asocia nombres con valores";
    pipe_failed pt "Não é possível usar a saída de `{line}`: {why}"
        es "No se puede usar la salida de `{line}`: {why}";
    unknown_lookup pt "Não existe o lookup `{name}`\nhint: existem `env`, `file`, `fileglob`, `first_found`, `lines`, `pipe` e `vars`"
        es "No existe el lookup `{name}`\nhint: existen `env`, `file`, `fileglob`, `first_found`, `lines`, `pipe` y `vars`";
    no_such_host pt "Não há servidor `{name}` no inventário"
        es "No hay ningún servidor `{name}` en el inventario";
    not_delegable pt "Não é possível delegar `{module}`: é o próprio controlador que o faz\nhint: execute-o no servidor em um play próprio"
        es "No se puede delegar `{module}`: lo hace el propio controlador\nhint: ejecútelo en el servidor en un play propio";
    cancelled pt "Cancelado"
        es "Cancelado";
    not_a_number pt "Não é possível usar `{text}` aqui: não é um número\nhint: escreva um número inteiro, ou um modelo que dê um"
        es "No se puede usar `{text}` aquí: no es un número\nhint: escriba un número entero, o una plantilla que dé uno";
    cancelled_before pt "Cancelado antes de qualquer coisa ser iniciada"
        es "Cancelado antes de que se iniciara nada";
    in_file pt "{text}"
        es "{text}";
    broken_frames pt "Não é possível entender o executor do servidor: {why}. O que ele enviou não é usado\nhint: examine o servidor e depois execute nele `hep clean`; se você mesmo compila o `hep`, execute `make executor` e compile-o de novo, pois o executor que ele contém pode ser mais antigo que o `hep`"
        es "No se puede entender al ejecutor del servidor: {why}. Lo que envió no se usa\nhint: examine el servidor y después ejecute en él `hep clean`; si usted mismo compila `hep`, ejecute `make executor` y compílelo de nuevo, porque el ejecutor que contiene puede ser más antiguo que `hep`";
    executor_strange pt "Não é possível falar com o executor: {why}. O hash está certo, portanto é aquele com que este `hep` foi compilado, e é de outra versão que o próprio `hep`\nhint: execute `make executor` e compile o `hep` de novo; enquanto isso, `--no-executor` o dispensa"
        es "No se puede hablar con el ejecutor: {why}. Su hash es correcto, así que es aquel con el que se compiló este `hep`, y es de otra versión que el propio `hep`\nhint: ejecute `make executor` y compile `hep` de nuevo; mientras tanto, `--no-executor` prescinde de él";
    executor_gone pt "O executor do servidor terminou de forma inesperada: {said}"
        es "El ejecutor del servidor terminó inesperadamente: {said}";
    executor_slow pt "O executor não começou em {seconds} s\nhint: o servidor está sobrecarregado, ou o disco dele está cheio?"
        es "El ejecutor no arrancó en {seconds} s\nhint: ¿está sobrecargado el servidor, o lleno su disco?";
    executor_noise pt "Não é possível iniciar o executor: o shell de login mostra mais de 64 KiB antes de executar um comando\nhint: silencie os arquivos de inicialização do shell de login para sessões sem terminal"
        es "No se puede iniciar el ejecutor: el shell de acceso muestra más de 64 KiB antes de ejecutar un comando\nhint: silencie los archivos de inicio del shell de acceso para sesiones sin terminal";
    executor_no_start pt "Não é possível iniciar o executor: o shell de login terminou sem executá-lo: {said}\nhint: este usuário consegue executar `/bin/sh -c true` por SSH?"
        es "No se puede iniciar el ejecutor: el shell de acceso terminó sin ejecutarlo: {said}\nhint: ¿puede este usuario ejecutar `/bin/sh -c true` por SSH?";
    no_executor_arch pt "Este `hep` não tem executor para a arquitetura {arch}\nhint: `make executors` os compila, e a próxima compilação do `hep` os inclui"
        es "Este `hep` no tiene ejecutor para la arquitectura {arch}\nhint: `make executors` los compila, y la próxima compilación de `hep` los incluye";
    no_executor_noexec pt "Em nenhum diretório do servidor este usuário pode executar programas"
        es "En ningún directorio del servidor puede este usuario ejecutar programas";
    no_executor_directory pt "Não foi possível criar no servidor um diretório próprio para este usuário"
        es "No se pudo crear en el servidor un directorio propio para este usuario";
    no_executor_space pt "O servidor não tem espaço para o executor\nhint: libere espaço no diretório pessoal ou em `/var/tmp`"
        es "El servidor no tiene espacio para el ejecutor\nhint: libere espacio en el directorio personal o en `/var/tmp`";
    no_executor_sha256 pt "O servidor não tem `sha256sum` nem `openssl`"
        es "El servidor no tiene `sha256sum` ni `openssl`";
    no_executor_checksum pt "O executor chegou danificado ao servidor"
        es "El ejecutor llegó dañado al servidor";
    no_executor_run pt "O executor não roda no servidor: o kernel é antigo demais, ou uma política de segurança o proíbe"
        es "El ejecutor no funciona en el servidor: su kernel es demasiado antiguo, o una política de seguridad lo prohíbe";
    stopped_for_all pt "Parado para todos: {failed} de {hosts} servidores falharam; o que vem depois não foi começado"
        es "Se paró para todos: fallaron {failed} de {hosts} servidores; lo que sigue no se empezó";
    not_in_play pt "Não é possível fazer o que o servidor pede: o play não diz isso do passo {task}\nhint: o executor do servidor está com defeito ou é hostil; examine o servidor e depois execute nele `hep clean`"
        es "No se puede hacer lo que pide el servidor: el play no dice eso de la tarea {task}\nhint: el ejecutor del servidor está averiado o es hostil; examine el servidor y después ejecute en él `hep clean`";
    once_lost pt "Não é possível assumir o resultado: o servidor que fez este passo por todos se perdeu, e não se sabe o que ele fez"
        es "No se puede tomar el resultado: se perdió el servidor que hizo esta tarea por todos, y no se sabe qué hizo";
    journal_done pt "A execução {run} foi cortada aqui há {age} s: `{what}` foi feito"
        es "La ejecución {run} se cortó aquí hace {age} s: `{what}` se hizo";
    journal_ended pt "A execução {run} foi cortada aqui há {age} s: `{what}` terminou com o código {rc}"
        es "La ejecución {run} se cortó aquí hace {age} s: `{what}` terminó con el código {rc}";
    journal_failed pt "A execução {run} foi cortada aqui há {age} s: `{what}` falhou: {why}"
        es "La ejecución {run} se cortó aquí hace {age} s: `{what}` falló: {why}";
    journal_skipped pt "A execução {run} foi cortada aqui há {age} s: `{what}` não foi feito"
        es "La ejecución {run} se cortó aquí hace {age} s: `{what}` no se hizo";
    journal_unknown pt "A execução {run} foi cortada aqui há {age} s: `{what}` foi começado, e não se sabe se foi feito\nhint: veja no servidor antes que isto seja feito de novo"
        es "La ejecución {run} se cortó aquí hace {age} s: `{what}` se empezó, y no se sabe si se hizo\nhint: mire en el servidor antes de que se haga de nuevo";
    journal_busy pt "A execução {run} foi cortada aqui: `{what}` foi começado e é levado até o fim; depois dele nada é iniciado\nhint: a próxima execução neste servidor diz o resultado"
        es "La ejecución {run} se cortó aquí: `{what}` se empezó y se lleva hasta el final; después no se inicia nada\nhint: la próxima ejecución en este servidor dice qué resultó";
    journal_full pt "A execução {run} foi cortada aqui: o diário dela estava cheio, e não lista alterações posteriores"
        es "La ejecución {run} se cortó aquí: su diario estaba lleno, y no enumera cambios posteriores";
    reboot_no_identity pt "Não é possível reiniciar: o servidor não diz de que inicialização se trata"
        es "No se puede reiniciar: el servidor no dice de qué arranque se trata";
    reboot_refused pt "Não é possível reiniciar: {why}"
        es "No se puede reiniciar: {why}";
    reboot_timeout pt "O servidor não voltou em {seconds} s\nhint: dê mais tempo com `reboot_timeout`"
        es "El servidor no volvió en {seconds} s\nhint: dele más tiempo con `reboot_timeout`";
    reboot_test_failed pt "O servidor voltou, mas `test_command` não teve sucesso em {seconds} s"
        es "El servidor volvió, pero `test_command` no tuvo éxito en {seconds} s";
    plain_way pt "O play é feito por comandos avulsos por SSH, não pelo executor no servidor: {why}"
        es "El play se hace con comandos sueltos por SSH, no con el ejecutor en el servidor: {why}";
    plain_wanted pt "isso foi pedido"
        es "así se pidió";
    plain_broken pt "Não é possível entender o que o shell do servidor respondeu\nhint: o modo simples precisa de um shell POSIX com stat, find, od ou base64 e semelhantes; instale coreutils ou busybox"
        es "No se puede entender lo que respondió el shell del servidor\nhint: el modo simple necesita un shell POSIX con stat, find, od o base64 y similares; instale coreutils o busybox";
    plain_no_port pt "Não é possível saber pelo servidor se uma porta está aberta: ele não tem bash nem nc"
        es "No se puede saber por el servidor si un puerto está abierto: no tiene bash ni nc";
    plain_no_banner pt "Não é possível esperar pelo que uma porta envia: um servidor sem o executor não consegue ler isso\nhint: espere pela porta sem `search_regex`"
        es "No se puede esperar lo que envía un puerto: un servidor sin el ejecutor no puede leerlo\nhint: espere el puerto sin `search_regex`";
    plain_short pt "Não é possível usar {path}: só chegou parte do conteúdo"
        es "No se puede usar {path}: solo llegó una parte de su contenido";
    plain_lost pt "A conexão terminou enquanto uma alteração era feita: não se sabe se foi feita"
        es "La conexión terminó mientras se hacía un cambio: no se sabe si se hizo";
    plain_many pt "Não é possível usar o que o servidor enviou: é muito mais do que foi pedido"
        es "No se puede usar lo que envió el servidor: es mucho más de lo que se pidió";
    plain_stopped pt "Parado enquanto o servidor era examinado"
        es "Se paró mientras se examinaba el servidor";
}
