//! What went wrong, as RFC 9457 (`application/problem+json`) has it.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use hep_core::message::{Message, server};
use hep_engine::ops::OpError;
use serde::Serialize;

/// A problem. `type` is `about:blank` and the message's id tells them apart.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Problem {
    /// The status code again.
    status: u16,
    /// The kind of problem, in words.
    title: &'static str,
    /// The message's id: what programs tell problems apart by.
    code: String,
    /// What went wrong, for people.
    detail: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    /// The field that is at fault, as a path in the JSON that was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
}

impl Problem {
    /// A problem with a message.
    pub(crate) fn new(status: StatusCode, message: &Message) -> Self {
        let text = message.to_string();
        let (detail, hint) = match text.split_once("\nhint: ") {
            Some((detail, hint)) => (detail.to_owned(), Some(hint.to_owned())),
            None => (text, None),
        };
        Self {
            status: status.as_u16(),
            title: status.canonical_reason().unwrap_or("Error"),
            code: message.id.clone().into_owned(),
            detail,
            hint,
            field: None,
        }
    }

    /// The same, with the field at fault.
    pub(crate) fn at(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }
}

impl From<OpError> for Problem {
    fn from(error: OpError) -> Self {
        match error {
            OpError::NotSignedIn(message) => Self::new(StatusCode::UNAUTHORIZED, &message),
            OpError::Denied(message) => Self::new(StatusCode::FORBIDDEN, &message),
            OpError::NotFound(message) => Self::new(StatusCode::NOT_FOUND, &message),
            OpError::Invalid { field, message } => {
                let problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, &message);
                match field {
                    Some(field) => problem.at(field),
                    None => problem,
                }
            }
            OpError::Conflict(message) => Self::new(StatusCode::CONFLICT, &message),
            OpError::Stale(message) => Self::new(StatusCode::PRECONDITION_FAILED, &message),
            OpError::Unavailable(message) => Self::new(StatusCode::SERVICE_UNAVAILABLE, &message),
            OpError::Internal(text) => {
                let id = super::caller::current_request();
                tracing::error!(request = %id, "{text}");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, &server::internal(id))
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response()
    }
}
