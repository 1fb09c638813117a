//! What went wrong, as a page: what it is in plain words, what to do, technical detail under a fold.

use std::any::Any;

use askama::Template;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use hep_core::message::{Message, server};
use hep_core::rights::Verb;
use hep_engine::ops::OpError;

use super::door::dressed;
use super::frame::Frame;
use super::reply;
use super::visit::Visit;
use super::words::Words;
use crate::api::{self, Refusal};

/// Why there is no page.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    /// The status.
    pub(crate) status: StatusCode,
    /// What is said of it.
    pub(crate) message: Message,
    /// The field at fault.
    pub(crate) field: Option<&'static str>,
    /// In how many seconds the same may be asked again.
    retry_s: Option<u64>,
}

impl Fault {
    /// A fault with its message.
    pub(crate) const fn new(status: StatusCode, message: Message) -> Self {
        Self { status, message, field: None, retry_s: None }
    }

    /// The same, at this field.
    pub(crate) fn at(mut self, field: Option<&'static str>) -> Self {
        self.field = field;
        self
    }

    /// Whether a form is to be shown again with it, rather than a page of its own.
    pub(crate) fn is_for_the_form(&self) -> bool {
        use StatusCode as Is;
        let of_form = [
            Is::UNPROCESSABLE_ENTITY,
            Is::CONFLICT,
            Is::PRECONDITION_FAILED,
            Is::FAILED_DEPENDENCY,
            Is::TOO_MANY_REQUESTS,
        ];
        of_form.contains(&self.status)
    }

    /// For the audit log.
    fn refusal(&self) -> Option<Refusal> {
        match self.status {
            StatusCode::FORBIDDEN => Some(Refusal::Denied(self.message.clone())),
            StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS => None,
            _ => Some(Refusal::Failed(self.message.clone())),
        }
    }

    /// Adds to an answer what the layers around it must know: the audit log's, and when to ask again.
    pub(crate) fn noted(&self, response: Response) -> Response {
        let mut response = self.carried(response);
        *response.status_mut() = self.status;
        if let Some(seconds) = self.retry_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }

    /// Adds the same to an answer that leads to another page, which says what went wrong.
    pub(crate) fn carried(&self, mut response: Response) -> Response {
        if let Some(refusal) = self.refusal() {
            response.extensions_mut().insert(refusal);
        }
        response
    }

    /// The page; to a script the part of one.
    pub(super) fn page(&self, visit: &Visit) -> Response {
        let t = visit.t;
        let (title, hint) = self.words(t);
        if visit.is_partial {
            return self.part(visit, &hint);
        }
        let page = FaultPage {
            frame: visit.frame(title),
            t,
            title,
            hint,
            said: visit.speech(&self.message),
        };
        self.noted(reply::page(&page))
    }

    /// In place of the part that was asked for. A list stays as it is: it is said over the page.
    fn part(&self, visit: &Visit, hint: &str) -> Response {
        let mut said = visit.speech(&self.message);
        if !hint.is_empty() {
            said.hint = Some(hint.to_owned());
        }
        let mut response = self.noted(reply::page(&FaultPart { t: visit.t, said }));
        if visit.is_list {
            for (name, text) in [("hx-retarget", "#news"), ("hx-reswap", "innerHTML")] {
                response.headers_mut().insert(name, HeaderValue::from_static(text));
            }
        }
        response
    }

    fn words(&self, t: Words) -> (&'static str, String) {
        match self.status {
            StatusCode::NOT_FOUND => (t.fault_missing(), t.fault_missing_hint().to_owned()),
            StatusCode::FORBIDDEN if self.message.id == "server.no_csrf" => {
                (t.fault_expired(), t.fault_expired_hint().to_owned())
            }
            StatusCode::FORBIDDEN => (t.fault_denied(), self.lacks(t)),
            StatusCode::INTERNAL_SERVER_ERROR => {
                (t.fault_server(), t.fault_server_hint(api::current_request()))
            }
            StatusCode::METHOD_NOT_ALLOWED => {
                (t.fault_missing(), t.fault_missing_hint().to_owned())
            }
            StatusCode::PAYLOAD_TOO_LARGE => (t.fault_large(), t.fault_large_hint().to_owned()),
            StatusCode::TOO_MANY_REQUESTS => (t.fault_often(), String::new()),
            StatusCode::SERVICE_UNAVAILABLE => (t.fault_unavailable(), String::new()),
            _ => (t.fault_request(), String::new()),
        }
    }

    /// Which right is missing, where the message says so, and whom to ask.
    fn lacks(&self, t: Words) -> String {
        let verb = self.message.arg("verb");
        let verb = Verb::ALL.into_iter().find(|one| Some(one.word()) == verb);
        let right = verb.map(|verb| t.fault_denied_right(t.right(verb)) + " ").unwrap_or_default();
        right + t.fault_denied_hint()
    }
}

impl Words {
    /// A right in the reader's words.
    pub(crate) const fn right(self, verb: Verb) -> &'static str {
        match verb {
            Verb::View => self.right_view(),
            Verb::Run => self.right_run(),
            Verb::RunJobs => self.right_run_jobs(),
            Verb::WriteJobs => self.right_write_jobs(),
            Verb::Change => self.right_change(),
            Verb::Power => self.right_power(),
            Verb::Terminal => self.right_terminal(),
            Verb::Secrets => self.right_secrets(),
            Verb::Administer => self.right_administer(),
        }
    }
}

impl From<OpError> for Fault {
    fn from(error: OpError) -> Self {
        use StatusCode as Is;
        match error {
            OpError::NotSignedIn(message) => Self::new(Is::UNAUTHORIZED, message),
            OpError::Denied(message) => Self::new(Is::FORBIDDEN, message),
            OpError::NotFound(message) => Self::new(Is::NOT_FOUND, message),
            OpError::Invalid { field, message } => {
                Self { field, ..Self::new(Is::UNPROCESSABLE_ENTITY, message) }
            }
            OpError::Conflict(message) => Self::new(Is::CONFLICT, message),
            OpError::Stale(message) => Self::new(Is::PRECONDITION_FAILED, message),
            OpError::TooOften { message, retry_s } => {
                Self { retry_s: Some(retry_s), ..Self::new(Is::TOO_MANY_REQUESTS, message) }
            }
            OpError::Unreachable(message) => Self::new(Is::FAILED_DEPENDENCY, message),
            OpError::Unavailable(message) => Self::new(Is::SERVICE_UNAVAILABLE, message),
            OpError::Internal(text) => {
                let id = api::current_request();
                tracing::error!(request = %id, "{text}");
                Self::new(Is::INTERNAL_SERVER_ERROR, server::internal(id))
            }
        }
    }
}

impl IntoResponse for Fault {
    /// Without a body: the door makes a page of it, for it knows who visits.
    fn into_response(self) -> Response {
        let mut response = self.noted(Response::default());
        response.extensions_mut().insert(self);
        response
    }
}

/// The page of a fault.
#[derive(Template)]
#[template(path = "fault.html")]
struct FaultPage {
    frame: Frame,
    t: Words,
    title: &'static str,
    hint: String,
    said: super::speech::Said,
}

/// The part of a page that a fault is.
#[derive(Template)]
#[template(path = "part/wrong.html")]
struct FaultPart {
    t: Words,
    said: super::speech::Said,
}

/// Somebody who asked for a page and is answered before any page was: in their language, but without their menu.
pub(crate) struct Reader(Visit);

impl Reader {
    /// Who asks for a page of ours.
    pub(crate) fn of(parts: &Parts) -> Option<Self> {
        let path = parts.uri.path();
        let is_page = path == super::ROOT || path.starts_with("/ui/");
        is_page.then(|| Self(Visit::guest(parts, api::origin(parts))))
    }

    /// Why there is no page.
    pub(crate) fn told(&self, status: StatusCode, message: Message) -> Response {
        dressed(Fault::new(status, message).page(&self.0))
    }
}

/// What answers where there is no page.
pub(super) async fn no_such_page(request: axum::extract::Request) -> Fault {
    let path = request.uri().path().to_owned();
    let message = hep_core::message::api::no_such_call(request.method(), path);
    Fault::new(StatusCode::NOT_FOUND, message)
}

/// To the overview.
pub(super) async fn to_root() -> Redirect {
    Redirect::to("/ui/")
}

/// The answer when our own code failed.
#[expect(clippy::needless_pass_by_value, reason = "the layer's own form")]
pub(super) fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no reason given");
    Fault::from(OpError::Internal(format!("a page made us fail: {text}"))).into_response()
}
