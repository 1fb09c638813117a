//! What the settings mean, in the languages that their table does not speak.

use crate::settings::table::Setting;
use crate::ui::language::Language;
use crate::ui::words::Words;

/// The name of a setting, what it means in Brazilian Portuguese, and in Spanish.
const MEANINGS: &[(&str, &str, &str)] = &[
    (
        "database",
        "O banco de dados: `sqlite:CAMINHO` ou `postgres://USUÁRIO:SENHA@MÁQUINA/NOME`; vazio para um arquivo no diretório de estado.",
        "La base de datos: `sqlite:RUTA` o `postgres://USUARIO:CONTRASEÑA@MÁQUINA/NOMBRE`; vacío para un archivo en el directorio de estado.",
    ),
    (
        "listen",
        "O endereço e a porta em que o servidor responde.",
        "La dirección y el puerto en que responde el servidor.",
    ),
    (
        "tls.cert",
        "Um arquivo com os certificados do servidor, em PEM; com ele o servidor só fala HTTPS.",
        "Un archivo con los certificados del servidor, en PEM; con él el servidor solo habla HTTPS.",
    ),
    (
        "tls.key",
        "O arquivo com a chave privada do primeiro certificado, em PEM.",
        "El archivo con la clave privada del primer certificado, en PEM.",
    ),
    (
        "trusted_proxies",
        "Proxies em cujos `X-Forwarded-For` e `X-Forwarded-Proto` se acredita: endereços ou redes (`10.0.0.0/8`).",
        "Proxies en cuyos `X-Forwarded-For` y `X-Forwarded-Proto` se confía: direcciones o redes (`10.0.0.0/8`).",
    ),
    (
        "public_url",
        "O endereço pelo qual as pessoas chegam ao servidor, para os links que ele mostra; vazio para onde ele escuta.",
        "La dirección por la que las personas llegan al servidor, para los enlaces que muestra; vacío para donde escucha.",
    ),
    (
        "node.name",
        "Como se chama este nó; vazio para o nome da máquina.",
        "Cómo se llama este nodo; vacío para el nombre de la máquina.",
    ),
    (
        "node.address",
        "Onde os outros nós alcançam este: `MÁQUINA:PORTA`, ou o endereço de um proxy à frente dele (`https://…`), que deve deixar passar o upgrade de `/internal/tunnel`. Vazio para onde ele escuta; se isso for todo endereço da máquina, o nome dela com a porta.",
        "Dónde alcanzan los demás nodos a este: `MÁQUINA:PUERTO`, o la dirección de un proxy delante de él (`https://…`), que debe dejar pasar el upgrade de `/internal/tunnel`. Vacío para donde escucha; si eso es toda dirección de la máquina, su nombre con el puerto.",
    ),
    (
        "node.ca",
        "Um arquivo com certificados, em PEM, em que se confia ao pedir por HTTPS a outro nó um caminho até um servidor, além dos do sistema.",
        "Un archivo con certificados, en PEM, en los que se confía al pedir por HTTPS a otro nodo un camino hasta un servidor, además de los del sistema.",
    ),
    (
        "node.zones",
        "As zonas cujos servidores este nó alcança por si; vazio para todas. Os de outras zonas ele alcança pelos nós delas, e os sem zona por si.",
        "Las zonas cuyos servidores alcanza este nodo por sí mismo; vacío para todas. Los de otras zonas los alcanza por los nodos de estas, y los que no tienen zona por sí mismo.",
    ),
    (
        "node.lease",
        "Quanto tempo um nó pode ficar em silêncio até que outros assumam suas execuções, igual em todos os nós. Após dois terços disso sem resposta do banco de dados o nó para o que está fazendo.",
        "Cuánto tiempo puede callar un nodo hasta que otros asuman sus ejecuciones, igual en todos los nodos. Tras dos tercios de él sin respuesta de la base de datos el nodo detiene lo que hace.",
    ),
    (
        "runs.at_once",
        "Quantas execuções este nó realiza ao mesmo tempo.",
        "Cuántas ejecuciones realiza este nodo a la vez.",
    ),
    (
        "terminal.idle",
        "Um terminal em que nada foi digitado por esse tempo é encerrado.",
        "Una terminal en la que no se escribió nada por ese tiempo se termina.",
    ),
    (
        "terminal.longest",
        "Quanto tempo um terminal fica aberto no máximo.",
        "Cuánto tiempo queda abierta una terminal como máximo.",
    ),
    (
        "terminal.at_once",
        "Quantos terminais uma pessoa pode ter abertos ao mesmo tempo; 0 para nenhum.",
        "Cuántas terminales puede tener abiertas una persona a la vez; 0 para ninguna.",
    ),
    (
        "terminal.recorded_bytes",
        "Quanto do que um terminal mostra é gravado inteiro, em bytes; do que é mais longo, o começo e o fim.",
        "Cuánto de lo que muestra una terminal se graba entero, en bytes; de lo que es más largo, el principio y el final.",
    ),
    (
        "ssh.keys",
        "Chaves privadas do próprio servidor, tentadas em servidores que não têm credencial própria.",
        "Claves privadas del propio servidor, que se prueban en servidores sin credencial propia.",
    ),
    (
        "ssh.config",
        "O `ssh_config` do servidor; vazio para o do seu usuário, `none` para nenhum.",
        "El `ssh_config` del servidor; vacío para el de su usuario, `none` para ninguno.",
    ),
    (
        "ssh.known_hosts",
        "O arquivo com as chaves confiáveis de servidores que não têm nenhuma no cadastro; vazio para as do seu usuário.",
        "El archivo con las claves de confianza de servidores que no tienen ninguna en el registro; vacío para las de su usuario.",
    ),
    (
        "ssh.host_key",
        "O que fazer com um servidor de que não se conhece nenhuma chave.",
        "Qué hacer con un servidor del que no se conoce ninguna clave.",
    ),
    (
        "stop.drain",
        "Quanto tempo um nó que vai parar continua respondendo, enquanto `/readyz` diz 503, para que os balanceadores o retirem antes que conexões sejam recusadas: mais do que eles precisam para perceber. `0s` onde não há balanceador. Um segundo sinal o encerra. Com systemd isto e `stop.grace` juntos devem ser menores que `TimeoutStopSec`, que é 90s em `hep.service`.",
        "Cuánto tiempo sigue respondiendo un nodo que va a parar, mientras `/readyz` dice 503, para que los balanceadores lo retiren antes de que se rechacen conexiones: más de lo que necesitan para notarlo. `0s` donde no hay balanceador. Una segunda señal lo termina. Con systemd esto y `stop.grace` juntos deben ser menores que `TimeoutStopSec`, que es 90s en `hep.service`.",
    ),
    (
        "stop.grace",
        "Quanto tempo uma parada espera pelo que está em andamento, antes de deixá-lo para outros.",
        "Cuánto espera una parada por lo que está en curso, antes de dejarlo a otros.",
    ),
    (
        "limits.body_bytes",
        "O maior corpo de um pedido, em bytes.",
        "El mayor cuerpo de una petición, en bytes.",
    ),
    (
        "limits.request_time",
        "Quanto tempo um pedido pode levar, exceto registros ao vivo.",
        "Cuánto puede tardar una petición, salvo los registros en vivo.",
    ),
    (
        "limits.requests_per_minute",
        "Pedidos por minuto de um usuário ou token; 0 significa sem limite.",
        "Peticiones por minuto de un usuario o token; 0 significa sin límite.",
    ),
    (
        "limits.strangers_per_minute",
        "Pedidos por minuto de um endereço que não entrou; 0 significa sem limite.",
        "Peticiones por minuto de una dirección que no ha entrado; 0 significa sin límite.",
    ),
    (
        "aliases.alf",
        "Se os caminhos do ALF (`/ping/`, `/host/`) respondem.",
        "Si responden las rutas de ALF (`/ping/`, `/host/`).",
    ),
    (
        "log.level",
        "O que se registra: um nível (`error`, `warn`, `info`, `debug`, `trace`), ou níveis por parte: `info,hep_engine=debug`.",
        "Qué se registra: un nivel (`error`, `warn`, `info`, `debug`, `trace`), o niveles por parte: `info,hep_engine=debug`.",
    ),
    ("log.format", "Como é uma linha do registro.", "Cómo es una línea del registro."),
    (
        "log.to",
        "Para onde vai o registro; `journal` é `stderr` sem horários, que o journal acrescenta.",
        "A dónde va el registro; `journal` es `stderr` sin horas, que el journal añade.",
    ),
    ("log.file", "O arquivo, para `log.to: file`.", "El archivo, para `log.to: file`."),
    (
        "log.file_bytes",
        "O tamanho em que o arquivo é posto de lado, em bytes.",
        "El tamaño en que el archivo se aparta, en bytes.",
    ),
    (
        "log.files",
        "Quantos arquivos postos de lado são mantidos.",
        "Cuántos archivos apartados se conservan.",
    ),
    (
        "keep.runs",
        "Quanto tempo as execuções são mantidas após o fim; `0s` para sempre.",
        "Cuánto se conservan las ejecuciones tras su fin; `0s` para siempre.",
    ),
    (
        "keep.audit",
        "Quanto tempo o registro de auditoria é mantido; `0s` para sempre.",
        "Cuánto se conserva el registro de auditoría; `0s` para siempre.",
    ),
];

impl Words {
    /// What a setting means.
    pub(crate) fn setting_means(self, setting: &Setting) -> String {
        let other = MEANINGS.iter().find(|(name, _, _)| *name == setting.name);
        let text = match (self.language, other) {
            (Language::Portuguese, Some((_, pt, _))) => pt,
            (Language::Spanish, Some((_, _, es))) => es,
            _ => setting.meaning,
        };
        text.trim().replace('`', "")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::table::ALL;

    #[test]
    fn every_setting_is_explained_in_three_languages() {
        let explained: Vec<&str> = MEANINGS.iter().map(|(name, _, _)| *name).collect();
        let all: Vec<&str> = ALL.iter().map(|setting| setting.name).collect();
        assert_eq!(explained, all);
    }
}
