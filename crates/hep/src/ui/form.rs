//! A form that was sent.

use std::sync::Arc;

use axum::body::Bytes;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use hep_core::secret::Secret;

use super::fault::Fault;
use super::multipart;

/// The fields of a form, in their order. Whoever gets one: it was checked that the session's own page sent it.
#[derive(Clone, Default)]
pub(crate) struct Form {
    fields: Arc<Vec<(String, String)>>,
    files: Arc<Vec<Upload>>,
}

/// A file that came with a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Upload {
    /// The field that it was chosen in.
    pub(crate) field: String,
    /// What it is called where it came from; without its folder.
    pub(crate) name: String,
    /// What it holds.
    pub(crate) content: Bytes,
}

impl Form {
    /// Reads `application/x-www-form-urlencoded`.
    pub(super) fn parse(body: &[u8]) -> Self {
        Self::of(form_urlencoded::parse(body).into_owned())
    }

    /// Reads a body of this type: `multipart/form-data`, in which files come, or the other.
    pub(super) fn read(content_type: &str, body: &Bytes) -> Self {
        match multipart::boundary(content_type) {
            Some(boundary) => {
                let (fields, files) = multipart::parse(&boundary, body);
                Self { fields: Arc::new(fields), files: Arc::new(files) }
            }
            None => Self::parse(body),
        }
    }

    /// A form with these fields.
    pub(crate) fn of<N: Into<String>, T: Into<String>>(
        fields: impl IntoIterator<Item = (N, T)>,
    ) -> Self {
        let fields = fields.into_iter().map(|(name, text)| (name.into(), text.into()));
        Self { fields: Arc::new(fields.collect()), files: Arc::default() }
    }

    /// This form, with the fields of another in place of its own.
    pub(crate) fn over(&self, other: &Self) -> Self {
        let is_kept = |name: &str| other.fields.iter().all(|(key, _)| key != name);
        let kept = self.fields.iter().filter(|(name, _)| is_kept(name));
        let fields = kept.chain(other.fields.iter()).cloned().collect();
        Self { fields: Arc::new(fields), files: Arc::clone(&self.files) }
    }

    /// The form without some fields.
    #[cfg(test)]
    pub(crate) fn without(&self, names: &[&str]) -> Self {
        let kept = self.fields.iter().filter(|(name, _)| !names.contains(&name.as_str()));
        Self { fields: Arc::new(kept.cloned().collect()), files: Arc::clone(&self.files) }
    }

    /// The file that was chosen in this field.
    pub(crate) fn file(&self, field: &str) -> Option<&Upload> {
        self.files.iter().find(|file| file.field == field)
    }

    /// The field as it was written; empty when it is not there. Browsers write line ends as `\r\n`.
    pub(crate) fn text(&self, name: &str) -> String {
        self.field(name).replace("\r\n", "\n")
    }

    /// The field without white space around it.
    pub(crate) fn word(&self, name: &str) -> String {
        self.field(name).trim().to_owned()
    }

    /// The same, or nothing where nothing was written.
    pub(crate) fn optional(&self, name: &str) -> Option<String> {
        Some(self.word(name)).filter(|word| !word.is_empty())
    }

    /// Whether it is there at all.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|(key, _)| key == name)
    }

    /// Every field of this name.
    pub(crate) fn all(&self, name: &str) -> Vec<String> {
        let fields = self.fields.iter().filter(|(key, _)| key == name);
        fields.map(|(_, value)| value.clone()).collect()
    }

    /// The fields once more as the query of an address, some of them otherwise: those with an empty value go.
    pub(crate) fn with(&self, other: &[(&str, &str)]) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let kept = self
            .fields
            .iter()
            .filter(|(key, value)| !value.is_empty() && !other.iter().any(|(name, _)| name == key));
        query.extend_pairs(kept);
        query.extend_pairs(other.iter().filter(|(_, value)| !value.is_empty()));
        query.finish()
    }

    /// These fields once more as the query of an address, in this order; those with an empty value go.
    pub(crate) fn only(&self, names: &[&str]) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for name in names {
            let values = self.fields.iter().filter(|(key, value)| key == name && !value.is_empty());
            query.extend_pairs(values);
        }
        query.finish()
    }

    /// Every field but the token, to be carried on by another form.
    pub(crate) fn carried(&self) -> Vec<(String, String)> {
        let fields = self.fields.iter().filter(|(key, _)| key != super::door::CSRF_FIELD);
        fields.cloned().collect()
    }

    /// A field that nobody may see again.
    pub(crate) fn secret(&self, name: &str) -> Secret<String> {
        Secret::new(self.field(name).to_owned())
    }

    /// Whether a box is ticked.
    pub(crate) fn is_on(&self, name: &str) -> bool {
        !self.field(name).is_empty()
    }

    fn field(&self, name: &str) -> &str {
        let mut fields = self.fields.iter();
        fields.find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Form {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Fault> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}

/// The fields in the address: a filter, a page, an order.
pub(crate) struct Query(pub(crate) Form);

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Fault> {
        Ok(Self(Form::parse(parts.uri.query().unwrap_or_default().as_bytes())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_and_written() {
        let form = Form::parse(b"a=+x%0D%0Ay+&b=1&b=2&c=");
        assert_eq!(form.text("a"), " x\ny ");
        assert_eq!(form.optional("c"), None);
        assert_eq!(form.all("b"), ["1", "2"]);
        assert_eq!(form.with(&[("a", "&"), ("d", "")]), "b=1&b=2&a=%26");
        assert_eq!(form.only(&["b", "c", "d"]), "b=1&b=2");
    }
}
