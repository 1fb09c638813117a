//! Secrets that the command line gives to runs of a server: they reach the hosts, and nobody sees them.

use serde_json::json;

use crate::hep::{Desk, Ran};
use crate::machine::Machine;
use crate::secrets::{SEALED, VAULT_KEY, VAULTED};
use crate::server::Server;

/// `hep` as a client of the server, with more in its environment.
fn through(server: &Server, words: &[&str], variables: &[(&str, &str)]) -> Ran {
    let (url, token) = server.way();
    let mut command = server.desk.command(words);
    command.env("HEP_SERVER", url).env("HEP_TOKEN", token);
    command.envs(variables.iter().copied());
    Desk::run(command)
}

/// The latest run.
async fn latest(server: &Server) -> String {
    let runs = server.call("GET", "/runs?limit=1", None, 200).await;
    runs["items"][0]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_secret_of_a_command_reaches_it_and_is_hidden() {
    let server = Server::start(1).await;
    let word = [("WORD", "canary-word-1b7e")];
    // The line itself is no secret.
    let line = "test ${#WORD} = 16 && echo it is $WORD";
    for more in [&["--server"][..], &[]] {
        let words = [&["exec"], more, &["-n", "h0001", "--secret-env", "WORD", line]].concat();
        let ran = through(&server, &words, &word).expect(0);
        assert_eq!(ran.out, "h0001: it is ********\n", "{more:?}");
    }
    let words = ["run", "command", "h0001", "--secret-env", "WORD", line];
    through(&server, &words, &word).expect(0).says("h0001: it is ********");
    let none = ["exec", "--server", "-n", "h0001", "--secret-env", "WORD", "true"];
    through(&server, &none, &[]).expect(1).says("the secret `WORD`");
    let given = ["exec", "--server", "-n", "h0001", "--secret-env", "WORD=x", "true"];
    through(&server, &given, &[]).expect(1).never_says("WORD=x");
    // It goes with the run when that is repeated.
    let first = latest(&server).await;
    let again = server.call("POST", &format!("/runs/{first}/again"), Some(json!({})), 202).await;
    let again = server.ended(again["id"].as_str().unwrap()).await;
    assert_eq!(again["state"], "succeeded", "{again}");
    assert!(!server.desk.holds("canary-word-1b7e"), "it lies open in a file");
}

#[tokio::test]
async fn what_vault_encrypted_goes_to_a_server_sealed() {
    let server = Server::start(1).await;
    let manifest = format!(
        "- hosts: h0001\n  gather_facts: false\n  vars:\n    inline: !vault |\n{SEALED}  tasks:\n\
         \x20   - {{name: said, shell: 'echo {{{{ inline }}}} {{{{ given }}}} {{{{ asked }}}}'}}\n\
         \x20   - {{name: told, debug: {{msg: '{{{{ tree.list[0] }}}} {{{{ inline | length }}}}'}}}}\n"
    );
    server.desk.file("site/site.yml", manifest);
    let sealed = SEALED.replace("          ", "      ");
    server.desk.file("vars.yml", format!("given: !vault |\n{sealed}tree: {{list: [plain]}}\n"));
    server.desk.file("vault.pass", VAULT_KEY);
    let words = [
        "apply",
        "--server",
        "site/site.yml",
        "-e",
        "@vars.yml",
        "--secret",
        "asked",
        "--vault-password-file",
        "vault.pass",
        "-v",
    ];
    let ran = through(&server, &words, &[("asked", "canary-asked-88c1")]).expect(0);
    ran.says("******** ******** ********").never_says(VAULTED).never_says("canary");
    let run = server.call("GET", &format!("/runs/{}", latest(&server).await), None, 200).await;
    assert_eq!(run["subject"]["vars"], json!({"tree": {"list": ["plain"]}}), "{run}");
    server.desk.file("vault.pass", "moved away");
    for secret in [VAULT_KEY, VAULTED, "canary-asked-88c1"] {
        assert!(!server.desk.holds(secret), "a secret lies open in a file");
    }
}

#[tokio::test]
async fn the_password_for_sudo_goes_with_a_run() {
    let machine = Machine::shared("m1");
    let server = Server::start(0).await;
    let host = json!({"name": "m", "address": machine.noted("address"),
        "port": machine.noted("port").parse::<u16>().unwrap(), "user": "pwsudo"});
    server.call("POST", "/hosts", Some(host), 201).await;
    let known = server.desk.file("keys", machine.noted("known_hosts"));
    let keys = ["host", "import-keys", known.to_str().unwrap()];
    through(&server, &keys, &[]).expect(0);
    let password = crate::breadth::fleet().join("machines/pwsudo.password");
    let password = password.to_str().unwrap();
    let words = |more: &[&'static str]| {
        [&["exec", "--server", "-n", "--sudo", "m"], more, &["id -un"]].concat()
    };
    through(&server, &words(&[]), &[]).expect(2);
    let given =
        ["exec", "--server", "-n", "--sudo", "m", "--become-password-file", password, "id -un"];
    assert_eq!(through(&server, &given, &[]).expect(0).out, "m: root\n");
    server.desk.file("who.yml", "- {name: who, command: id -un, become: true}\n");
    let apply =
        ["apply", "--server", "who.yml", "-l", "m", "-v", "--become-password-file", password];
    through(&server, &apply, &[]).expect(0).says("root");
}
