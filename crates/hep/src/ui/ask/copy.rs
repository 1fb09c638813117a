//! A file that the hosts shall have, as fields of a form: typed, or chosen from the reader's own machine.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use hep_core::message::api as say;
use hep_core::size;
use hep_engine::server::subject::CopySubject;

use super::{Pairs, text, yes};
use crate::ui::form::{Form, Upload};
use crate::ui::kept::field::{Carried, Field, Input};
use crate::ui::kept::reader::{Reader, Wrong};
use crate::ui::words::Words;

/// The field in which a file is chosen.
const FILE: &str = "file";
/// What it held, in base64: so it comes back with the form where that is shown again.
const CONTENT: &str = "file_base64";
/// What it was called.
const NAME: &str = "file_name";
/// The largest file that is taken, in bytes: with what a form needs around it, it fits into a request as servers take
/// them when nobody says.
const MOST: u64 = 5 << 20;
/// A text that is longer is not put into a field to be read.
const READABLE: usize = 64 * 1024;

/// What the fields show.
pub(super) fn filled(said: &CopySubject) -> Pairs {
    let sudo = said.sudo_user.as_deref();
    vec![
        ("kind", "copy".to_owned()),
        ("text", text(said.text.as_ref())),
        (CONTENT, text(said.base64.as_ref())),
        ("dest", said.dest.clone()),
        ("owner", text(said.owner.as_ref())),
        ("group", text(said.group.as_ref())),
        ("mode", text(said.mode.as_ref())),
        ("sudo", yes(sudo == Some("root"))),
        ("sudo_user", sudo.filter(|user| *user != "root").unwrap_or_default().to_owned()),
        ("check", yes(said.check)),
        ("diff", yes(said.diff)),
    ]
}

/// What they say.
pub(super) fn said(form: &Reader<'_>) -> CopySubject {
    let base64 = form.optional(CONTENT);
    CopySubject {
        text: base64.is_none().then(|| form.text("text")),
        base64,
        dest: form.required("dest"),
        owner: form.optional("owner"),
        group: form.optional("group"),
        mode: form.optional("mode"),
        sudo_user: super::verbs::sudo_user(form),
        check: form.is_on("check"),
        diff: form.is_on("diff"),
        ..CopySubject::default()
    }
}

/// The fields. A file takes the place of what is typed.
pub(super) fn fields(t: Words, form: &Form) -> Vec<Field> {
    let line = |name, label| Field::line(form, name, label).code();
    let limit = t.ask_file_hint(people(MOST));
    let large = t.ask_file_large(people(MOST));
    let file = Field::of(FILE, t.ask_file(), Input::File(carried(t, form))).at_most(MOST, large);
    vec![
        file.hint(limit).when("kind", "copy"),
        Field::area(form, "text", t.jobs_text(), 6)
            .code()
            .hint(t.ask_text_hint())
            .when("kind", "copy"),
        line("dest", t.jobs_dest()).hint(t.jobs_dest_hint("/etc/motd")).when("kind", "copy"),
        line("owner", t.jobs_owner()).hint(t.ask_owner_hint()).when("kind", "copy"),
        line("group", t.ask_group()).when("kind", "copy"),
        line("mode", t.jobs_mode()).hint(t.jobs_mode_hint("0644")).when("kind", "copy"),
    ]
}

/// What goes on with the form of a file that was chosen before.
fn carried(t: Words, form: &Form) -> Option<Carried> {
    let content = form.optional(CONTENT)?;
    let bytes = BASE64.decode(&content).map_or(0, |bytes| length(&bytes));
    let name = form.word(NAME);
    let shown = if name.is_empty() { t.ask_file_kept() } else { &name };
    let note = t.ask_file_chosen(shown, people(bytes));
    Some(Carried { note, fields: vec![(CONTENT.into(), content), (NAME.into(), name)] })
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

/// A size for people, who do not count single bytes of large files.
fn people(bytes: u64) -> String {
    match bytes {
        0..=9999 => format!("{bytes} B"),
        _ if bytes < 10 << 20 && !bytes.is_multiple_of(1 << 20) => format!("{} KB", bytes >> 10),
        _ => size::written(bytes >> 20 << 20),
    }
}

/// The form with a file that was chosen in the place of what was typed; why it is not taken, where it is too large.
/// What can be shown in a field as it is stands there.
pub(crate) fn with_file(form: &Form) -> Result<Form, Wrong> {
    let Some(file) = form.file(FILE) else { return Ok(form.clone()) };
    let bytes = length(&file.content);
    if bytes > MOST {
        let message = say::large_file(&file.name, people(bytes), people(MOST));
        return Err(Wrong { field: FILE, message });
    }
    let put = match readable(file) {
        Some(text) => [("text", text.to_owned()), (CONTENT, String::new()), (NAME, String::new())],
        None => [
            ("text", String::new()),
            (CONTENT, BASE64.encode(&file.content)),
            (NAME, file.name.clone()),
        ],
    };
    Ok(form.over(&Form::of(put)))
}

/// A file as a text that goes through a form as it is.
fn readable(file: &Upload) -> Option<&str> {
    let text = str::from_utf8(&file.content).ok()?;
    let fits = |c: char| !c.is_control() || ['\n', '\t'].contains(&c);
    (file.content.len() <= READABLE && text.chars().all(fits)).then_some(text)
}

#[cfg(test)]
mod tests {
    use axum::body::Bytes;

    use super::*;

    fn form(content: &[u8]) -> Form {
        let head = "--b\r\ncontent-disposition: form-data; name=\"kind\"\r\n\r\ncopy\r\n--b\r\n\
            content-disposition: form-data; name=\"text\"\r\n\r\ntyped\r\n--b\r\n\
            content-disposition: form-data; name=\"dest\"\r\n\r\n/x\r\n--b\r\n\
            content-disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n";
        let body = [head.as_bytes(), content, b"\r\n--b--\r\n"].concat();
        Form::read("multipart/form-data; boundary=b", &Bytes::from(body))
    }

    #[test]
    fn a_file_takes_the_place_of_what_was_typed() {
        let cases: [(&[u8], Result<&str, &str>); 5] = [
            (b"a\nb\n", Ok("a\nb\n")),
            (b"", Ok("")),
            (b"a\r\nb", Err("YQ0KYg==")),
            (b"\xff\0", Err("/wA=")),
            ("é".as_bytes(), Ok("é")),
        ];
        for (content, expected) in cases {
            let taken = with_file(&form(content)).unwrap();
            // Where it is shown again nothing of it is chosen anew.
            let again = Form::of(taken.carried());
            let reader = Reader::of(&again);
            let said = said(&reader);
            reader.finish(()).unwrap();
            let found = (said.text.as_deref(), said.base64.as_deref());
            let expected = match expected {
                Ok(text) => (Some(text), None),
                Err(base64) => (None, Some(base64)),
            };
            assert_eq!(found, expected, "{content:?}");
        }
        let large = with_file(&form(&vec![7; (5 << 20) + 1])).map(drop).unwrap_err();
        assert_eq!((large.field, &*large.message.id), (FILE, "api.large_file"));
    }
}
