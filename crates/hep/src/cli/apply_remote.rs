//! `hep apply --server`: manifests applied by a server, to hosts of its register.

use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hep_core::message::client as say;
use hep_core::node::{Node, NodeKind};
use hep_core::vars::{Layer, Var};
use hep_core::vault::Keys;
use hep_engine::play;
use hep_engine::play::load::{self, Loaded};
use hep_engine::play::parcel;
use serde_json::{Map, Value, json};

use super::apply::Args;
use super::failure::Failure;
use super::{Output, extra, list, through};
use crate::client::Server;
use crate::render::Render;
use crate::render::play::{Json, Script, Text};
use crate::terminal::Screen;

/// Applies them.
pub(super) async fn run(args: &Args, server: Server, screen: Arc<Screen>) -> Result<u8, Failure> {
    args.refuse_with_server()?;
    let loaded = Arc::new(read(args)?);
    if args.list_tasks {
        return list::tasks(&loaded, args.output, &screen);
    }
    let wanted = json!({
        "subject": subject(args, &loaded)?,
        "selector": selector(args, &loaded)?,
        "strategy": { "forks": args.connect.forks },
        "description": args.manifests.join(" "),
    });
    let shown = |_: &[Arc<str>]| -> Box<dyn Render> {
        match args.output {
            Output::Json => Box::new(Json::new(hep_core::mask::Mask::default())),
            Output::Text => Box::new(Text::new(&screen, Script::new(&loaded), args.detail())),
        }
    };
    let done = through::carry_out(&server, &wanted, shown, &screen).await?;
    Ok(args.code_of(done.code(), &done.ended))
}

impl Args {
    /// Options that a server does not know.
    fn refuse_with_server(&self) -> Result<(), Failure> {
        self.connect.refuse_with_server()?;
        through::refuse(&[
            ("--plan-out", self.plan_out.is_some()),
            ("--allow-deferred", self.allow_deferred),
            ("--list-hosts", self.list_hosts),
            ("--force-handlers", self.force_handlers),
            ("--no-keep", self.no_keep),
        ])
    }
}

/// Reads the manifests here, so that what is wrong with them is shown with its place, and nothing is sent.
fn read(args: &Args) -> Result<Loaded, Failure> {
    if let [file] = args.manifests.as_slice()
        && play::saved::read(Path::new(file))?.is_some()
    {
        return Err(say::not_with_server("a plan").into());
    }
    let keys = Keys::default();
    let extra = Arc::new(extra::layer(&args.extra.extra_vars, &keys, &mut Vec::new())?);
    let request = load::Request {
        manifests: args.manifests.clone(),
        selection: args.selection(),
        start_at: args.start_at_task.clone(),
        extra,
        keys,
        ..load::Request::default()
    };
    load::load(request).map_err(|faulty| Failure::Found {
        diagnostics: faulty.diagnostics,
        sources: faulty.sources,
    })
}

/// The hosts of all plays; a server answers for names that it does not know.
fn selector(args: &Args, loaded: &Loaded) -> Result<String, Failure> {
    let patterns = play::patterns(loaded)?;
    let is_plain = |text: &&String| !text.contains(['!', '&', '(', '~']);
    // What excludes or intersects cannot be joined with others by a comma.
    let plays = match patterns.as_slice() {
        [one] => one.clone(),
        all if all.iter().filter(is_plain).count() == all.len() => all.join(","),
        _ => "all".to_owned(),
    };
    Ok(match (args.limit.as_deref(), plays.as_str()) {
        (None, _) => plays,
        // Which of them a play is for, the server finds out.
        (Some(limit), _) => limit.to_owned(),
    })
}

fn subject(args: &Args, loaded: &Loaded) -> Result<Value, Failure> {
    let parcel = parcel::pack(loaded, &args.manifests)?;
    let (mut files, mut binary) = (Map::new(), Map::new());
    for (path, content) in parcel.files {
        match String::from_utf8(content) {
            Ok(text) => files.insert(path, Value::String(text)),
            Err(error) => binary.insert(path, STANDARD.encode(error.as_bytes()).into()),
        };
    }
    let selection = args.selection();
    let become_user = args.become_user.clone();
    let become_user = become_user.or_else(|| args.r#become.then(|| "root".to_owned()));
    Ok(json!({
        "kind": "manifest",
        "files": files,
        "binary": binary,
        "entry": parcel.entry,
        "further": parcel.further,
        "vars": variables(&loaded.extra)?,
        "tags": selection.only,
        "skip_tags": selection.skip,
        "start_at_task": args.start_at_task,
        "check": args.check,
        "diff": args.diff,
        "become_user": become_user.filter(|_| args.r#become),
    }))
}

/// `-e` as JSON. A secret would lie open in the run, so it is refused.
fn variables(extra: &Layer) -> Result<Map<String, Value>, Failure> {
    let mut vars = Map::new();
    for (name, var) in extra {
        let value = match var {
            Var::Authored(node) if holds_secret(node) => {
                return Err(say::secret_variable(name).into());
            }
            Var::Authored(node) => json!(node.to_value()),
            Var::Data(value, _) => json!(value),
        };
        vars.insert(name.to_string(), value);
    }
    Ok(vars)
}

fn holds_secret(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Secret(_) => true,
        NodeKind::List(items) => items.iter().any(holds_secret),
        NodeKind::Map(entries) => entries.iter().any(|(_, value)| holds_secret(value)),
        _ => false,
    }
}
