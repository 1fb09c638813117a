//! The editor: the files of a manifest as fields, read by the server while somebody types.

use std::collections::BTreeMap;

use askama::Template;
use axum::Json;
use axum::response::Response;
use hep_core::manual;
use hep_core::module::{Field as ModuleOption, KINDS, Kind};
use hep_engine::ops::OpError;
use hep_engine::ops::manifest::{self, Fault as Found, Manifest, ManifestInput};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::Manifests;
use crate::terminal::visible;
use crate::ui::fault::Fault;
use crate::ui::form::Form;
use crate::ui::kept::field::Field;
use crate::ui::kept::{Kept, MORE};
use crate::ui::pages::Pages;
use crate::ui::reply;
use crate::ui::speech::Said;
use crate::ui::visit::{Member, Visit};
use crate::ui::words::Words;

/// What a new manifest begins with: it changes nothing, and says something on each host.
const FIRST: &str =
    "- hosts: all\n  tasks:\n    - name: Say hello\n      debug:\n        msg: Hello\n";
/// The usual file to begin with.
const ENTRY: &str = "main.yml";
/// How many files a form may have.
const MOST: usize = 200;

/// The pages of it.
pub(super) fn pages() -> Pages {
    Pages::new()
        .post("/manifests/-/check", check)
        .post("/manifests/-/faults", faults)
        .get("/manifests/-/modules.json", modules)
}

fn path(number: usize) -> String {
    format!("file{number}_path")
}

fn text(number: usize) -> String {
    format!("file{number}_text")
}

/// What stands in the form at first.
pub(super) fn filled(manifest: Option<&Manifest>) -> Form {
    let Some(manifest) = manifest else {
        return Form::of([(path(0), ENTRY.to_owned()), (text(0), FIRST.to_owned())]);
    };
    let said = &manifest.said;
    let fields = [("name", &said.name), ("description", &said.description), ("entry", &said.entry)];
    let fields = fields.map(|(name, text)| (name.to_owned(), text.clone()));
    // The file to begin with is what most want to see.
    let (first, others): (Vec<_>, Vec<_>) =
        said.files.iter().partition(|(path, _)| **path == said.entry);
    let files = first.into_iter().chain(others).enumerate();
    let files = files.flat_map(|(number, (name, body))| {
        [(path(number), name.clone()), (text(number), body.clone())]
    });
    Form::of(fields.into_iter().chain(files))
}

/// How many files stand in a form.
fn count(form: &Form) -> usize {
    (0..MOST).rev().find(|number| form.is_on(&path(*number))).map_or(0, |last| last + 1)
}

/// The files that a form says. One without a path is none.
fn files(form: &Form) -> BTreeMap<String, String> {
    let all = (0..count(form)).map(|number| (form.word(&path(number)), form.text(&text(number))));
    all.filter(|(path, _)| !path.is_empty()).collect()
}

/// What a form says of a new manifest.
pub(super) fn said(form: &Form) -> ManifestInput {
    ManifestInput {
        name: form.word("name"),
        description: form.word("description"),
        entry: form.word("entry"),
        files: files(form),
        base64: BTreeMap::new(),
        message: form.word("message"),
    }
}

/// What a form changes of one that is there: files that are no text stay.
pub(super) fn part(form: &Form, before: &Manifest) -> Value {
    let mut all: Map<String, Value> =
        before.said.files.keys().map(|path| (path.clone(), Value::Null)).collect();
    all.extend(files(form).into_iter().map(|(path, text)| (path, Value::String(text))));
    json!({
        "name": form.word("name"),
        "description": form.word("description"),
        "entry": form.optional("entry"),
        "message": form.word("message"),
        "files": all,
    })
}

/// The fields.
pub(super) fn fields(t: Words, form: &Form, is_new: bool) -> Vec<Field> {
    let name = Field::line(form, "name", t.kept_name()).required().code();
    let mut fields =
        vec![name.hint(t.kept_name_hint()), Field::line(form, "description", t.kept_description())];
    let there = count(form);
    let more = if form.is_on(MORE) { 2 } else { 1 };
    for number in 0..(there + more).min(MOST) {
        let name = form.word(&path(number));
        let heading = if name.is_empty() { t.manifests_new_file().to_owned() } else { name };
        let at = Field::line(form, &path(number), t.manifests_path()).code();
        fields.push(at.hint(t.manifests_path_hint()).begins(&heading, number >= there));
        fields.push(Field::area(form, &text(number), t.jobs_text(), 18).code().for_writing());
    }
    let entry = Field::line(form, "entry", t.jobs_entry()).code();
    fields.push(entry.hint(t.jobs_entry_hint(ENTRY)).begins(t.manifests_saving(), false));
    if !is_new {
        let message = Field::line(form, "message", t.manifests_message());
        fields.push(message.hint(t.manifests_message_hint()));
    }
    fields
}

#[derive(Template)]
#[template(path = "manifests/checked.html")]
struct CheckedPart {
    t: Words,
    faults: Vec<Shown>,
}

/// A fault, ready for a page.
struct Shown {
    place: String,
    said: Said,
}

/// What the server says of what is written, as a part of the page.
async fn check(Member(visit): Member, form: Form) -> Result<Response, Fault> {
    let t = visit.t;
    let show = |fault: Found| Shown {
        place: match fault.line {
            0 => fault.file,
            line => t.manifests_place(visible::text(&fault.file), line),
        },
        said: visit.speech(&fault.message),
    };
    let found = found(&visit, &form).await?;
    Ok(reply::page(&CheckedPart { t, faults: found.into_iter().map(show).collect() }))
}

/// A fault, for the editor's script.
#[derive(Serialize)]
struct Marked {
    file: String,
    line: u32,
    column: u32,
    text: String,
}

/// The same for the editor's script.
async fn faults(Member(visit): Member, form: Form) -> Result<Json<Vec<Marked>>, Fault> {
    let mark = |fault: Found| {
        let said = visit.speech(&fault.message);
        let text = std::iter::once(said.text).chain(said.hint).collect::<Vec<_>>().join("\n");
        Marked { file: fault.file, line: fault.line, column: fault.column, text }
    };
    Ok(Json(found(&visit, &form).await?.into_iter().map(mark).collect()))
}

async fn found(visit: &Visit, form: &Form) -> Result<Vec<Found>, Fault> {
    // Whatever it is going to be called.
    let said = ManifestInput { name: "checked".to_owned(), ..said(form) };
    match manifest::faults(&visit.actor, said).await {
        Ok(found) => Ok(found),
        Err(OpError::Invalid { message, .. }) => {
            Ok(vec![Found { file: String::new(), line: 0, column: 0, message }])
        }
        Err(error) => Err(error.into()),
    }
}

/// A module or an option, for completion.
#[derive(Serialize)]
struct Known {
    name: &'static str,
    means: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    options: Vec<Self>,
}

/// The manual of the modules, for the editor's script.
async fn modules(Member(visit): Member) -> Result<Json<Vec<Known>>, Fault> {
    Manifests::must_write(&visit.actor)?;
    let option = |field: &ModuleOption| Known {
        name: field.name,
        means: field.doc.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" "),
        options: Vec::new(),
    };
    let module = |kind: &Kind| Known {
        name: kind.name,
        means: manual::summary(kind),
        options: kind.fields.iter().map(option).collect(),
    };
    Ok(Json(KINDS.iter().map(module).collect()))
}
