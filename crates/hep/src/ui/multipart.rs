//! Forms with files (`multipart/form-data`), read from a body that is here as a whole.

use axum::body::Bytes;

use super::form::Upload;

/// Parts in one form: no page has more fields.
const MOST: usize = 2000;

/// The boundary that a content type names, where it is that of such a form.
pub(super) fn boundary(content_type: &str) -> Option<String> {
    let mut parts = content_type.split(';').map(str::trim);
    if !parts.next()?.eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let is_it = |part: &&str| part.get(..9).is_some_and(|it| it.eq_ignore_ascii_case("boundary="));
    let boundary = parts.find(is_it)?.get(9..)?.trim_matches('"');
    (!boundary.is_empty()).then(|| boundary.to_owned())
}

/// Its fields and its files. A file that was not chosen has no name and is none. What is cut off counts as absent.
pub(super) fn parse(boundary: &str, body: &Bytes) -> (Vec<(String, String)>, Vec<Upload>) {
    let (mut fields, mut files) = (Vec::new(), Vec::new());
    for part in parts(boundary, body) {
        let Some((head, content)) = cut(part, b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(head);
        let Some(about) = head.lines().find_map(disposition) else { continue };
        let Some(field) = parameter(about, "name") else { continue };
        match parameter(about, "filename") {
            None => fields.push((field, String::from_utf8_lossy(content).into_owned())),
            Some(name) if name.is_empty() => {}
            Some(name) => {
                let name = name.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
                files.push(Upload { field, name, content: body.slice_ref(content) });
            }
        }
    }
    (fields, files)
}

/// What stands between the boundaries, without the line ends that belong to them.
fn parts<'b>(boundary: &str, body: &'b [u8]) -> Vec<&'b [u8]> {
    let first = format!("--{boundary}");
    let next = format!("\r\n--{boundary}");
    let mut found = Vec::new();
    let Some((_, mut rest)) = cut(body, first.as_bytes()) else { return found };
    while found.len() < MOST {
        // The last boundary ends with two dashes.
        let Some(open) = rest.strip_prefix(b"\r\n") else { break };
        let Some((part, after)) = cut(open, next.as_bytes()) else { break };
        found.push(part);
        rest = after;
    }
    found
}

/// The bytes before and after the first place of some others.
fn cut<'b>(bytes: &'b [u8], at: &[u8]) -> Option<(&'b [u8], &'b [u8])> {
    let first = *at.first()?;
    let mut from = 0;
    loop {
        let place = from + bytes.get(from..)?.iter().position(|byte| *byte == first)?;
        let found = bytes.get(place..)?;
        if let Some(after) = found.strip_prefix(at) {
            return Some((bytes.get(..place)?, after));
        }
        from = place + 1;
    }
}

/// What a line of a part's head says of the field.
fn disposition(line: &str) -> Option<&str> {
    let (name, value) = line.split_once(':')?;
    name.trim().eq_ignore_ascii_case("content-disposition").then_some(value)
}

/// A parameter of it, as browsers write them: `name="a"`, quotes and line ends as `%22`, `%0D`, `%0A`.
fn parameter(about: &str, wanted: &str) -> Option<String> {
    let mut rest = about.split_once(';')?.1;
    loop {
        let (name, after) = rest.split_once('=')?;
        let (value, next) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => after.split_once(';').unwrap_or((after, "")),
        };
        if name.trim_matches([';', ' ']).eq_ignore_ascii_case(wanted) {
            return Some(value.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n"));
        }
        rest = next;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TYPE: &str = "multipart/form-data; boundary=----WebKitFormBoundaryx";

    fn read(text: &str) -> (Vec<(String, String)>, Vec<Upload>) {
        parse(&boundary(TYPE).unwrap(), &Bytes::from(text.replace('\n', "\r\n").into_bytes()))
    }

    #[test]
    fn a_form_as_a_browser_sends_it() {
        let (fields, files) = read(concat!(
            "------WebKitFormBoundaryx\nContent-Disposition: form-data; name=\"csrf\"\n\nabc\n",
            "------WebKitFormBoundaryx\nContent-Disposition: form-data; name=\"a%22b\"\n\n\n",
            "------WebKitFormBoundaryx\nContent-Disposition: form-data; name=\"file\"; filename=\"C:\\\\x\\\\é.txt\"\n",
            "Content-Type: text/plain\n\none\n--two\n\n",
            "------WebKitFormBoundaryx\nContent-Disposition: form-data; name=\"none\"; filename=\"\"\n\n\n",
            "------WebKitFormBoundaryx--\n",
        ));
        assert_eq!(fields, [("csrf".into(), "abc".into()), ("a\"b".into(), String::new())]);
        assert_eq!(files.len(), 1);
        assert_eq!((&*files[0].field, &*files[0].name), ("file", "é.txt"));
        assert_eq!(files[0].content, "one\r\n--two\r\n");
    }

    #[test]
    fn what_is_no_such_form_has_nothing() {
        for (kind, expected) in [
            ("application/x-www-form-urlencoded", None),
            ("multipart/form-data", None),
            ("Multipart/Form-Data; charset=x; boundary=\"a b\"", Some("a b")),
        ] {
            assert_eq!(boundary(kind).as_deref(), expected, "{kind}");
        }
        for text in ["", "------WebKitFormBoundaryx", "------WebKitFormBoundaryx\nx\n", "nothing"] {
            assert_eq!(read(text), (vec![], vec![]), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_content_comes_through_as_it_is(content: Vec<u8>, text in "[^\r\n]*") {
            let head = |name: &str| format!("--b0undary\r\ncontent-disposition: form-data; name=\"{name}\"");
            let mut body = format!("{}\r\n\r\n{text}\r\n{}; filename=\"f\"\r\n\r\n", head("t"), head("f"));
            prop_assume!(cut(&content, b"--b0undary").is_none());
            let mut bytes = std::mem::take(&mut body).into_bytes();
            bytes.extend_from_slice(&content);
            bytes.extend_from_slice(b"\r\n--b0undary--\r\n");
            let (fields, files) = parse("b0undary", &Bytes::from(bytes));
            prop_assert_eq!(&fields[0].1, &text);
            prop_assert_eq!(&files[0].content[..], &content[..]);
        }

        #[test]
        fn nothing_makes_it_fail(body: Vec<u8>) {
            parse("b", &Bytes::from(body));
        }
    }
}
