//! Lists in pages. A cursor is the key of the last entry shown, so that nothing is shown twice or left out when
//! something is added meanwhile.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use hep_core::message::server as say;
use serde::{Deserialize, Serialize};

use super::error::{OpError, OpResult};

/// How many entries a page has when nobody says.
const USUAL: u32 = 100;
/// How many it may have.
pub const MOST: u32 = 1000;

/// Which page.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Paging {
    /// How many entries at most.
    pub limit: Option<u32>,
    /// Where the page before it ended: its `next`.
    pub cursor: Option<String>,
}

/// A page.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Page<T> {
    /// The entries.
    pub items: Vec<T>,
    /// The cursor of the next page, if there is more.
    pub next: Option<String>,
}

impl Paging {
    /// How many entries.
    pub fn limit(&self) -> OpResult<u32> {
        match self.limit.unwrap_or(USUAL) {
            limit @ 1..=MOST => Ok(limit),
            limit => Err(OpError::invalid("limit", say::bad_limit(limit, MOST))),
        }
    }

    /// The key after which to begin.
    pub fn after(&self) -> OpResult<Option<String>> {
        let Some(cursor) = &self.cursor else { return Ok(None) };
        let bytes = BASE64.decode(cursor).ok();
        let key = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
        key.map(Some).ok_or_else(|| OpError::invalid("cursor", say::bad_cursor()))
    }
}

/// A page of entries of which one more was asked for than shall be shown.
pub fn page<T>(items: Vec<T>, limit: u32, key: impl Fn(&T) -> &str) -> Page<T> {
    page_by(items, limit, |item| key(item).to_owned())
}

/// The same where the key is made for it.
pub fn page_by<T>(mut items: Vec<T>, limit: u32, key: impl Fn(&T) -> String) -> Page<T> {
    let limit = limit as usize;
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|last| BASE64.encode(key(last)));
    Page { items, next }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let shown = page(vec!["a".to_owned(), "größe".into(), "z".into()], 2, |text| text);
        assert_eq!(shown.items, ["a", "größe"]);
        let paging = Paging { limit: Some(2), cursor: shown.next };
        assert_eq!(paging.after().unwrap().as_deref(), Some("größe"));
        assert!(page(vec!["a".to_owned()], 1, |text| text).next.is_none());
    }

    #[test]
    fn what_is_no_page_is_refused() {
        for limit in [0, MOST + 1] {
            assert!(Paging { limit: Some(limit), cursor: None }.limit().is_err());
        }
        assert!(Paging { limit: None, cursor: Some("!".into()) }.after().is_err());
    }
}
