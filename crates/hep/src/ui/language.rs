//! The languages of the page, and which one somebody reads.

/// A language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Language {
    /// English.
    #[default]
    English,
    /// Brazilian Portuguese.
    Portuguese,
    /// Spanish.
    Spanish,
}

impl Language {
    /// All, in the order in which they are offered.
    pub(crate) const ALL: [Self; 3] = [Self::English, Self::Portuguese, Self::Spanish];

    /// Its tag (BCP 47), as the page and the cookie have it.
    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Portuguese => "pt-BR",
            Self::Spanish => "es",
        }
    }

    /// Its name in itself.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Portuguese => "Português",
            Self::Spanish => "Español",
        }
    }

    /// The language of a tag, whatever the region.
    pub(crate) fn of(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_']).next()?.to_ascii_lowercase();
        Self::ALL.into_iter().find(|one| one.tag().split('-').next() == Some(primary.as_str()))
    }

    /// The one of an `Accept-Language` that we have and they like best (RFC 9110, 12.5.4).
    pub(crate) fn accepted(header: &str) -> Self {
        let mut best: Option<(Self, u32)> = None;
        for range in header.split(',') {
            let mut parts = range.split(';');
            let Some(language) = parts.next().and_then(Self::of) else { continue };
            let weight = parts.find_map(|part| part.trim().strip_prefix("q=")).map_or(1000, weight);
            if weight > best.map_or(0, |(_, best)| best) {
                best = Some((language, weight));
            }
        }
        best.map_or(Self::default(), |(language, _)| language)
    }
}

/// A weight of `0` to `1` in thousandths: at most three digits behind the point count.
fn weight(text: &str) -> u32 {
    let (whole, part) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let digits: String = part.chars().chain("000".chars()).take(3).collect();
    match whole {
        "1" => 1000,
        _ => digits.parse().unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_that_is_liked_best_is_chosen() {
        let cases = [
            ("", "en"),
            ("fr", "en"),
            ("pt", "pt-BR"),
            ("pt-PT,en;q=0.5", "pt-BR"),
            ("en;q=0.5, es-419;q=0.8", "es"),
            ("es;q=0, pt;q=0.001", "pt-BR"),
            ("de, es;q=0.9, en;q=1.0", "en"),
            ("ES", "es"),
            ("x;q=nonsense, es;q=.", "en"),
        ];
        for (header, tag) in cases {
            assert_eq!(Language::accepted(header).tag(), tag, "{header}");
        }
    }
}
