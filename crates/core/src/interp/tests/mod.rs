//! The interpreter, driven over a host in memory and a controller of a few lines.
//!
//! Most cases are data: `*.txt` beside this file. A case is `=== NAME`, then `>>> FILE` with its text for
//! each file (`@host` makes the host, `@inventory` and `@extra` are variables, `@facts` is JSON,
//! `@options` are words, the first other file is the manifest), then `<<<` and what happened, a line each.
//! With `HEP_BLESS` set the tables are written anew; read the difference before committing it.

mod drive;
mod hostile;
mod measure;
mod predict;
mod steps;

use std::fmt::Write as _;

use drive::World;

#[expect(clippy::disallowed_methods, reason = "the cases lie in files")]
fn check_table(name: &str, table: &str) {
    let (mut blessed, mut count, mut failures) = (String::new(), 0, Vec::new());
    for case in table.split("=== ").skip(1) {
        let (title, rest) = case.split_once('\n').unwrap();
        let (texts, expected) = rest.split_once("<<<\n").unwrap_or((rest, ""));
        let found = World::parse(texts).run().text();
        let _ = write!(blessed, "=== {title}\n{texts}<<<\n{found}\n");
        if found.trim() != expected.trim() {
            failures.push(format!("{title}\n--- expected\n{expected}--- found\n{found}"));
        }
        count += 1;
    }
    if std::env::var_os("HEP_BLESS").is_some() {
        let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/interp/tests");
        std::fs::write(dir.join(name), blessed).unwrap();
        return;
    }
    assert!(count > 0, "{name} holds cases");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

macro_rules! tables {
    ($($name:ident $file:literal;)*) => { $(
        #[test]
        fn $name() {
            check_table($file, include_str!($file));
        }
    )* };
}

tables! {
    conditions "when.txt";
    loops "loop.txt";
    results "register.txt";
    blocks "block.txt";
    handlers "handler.txt";
    variables "vars.txt";
    includes "include.txt";
    identities_and_environments "identity.txt";
    requests "request.txt";
    check_mode "check.txt";
    secrets "no_log.txt";
    metas "meta.txt";
}
