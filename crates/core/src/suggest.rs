//! "Did you mean …": the known word nearest to one that is not known.

/// The candidate that `word` most likely stands for, or nothing where none is near.
///
/// Near is at most one edit in three characters (an insertion, a removal, an exchange of a character or
/// of two neighbours); letter case, and `-` for `_`, count as no edit. The first of several equally near ones wins.
pub fn closest<'a, S>(word: &str, candidates: impl IntoIterator<Item = &'a S>) -> Option<&'a str>
where
    S: AsRef<str> + ?Sized + 'a,
{
    let wanted = folded(word);
    let mut allowed = (wanted.len() / 3).clamp(1, 3);
    let mut best = None;
    for candidate in candidates {
        let text = candidate.as_ref();
        if text == word || text.len().abs_diff(word.len()) > allowed * 4 {
            continue;
        }
        let other = folded(text);
        if other.len().abs_diff(wanted.len()) > allowed {
            continue;
        }
        let distance = distance(&wanted, &other);
        if distance <= allowed && distance < wanted.len() {
            best = Some(text);
            if distance == 0 {
                break;
            }
            allowed = distance - 1;
        }
    }
    best
}

/// The hint that an error's last argument takes: a line of its own, or nothing.
pub fn hint<'a, S>(word: &str, candidates: impl IntoIterator<Item = &'a S>) -> String
where
    S: AsRef<str> + ?Sized + 'a,
{
    closest(word, candidates).map_or_else(String::new, |near| format!("did you mean `{near}`?"))
}

/// As [`hint`], with another piece of advice where nothing is near.
pub fn hint_or<'a, S>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a S>,
    otherwise: &str,
) -> String
where
    S: AsRef<str> + ?Sized + 'a,
{
    closest(word, candidates)
        .map_or_else(|| otherwise.to_owned(), |near| format!("did you mean `{near}`?"))
}

fn folded(word: &str) -> Vec<char> {
    let fold = |c: char| if c == '-' { '_' } else { c };
    word.chars().flat_map(char::to_lowercase).map(fold).collect()
}

/// The optimal string alignment distance.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, &x) in a.iter().enumerate() {
        let mut row = Vec::with_capacity(b.len() + 1);
        row.push(i + 1);
        for (j, &y) in b.iter().enumerate() {
            let exchanged = last[j] + usize::from(x != y);
            let mut cost = exchanged.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && x == b[j - 1] && a[i - 1] == y {
                cost = cost.min(before[j - 1] + 1);
            }
            row.push(cost);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_nearest_word_is_found_and_a_far_one_is_not() {
        let known = ["state", "owner", "group", "mode", "backup", "update_cache", "web-01"];
        let cases = [
            ("stat", Some("state")),
            ("ownre", Some("owner")),
            ("Group", Some("group")),
            ("mdoe", Some("mode")),
            ("update-cache", Some("update_cache")),
            ("updatecache", Some("update_cache")),
            ("web01", Some("web-01")),
            ("xyz", None),
            ("", None),
            ("m", None),
        ];
        for (word, expected) in cases {
            assert_eq!(closest(word, &known), expected, "{word}");
        }
    }

    proptest! {
        #[test]
        fn one_edit_in_a_longer_word_is_always_found(word in "[a-z]{4,12}", at in 0usize..4) {
            let mut typo = word.clone();
            typo.remove(at);
            let known = ["0", word.as_str(), "99999999"];
            prop_assert_eq!(closest(&typo, known), Some(word.as_str()));
        }
    }
}
