//! Against what Python 3.11 answers.

use serde_json::{Value, json};

use super::*;

#[test]
fn expressions_match_as_in_python() {
    for (pattern, text, matches) in [
        ("^foo$", "foo\n", true),
        ("foo$", "foo\r\n", false),
        ("foo\\Z", "foo\n", false),
        ("server {", "server {\n", true),
        ("a{2}", "aa", true),
        ("^a{,2}$", "aa", true),
        ("^a{,2}$", "aaa", false),
        ("[]x]", "]", true),
        ("[^]]", "]", false),
        ("[[a]", "[", true),
        ("\\<Directory", "<Directory", true),
        ("(?P<x>a)(?P=x)", "aa", true),
        ("(?i)FOO", "foo", true),
        ("^#?\\s*Port ", "#Port 22\n", true),
        ("a(?!b)", "ab", false),
        ("\\/etc\\/", "/etc/", true),
        ("[a&&b]", "&", true),
        // Letters, digits, spaces and cases are Unicode's.
        ("^\\w+$", "größe_٣", true),
        ("^\\d$", "٣", true),
        ("^\\s$", "\u{2003}", true),
        ("\\bé\\b", "a é b", true),
        ("\\bé\\b", "éa", false),
        ("(?i)GRÖSSE σ", "größe Σ", false),
        ("(?i)GRÖßE σ", "größe ς", true),
    ] {
        let regex = Regex::new(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
        assert_eq!(regex.is_match(text).unwrap(), matches, "{pattern} on {text:?}");
    }
    assert!(Regex::new("(").is_err());
}

#[test]
fn groups_are_filled_in() {
    let regex = Regex::new("(?P<key>\\w+)=(\\w*)(x)?").unwrap();
    let captures = regex.captures("a=b").unwrap().unwrap();
    for (template, expected) in [
        (r"\1-\2", Ok("a-b")),
        (r"\g<key>\g<2>0", Ok("ab0")),
        (r"\3.\\n\n", Ok(".\\n\n")),
        (r"\9", Err(())),
        (r"\g<key", Err(())),
        (r"\q", Err(())),
    ] {
        let result = expanded(template, &captures);
        assert_eq!(result.as_deref().map_err(|_| ()), expected, "{template}");
    }
}

/// Made by a generator, answered by Python 3.11: expression, text, whether case and lines count
/// otherwise, and where all matches and their groups lie, whether it matches at the start, and as a whole;
/// null where it is no expression.
const CASES: &str = include_str!("cases.json");

fn answer(regex: &Regex, text: &str) -> Value {
    let spans = |found: Captures<'_>| (0..found.len()).map(|at| found.span(at)).collect::<Vec<_>>();
    let all: Vec<_> = regex.captures_iter(text).map(|found| spans(found.unwrap())).collect();
    let whole = regex.is_full_match(text).unwrap();
    json!([all, regex.is_match_at_start(text).unwrap(), whole])
}

#[test]
fn generated_expressions_match_as_in_python() {
    type Case = (String, String, bool, bool, Value);
    let cases: Vec<Case> = serde_json::from_str(CASES).unwrap();
    assert!(cases.len() > 300);
    for (pattern, text, ignore_case, multi_line, expected) in cases {
        let regex = Regex::with(&pattern, ignore_case, multi_line);
        let ours = regex.map_or(Value::Null, |regex| answer(&regex, &text));
        assert_eq!(ours, expected, "{pattern:?} on {text:?}, {ignore_case}, {multi_line}");
    }
}

#[test]
fn one_that_would_never_end_is_given_up() {
    let mut regex = Regex::new("(?:a+)+$").unwrap();
    Arc::get_mut(&mut regex.program).unwrap().patience = 10_000;
    assert_eq!(regex.is_match(&format!("{}b", "a".repeat(40))), Err(TooHard));
    assert!(regex.is_match(&"a".repeat(5_000)).unwrap(), "long texts are not hard by themselves");
    let deep = "(".repeat(5_000) + &")".repeat(5_000);
    assert!(Regex::new(&deep).is_err());
}
