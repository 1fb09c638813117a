//! The pages as a list: what the router answers, and what a test can walk through.

use axum::Router;
use axum::handler::Handler;
use axum::routing::{any, get, post};
use hep_engine::ops::Engine;

use super::{ROOT, fault};

/// Pages and forms, with their routes.
pub(super) struct Pages {
    /// What answers.
    pub(super) router: Router<Engine>,
    /// `GET` or `POST`, and the path with its places (`/ui/hosts/{name}`).
    pub(super) routes: Vec<(&'static str, String)>,
}

impl Default for Pages {
    /// Only what says that there is no such page.
    fn default() -> Self {
        let router = Router::new().route(&format!("{ROOT}/{{*rest}}"), any(fault::no_such_page));
        Self { router: router.route(ROOT, get(fault::to_root)), routes: Vec::new() }
    }
}

impl Pages {
    /// No page.
    pub(super) fn new() -> Self {
        Self { router: Router::new(), routes: Vec::new() }
    }

    /// With a page, at a path below `/ui`.
    pub(super) fn get<H: Handler<T, Engine>, T: 'static>(mut self, path: &str, page: H) -> Self {
        let path = format!("{ROOT}{path}");
        self.router = self.router.route(&path, get(page));
        self.routes.push(("GET", path));
        self
    }

    /// With what takes a form, at a path below `/ui`.
    pub(super) fn post<H: Handler<T, Engine>, T: 'static>(mut self, path: &str, form: H) -> Self {
        let path = format!("{ROOT}{path}");
        self.router = self.router.route(&path, post(form));
        self.routes.push(("POST", path));
        self
    }

    /// These and others.
    pub(super) fn and(mut self, others: Self) -> Self {
        self.router = self.router.merge(others.router);
        self.routes.extend(others.routes);
        self
    }
}
