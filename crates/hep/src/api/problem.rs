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
    #[schema(value_type = String)]
    code: Box<str>,
    /// What went wrong, for people.
    detail: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    /// The field that is at fault, as a path in the JSON that was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// What does not stand in the body.
    #[serde(skip)]
    beside: Option<Box<Beside>>,
}

/// What an answer carries beside its body.
#[derive(Debug)]
enum Beside {
    /// What was denied, for the audit log.
    Denied(Message),
    /// Why an operation did not do what it was to do, for the audit log.
    Failed(Message),
    /// In how many seconds the same may be asked again.
    Retry(u64),
}

/// What was denied or failed, with the answer that says so.
#[derive(Clone, Debug)]
pub(crate) enum Refusal {
    /// They may not.
    Denied(Message),
    /// They may, and it could not be done.
    Failed(Message),
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
            code: message.id.as_ref().into(),
            detail,
            hint,
            field: None,
            beside: None,
        }
    }

    fn with(mut self, beside: Beside) -> Self {
        self.beside = Some(Box::new(beside));
        self
    }

    /// The problem of an operation that did not do what it was to do.
    fn failed(status: StatusCode, message: Message) -> Self {
        Self::new(status, &message).with(Beside::Failed(message))
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
            OpError::Denied(message) => {
                let problem = Self::new(StatusCode::FORBIDDEN, &message);
                problem.with(Beside::Denied(message))
            }
            OpError::NotFound(message) => Self::failed(StatusCode::NOT_FOUND, message),
            OpError::Invalid { field, message } => {
                let problem = Self::failed(StatusCode::UNPROCESSABLE_ENTITY, message);
                match field {
                    Some(field) => problem.at(field),
                    None => problem,
                }
            }
            OpError::Conflict(message) => Self::failed(StatusCode::CONFLICT, message),
            OpError::Stale(message) => Self::failed(StatusCode::PRECONDITION_FAILED, message),
            OpError::TooOften { message, retry_s } => {
                let problem = Self::new(StatusCode::TOO_MANY_REQUESTS, &message);
                problem.with(Beside::Retry(retry_s))
            }
            // It is not the server that fails, so this is none of the 5xx.
            OpError::Unreachable(message) => Self::failed(StatusCode::FAILED_DEPENDENCY, message),
            OpError::Unavailable(message) => Self::failed(StatusCode::SERVICE_UNAVAILABLE, message),
            OpError::Internal(text) => {
                let id = super::caller::current_request();
                tracing::error!(request = %id, "{text}");
                Self::failed(StatusCode::INTERNAL_SERVER_ERROR, server::internal(id))
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let kind = [(header::CONTENT_TYPE, "application/problem+json")];
        let mut response = (status, kind, body).into_response();
        match self.beside.map(|beside| *beside) {
            Some(Beside::Retry(seconds)) => {
                response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
            }
            Some(Beside::Denied(message)) => {
                response.extensions_mut().insert(Refusal::Denied(message));
            }
            Some(Beside::Failed(message)) => {
                response.extensions_mut().insert(Refusal::Failed(message));
            }
            None => {}
        }
        response
    }
}
