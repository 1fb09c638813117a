//! `--list-tasks` and `--list-hosts`.

use std::fmt::Write as _;
use std::sync::Arc;

use hep_core::manifest::select;
use hep_core::node::Node;
use hep_core::program::{Action, Meta, Play, Task};
use hep_core::run::exit;
use hep_engine::play::load::Loaded;
use serde_json::json;

use super::Output;
use super::failure::Failure;
use crate::terminal::Screen;

/// Shows the tasks of every play.
pub(crate) fn tasks(loaded: &Loaded, output: Output, screen: &Screen) -> Result<u8, Failure> {
    let mut text = String::new();
    for (index, play) in loaded.program.plays.iter().enumerate() {
        if output == Output::Text {
            let _ = writeln!(text, "play #{} ({})", index + 1, title(play));
        }
        for task in select::tasks(&play.items) {
            let Some(module) = module(task) else { continue };
            let name = task.name.as_ref().map_or_else(|| module.into(), Node::key_text);
            let tags: Vec<&str> = task.tags.iter().map(|tag| &**tag).collect();
            let _ = match output {
                Output::Json => {
                    let play = title(play);
                    let object =
                        json!({"play": &*play, "task": &*name, "module": module, "tags": tags});
                    writeln!(text, "{object}")
                }
                Output::Text if tags.is_empty() => writeln!(text, "  {name}"),
                Output::Text => writeln!(text, "  {name}  [{}]", tags.join(", ")),
            };
        }
    }
    screen.write_out(text.as_bytes())?;
    Ok(exit::FINE)
}

/// Shows the hosts of every play.
pub(crate) fn hosts<'a>(
    plays: impl Iterator<Item = (&'a Play, Vec<String>)>,
    output: Output,
    screen: &Screen,
) -> Result<u8, Failure> {
    let mut text = String::new();
    for (index, (play, names)) in plays.enumerate() {
        if output == Output::Json {
            let _ = writeln!(text, "{}", json!({"play": &*title(play), "hosts": names}));
            continue;
        }
        let _ = writeln!(text, "play #{} ({}): {} hosts", index + 1, title(play), names.len());
        for name in names {
            let _ = writeln!(text, "  {name}");
        }
    }
    screen.write_out(text.as_bytes())?;
    Ok(exit::FINE)
}

fn title(play: &Play) -> Arc<str> {
    play.name.as_ref().or(play.hosts.as_ref()).map_or_else(|| "all".into(), Node::key_text)
}

/// The module of a task; nothing for the flushes of handlers that every play has.
fn module(task: &Task) -> Option<&str> {
    match &task.action {
        Action::Module(name) | Action::External(name) => Some(name),
        Action::IncludeTasks => Some("include_tasks"),
        Action::IncludeVars => Some("include_vars"),
        Action::Meta(Meta::FlushHandlers | Meta::Noop) => None,
        Action::Meta(_) => Some("meta"),
    }
}
