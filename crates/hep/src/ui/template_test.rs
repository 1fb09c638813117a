//! Rules of the templates: nothing that a strict policy would refuse, or that could run what a host says.

use std::fs;
use std::path::{Path, PathBuf};

/// Every template: its path below the folder, and its text.
fn templates() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let (mut found, mut open) = (Vec::new(), vec![root.clone()]);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(&root).unwrap().display().to_string();
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(!found.is_empty());
    found
}

/// The tags of a template as they stand there.
fn tags(text: &str) -> impl Iterator<Item = &str> {
    let starts = text.match_indices('<').map(|(at, _)| at);
    let starts = starts.filter(|at| text[at + 1..].starts_with(|c: char| c.is_ascii_alphabetic()));
    starts.map(|at| {
        // A place within a tag may hold a comparison; `-->` and its like are in no tag of ours.
        let mut depth = 0_usize;
        let mut end = text.len();
        for (offset, sign) in text[at..].char_indices() {
            match sign {
                '{' => depth += 1,
                '}' => depth = depth.saturating_sub(1),
                '>' if depth == 0 => {
                    end = at + offset;
                    break;
                }
                _ => {}
            }
        }
        &text[at..end]
    })
}

#[test]
fn no_template_holds_script_style_or_handlers() {
    for (name, text) in templates() {
        for tag in tags(&text) {
            let lower = tag.to_ascii_lowercase();
            let has = |word: &str| lower.contains(word);
            assert!(!lower.starts_with("<style"), "{name}: a style in the page: {tag}");
            assert!(!lower.starts_with("<script") || has(" src="), "{name}: inline script: {tag}");
            assert!(!lower.starts_with("<base"), "{name}: {tag}");
            assert!(!has(" style="), "{name}: a style in a tag: {tag}");
            let handler = lower.split([' ', '\n']).any(|word| {
                word.strip_prefix("on").is_some_and(|rest| {
                    rest.split('=').next().is_some_and(|event| {
                        !event.is_empty() && event.chars().all(|c| c.is_ascii_lowercase())
                    }) && rest.contains('=')
                })
            });
            assert!(!handler, "{name}: a handler in a tag: {tag}");
            for word in ["javascript:", "js:", "hx-on", "hx-vals=\"js", "srcdoc"] {
                assert!(!has(word), "{name}: `{word}` is code in a page: {tag}");
            }
            // A filter of a trigger (`click[ctrlKey]`) is code, too.
            let trigger =
                lower.split("hx-trigger=\"").nth(1).and_then(|rest| rest.split('"').next());
            assert!(!trigger.unwrap_or_default().contains('['), "{name}: {tag}");
        }
    }
}

#[test]
fn every_value_is_escaped() {
    for (name, text) in templates() {
        for word in ["|safe", "| safe", "escape(\"none\")", "autoescape"] {
            assert!(!text.contains(word), "{name}: `{word}` would let a host write markup");
        }
    }
}

#[test]
fn every_form_that_changes_something_carries_the_token() {
    for (name, text) in templates() {
        for part in text.split("<form").skip(1) {
            let form = part.split("</form>").next().unwrap_or_default();
            let changes = form.contains("method=\"post\"");
            let carries = form.contains("part/csrf.html");
            assert!(changes == carries, "{name}: a form by POST has `part/csrf.html`: {form}");
        }
    }
}

#[test]
fn pages_have_one_headline_and_inputs_have_labels() {
    for (name, text) in templates() {
        let is_page = text.contains("{% block content %}") && !text.contains("{% block body %}");
        if is_page {
            assert_eq!(text.matches("<h1").count(), 1, "{name}: a page has one h1");
        }
        for tag in tags(&text).filter(|tag| tag.starts_with("<img")) {
            assert!(tag.contains(" alt="), "{name}: {tag}");
        }
    }
}
