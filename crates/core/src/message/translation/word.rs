//! Words of ours that messages carry as arguments: kinds of nouns, rights and what they are for, states.

use std::borrow::Cow;

use super::Tongue;
use crate::message::Message;

/// A message whose arguments say words of ours, and the arguments.
const CARRIERS: &[(&str, &[&str])] = &[
    ("register.not_found", &["kind"]),
    ("register.exists", &["kind"]),
    ("register.in_use", &["kind"]),
    ("register.used", &["kind"]),
    ("register.changed_meanwhile", &["kind"]),
    ("server.denied", &["verb", "what"]),
    ("run.denied_host", &["verb"]),
    ("run.is_over", &["state"]),
];

/// A word, in Brazilian Portuguese and in Spanish.
const WORDS: &[(&str, &str, &str)] = &[
    ("host", "servidor", "servidor"),
    ("host key", "chave de servidor", "clave de servidor"),
    ("group", "grupo", "grupo"),
    ("partition", "partição", "partición"),
    ("credential", "credencial", "credencial"),
    ("job", "tarefa", "trabajo"),
    ("manifest", "manifesto", "manifiesto"),
    ("repository", "repositório", "repositorio"),
    ("run", "execução", "ejecución"),
    ("user", "usuário", "usuario"),
    ("team", "equipe", "equipo"),
    ("role", "papel", "rol"),
    ("grant", "concessão", "concesión"),
    ("token", "token", "token"),
    ("session", "sessão", "sesión"),
    ("view", "visão", "vista"),
    ("hosts", "servidores", "servidores"),
    ("groups", "grupos", "grupos"),
    ("partitions", "partições", "particiones"),
    ("credentials", "credenciais", "credenciales"),
    ("jobs", "tarefas", "trabajos"),
    ("manifests", "manifestos", "manifiestos"),
    ("repositories", "repositórios", "repositorios"),
    ("users", "usuários", "usuarios"),
    ("teams", "equipes", "equipos"),
    ("roles", "papéis", "roles"),
    ("grants", "concessões", "concesiones"),
    ("nodes", "nós", "nodos"),
    ("settings", "configurações", "la configuración"),
    ("shared views", "visões compartilhadas", "vistas compartidas"),
    ("keys of hosts", "chaves de servidores", "claves de servidores"),
    ("passwords of others", "senhas de outros", "contraseñas de otros"),
    ("sessions of others", "sessões de outros", "sesiones de otros"),
    ("tokens of others", "tokens de outros", "tokens de otros"),
    ("the audit log", "o registro de auditoria", "el registro de auditoría"),
    ("the master key", "a chave mestra", "la clave maestra"),
    ("the register", "o cadastro", "el registro"),
    ("succeeded", "concluída", "completada"),
    ("failed", "com falha", "con fallo"),
    ("cancelled", "cancelada", "cancelada"),
    ("rejected", "rejeitada", "rechazada"),
    ("expired", "expirada", "caducada"),
    ("lost", "com resultado desconhecido", "con resultado desconocido"),
];

/// The rights, which have words of their own: `view` is also a noun.
const RIGHTS: &[(&str, &str, &str)] = &[
    ("view", "ver", "ver"),
    ("run", "executar", "ejecutar"),
    ("run_jobs", "executar tarefas salvas", "ejecutar trabajos guardados"),
    ("write_jobs", "escrever tarefas e manifestos", "escribir trabajos y manifiestos"),
    ("change", "alterar o cadastro", "cambiar el registro"),
    ("power", "ligar e desligar", "encender y apagar"),
    ("terminal", "terminal", "terminal"),
    ("secrets", "segredos", "secretos"),
    ("administer", "administrar", "administrar"),
];

/// The message with those of its arguments that are words of ours in a language.
pub fn worded(message: &Message, tongue: Tongue) -> Cow<'_, Message> {
    let Some((_, names)) = CARRIERS.iter().find(|(id, _)| *id == message.id) else {
        return Cow::Borrowed(message);
    };
    let mut message = message.clone();
    for (name, value) in &mut message.args {
        let words = if name == "verb" { RIGHTS } else { WORDS };
        let is_ours = names.contains(&name.as_ref());
        let known = words.iter().find(|(word, ..)| is_ours && word == value);
        if let Some((_, portuguese, spanish)) = known {
            let word = match tongue {
                Tongue::Portuguese => portuguese,
                Tongue::Spanish => spanish,
            };
            *value = (*word).to_owned();
        }
    }
    Cow::Owned(message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{self, register, server};
    use crate::rights::Verb;

    #[test]
    fn words_of_ours_are_translated_and_those_of_people_stay() {
        let said = |message: &Message, tongue| {
            let worded = worded(message, tongue);
            worded.render(super::super::translated(&worded.id, tongue).unwrap())
        };
        let cases = [
            (register::not_found("job", "host"), "tarefa `host`", "trabajo `host`"),
            (server::denied("view", "view"), "“ver” sobre visão", "«ver» sobre vista"),
            (server::denied("run", "web1"), "“executar” sobre web1", "«ejecutar» sobre web1"),
        ];
        for (message, portuguese, spanish) in cases {
            for (tongue, part) in [(Tongue::Portuguese, portuguese), (Tongue::Spanish, spanish)] {
                let text = said(&message, tongue);
                assert!(text.contains(part), "{text}");
            }
        }
    }

    #[test]
    fn every_carrier_is_a_message_and_every_right_has_a_word() {
        for (id, names) in CARRIERS {
            let entry = message::entry(id).unwrap_or_else(|| panic!("there is no message {id}"));
            for name in *names {
                assert!(entry.text.contains(&format!("{{{name}}}")), "{id}: {name}");
            }
        }
        for verb in Verb::ALL {
            assert!(RIGHTS.iter().any(|(word, ..)| *word == verb.word()), "{}", verb.word());
        }
    }
}
