//! Importing an inventory: pasted, or read from a file; first what would happen, then it happens.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use hep_core::rights::Verb;
use hep_core::secret::Secret;
use hep_engine::ops::import::{self, ImportFile, ImportInput, Imported, What};
use hep_engine::ops::{Engine, OpError};

use super::fault::Fault;
use super::flash::Flash;
use super::form::Form;
use super::frame::{Frame, Section};
use super::pages::Pages;
use super::reply;
use super::speech::Said;
use super::visit::{Member, Visit};
use super::words::Words;
use crate::terminal::visible;

/// The pages of this noun.
pub(super) fn pages() -> Pages {
    Pages::new().get("/hosts/-/import", show).post("/hosts/-/import", send)
}

/// What happens to a host, a group or a credential.
struct Line {
    kind: &'static str,
    name: String,
    what: &'static str,
    fields: String,
}

/// What would happen.
struct Preview {
    lines: Vec<Line>,
    unchanged: usize,
    remarks: Vec<String>,
}

#[derive(Template)]
#[template(path = "hosts/import.html")]
struct ImportPage {
    frame: Frame,
    t: Words,
    name: String,
    text: String,
    preview: Option<Preview>,
    wrong: Option<Said>,
}

fn page(visit: &Visit, form: &Form) -> ImportPage {
    let t = visit.t;
    let frame =
        visit.frame_in(Section::Hosts, t.hosts_import()).below(t.hosts_title(), "/ui/hosts");
    ImportPage {
        frame: frame.with_island("file"),
        t,
        name: form.optional("name").unwrap_or_else(|| "hosts.ini".to_owned()),
        text: form.text("text"),
        preview: None,
        wrong: None,
    }
}

async fn show(Member(visit): Member) -> Result<Response, Fault> {
    if !visit.actor.may(Verb::Change) {
        let denied = hep_core::message::server::denied(Verb::Change.word(), "the register");
        return Err(OpError::Denied(denied).into());
    }
    Ok(reply::page(&page(&visit, &Form::default())))
}

/// The form with what a file that was chosen holds: without a script nobody has put that into the text.
fn with_file(form: &Form) -> Form {
    let Some(file) = form.file("file") else { return form.clone() };
    let text = String::from_utf8_lossy(&file.content).into_owned();
    form.over(&Form::of([("text", text), ("name", file.name.clone())]))
}

async fn send(
    State(engine): State<Engine>,
    Member(visit): Member,
    form: Form,
) -> Result<Response, Fault> {
    let mut page = page(&visit, &with_file(&form));
    let file = ImportFile { name: page.name.clone(), text: Secret::new(page.text.clone()) };
    let said = ImportInput {
        files: vec![file],
        keys: Vec::new(),
        partition: None,
        vault_passwords: std::collections::BTreeMap::new(),
    };
    let dry = !form.is_on("apply");
    match import::texts(&engine, &visit.actor, &said, dry).await {
        Ok(done) if dry => {
            page.preview = Some(preview(visit.t, &done));
            Ok(reply::page(&page))
        }
        Ok(done) => {
            let flash = Flash::done(visit.t.import_done(done.hosts.len(), done.groups.len()));
            Ok(reply::go_and_say(&visit, "/ui/hosts", flash))
        }
        Err(error) => {
            let fault = Fault::from(error);
            if !fault.is_for_the_form() {
                return Err(fault);
            }
            page.wrong = Some(visit.speech(&fault.message));
            Ok(fault.noted(reply::page(&page)))
        }
    }
}

fn preview(t: Words, done: &Imported) -> Preview {
    let kinds = [
        (t.import_host(), &done.hosts),
        (t.import_group(), &done.groups),
        (t.import_credential(), &done.credentials),
    ];
    let all =
        kinds.into_iter().flat_map(|(kind, lines)| lines.iter().map(move |line| (kind, line)));
    let (changing, unchanged): (Vec<_>, Vec<_>) =
        all.partition(|(_, line)| line.what != What::Unchanged);
    let lines = changing.into_iter().map(|(kind, line)| {
        let fields: Vec<&str> = line.fields.iter().map(|field| field.name.as_str()).collect();
        Line {
            kind,
            name: line.name.clone(),
            what: if line.what == What::Created { t.import_created() } else { t.import_changed() },
            fields: fields.join(", "),
        }
    });
    let keys = done.missing_keys.iter().map(|key| t.import_missing_key(key));
    let remarks = done.remarks.iter().map(|text| visible::text(text).replace("\nhint: ", ". "));
    Preview {
        lines: lines.collect(),
        unchanged: unchanged.len(),
        remarks: remarks.chain(keys).collect(),
    }
}
