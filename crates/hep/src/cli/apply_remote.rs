//! `hep apply --server`: manifests applied by a server, to hosts of its register.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hep_core::message::client as say;
use hep_core::node::Node;
use hep_core::vars::{Layer, Var};
use hep_core::vault::{self, Keys};
use hep_engine::play;
use hep_engine::play::load::{self, Loaded};
use hep_engine::play::parcel::{self, Parcel};
use serde_json::{Map, Value, json};

use super::apply::Args;
use super::failure::Failure;
use super::{Output, extra, list, secrets, through};
use crate::client::Server;
use crate::render::Render;
use crate::render::play::{Json, Script, Text};
use crate::terminal::Screen;

/// Applies them.
pub(super) async fn run(args: &Args, server: Server, screen: Arc<Screen>) -> Result<u8, Failure> {
    args.connect.refuse_with_server()?;
    let given = secrets::Given::take(&args.connect, &screen)?;
    let loaded = Arc::new(read(args, &given.vault, &screen)?);
    if args.list_tasks {
        return list::tasks(&loaded, args.output, &screen);
    }
    if args.list_hosts {
        return list_hosts(args, &server, &loaded, &screen).await;
    }
    let wanted = asked(args, &loaded, &given)?;
    let shown = |_: &[Arc<str>]| -> Box<dyn Render> {
        match args.output {
            Output::Json => Box::new(Json::new(hep_core::mask::Mask::default())),
            Output::Text => Box::new(Text::new(&screen, Script::new(&loaded), args.detail())),
        }
    };
    let done = through::carry_out(&server, &wanted, shown, &screen).await?;
    Ok(args.code_of(done.code(), &done.ended))
}

/// Shows the hosts that the server has for each play.
async fn list_hosts(
    args: &Args,
    server: &Server,
    loaded: &Loaded,
    screen: &Screen,
) -> Result<u8, Failure> {
    let names = async |selector: &str| -> Result<Vec<String>, Failure> {
        let hosts = server.hosts(selector).await?;
        Ok(hosts.iter().filter_map(|host| host["name"].as_str()).map(str::to_owned).collect())
    };
    let within = match &args.limit {
        Some(limit) => Some(names(limit).await?),
        None => None,
    };
    let mut plays = Vec::new();
    for (play, pattern) in loaded.program.plays.iter().zip(play::patterns(loaded)?) {
        let mut hosts = names(&pattern).await?;
        hosts.retain(|name| within.as_ref().is_none_or(|within| within.contains(name)));
        plays.push((play, hosts));
    }
    list::hosts(plays.into_iter(), args.output, screen)
}

/// Reads the manifests here, so that what is wrong with them is shown with its place, and nothing is sent.
pub(super) fn read(args: &Args, keys: &Keys, screen: &Screen) -> Result<Loaded, Failure> {
    if let [file] = args.manifests.as_slice()
        && play::saved::read(Path::new(file))?.is_some()
    {
        let hint = "apply the manifest with `--approval`, which lets the run wait with what it would change";
        return Err(say::not_with_server("a plan", "it was made for an inventory", hint).into());
    }
    let extra = Arc::new(extra::all(&args.extra, keys, &mut Vec::new(), screen)?);
    let request = load::Request {
        manifests: args.manifests.clone(),
        selection: args.selection(),
        start_at: args.start_at_task.clone(),
        extra,
        keys: keys.clone(),
        ..load::Request::default()
    };
    load::load(request).map_err(|faulty| Failure::Found {
        diagnostics: faulty.diagnostics,
        sources: faulty.sources,
    })
}

/// What a server is asked for.
pub(super) fn asked(
    args: &Args,
    loaded: &Loaded,
    given: &secrets::Given,
) -> Result<Value, Failure> {
    let parcel = parcel::pack(loaded, &args.manifests)?;
    let encrypted = extra::encrypted(&args.extra.extra_vars, &given.vault)?;
    let (vars, secret) = variables(&loaded.extra, &encrypted)?;
    let mut hidden = json!({ "variables": secret });
    if let Some(password) = given.become_.as_ref().filter(|_| args.connect.gives_become_password())
    {
        hidden["become_password"] = password.expose().as_str().into();
    }
    // The passwords go only where something is to be opened.
    if parcel.files.values().any(|content| vault::holds_sealed(content)) {
        for (id, password) in given.vault.passwords() {
            hidden["vault_passwords"][id] = password.expose().as_str().into();
        }
    }
    Ok(json!({
        "subject": subject(args, parcel, &vars),
        "selector": selector(args, loaded)?,
        "strategy": { "forks": args.connect.forks, "approval": args.approval.approval },
        "description": args.manifests.join(" "),
        "secrets": hidden,
    }))
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

fn subject(args: &Args, parcel: Parcel, vars: &Map<String, Value>) -> Value {
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
    json!({
        "kind": "manifest",
        "files": files,
        "binary": binary,
        "entry": parcel.entry,
        "further": parcel.further,
        "vars": vars,
        "tags": selection.only,
        "skip_tags": selection.skip,
        "start_at_task": args.start_at_task,
        "check": args.check,
        "diff": args.diff,
        "become": become_user.is_some().then_some(args.r#become),
        "become_user": become_user,
        "force_handlers": args.force_handlers,
        "no_keep": args.no_keep,
        "no_executor": args.no_executor,
        "lock_timeout_seconds": args.lock_timeout,
        "verbosity": args.connect.verbose,
    })
}

/// Variables as JSON.
type Object = Map<String, Value>;

/// `-e` as JSON: what may lie open in the run, and what was encrypted.
fn variables(extra: &Layer, encrypted: &BTreeSet<Arc<str>>) -> Result<(Object, Object), Failure> {
    let (mut plain, mut secret) = (Map::new(), Map::new());
    for (name, var) in extra {
        let (value, is_secret) = match var {
            Var::Authored(node) => {
                let is_secret = encrypted.contains(name) || holds_secret(node);
                if is_secret && node.has_template() {
                    return Err(say::secret_template(name).into());
                }
                (json!(node.to_value()), is_secret)
            }
            Var::Data(value, _) => (json!(value), false),
        };
        let into = if is_secret { &mut secret } else { &mut plain };
        into.insert(name.to_string(), value);
    }
    Ok((plain, secret))
}

fn holds_secret(node: &Node) -> bool {
    let mut found = Vec::new();
    hep_core::mask::secrets_of(node, &mut found);
    !found.is_empty()
}
