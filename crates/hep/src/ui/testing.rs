//! A browser for tests: it keeps cookies, follows nothing by itself, and sends forms as pages do.

use std::cell::RefCell;
use std::collections::BTreeMap;

use hep_core::secret::Secret;
use hep_engine::ops::user::NewUser;
use hep_engine::ops::{Actor, user};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder};

use crate::serve::testing::{Answered, Running};

/// The password of everybody.
const PASSWORD: &str = "correct horse";

/// Somebody's browser.
pub(crate) struct Browser<'s> {
    server: &'s Running,
    client: Client,
    cookies: RefCell<BTreeMap<String, String>>,
    /// What is sent with every request besides.
    pub(crate) headers: Vec<(&'static str, &'static str)>,
}

impl<'s> Browser<'s> {
    /// One in which nobody has signed in.
    pub(crate) fn new(server: &'s Running) -> Self {
        let client = Client::builder().pool_max_idle_per_host(0).redirect(Policy::none()).build();
        Self {
            server,
            client: client.unwrap(),
            cookies: RefCell::default(),
            headers: vec![("sec-fetch-site", "same-origin")],
        }
    }

    /// One in which a new user of this role (or of none) has signed in.
    pub(crate) async fn of(server: &'s Running, role: Option<&str>) -> Self {
        let name = format!("a-{}", role.unwrap_or("nobody"));
        let password = Some(Secret::new(PASSWORD.to_owned()));
        let new = NewUser { password, role: role.map(str::to_owned), ..NewUser::named(&name) };
        user::create(&server.engine, &Actor::command_line("test"), new).await.unwrap();
        let browser = Self::new(server);
        let fields = [("name", name.as_str()), ("password", PASSWORD)];
        browser.send("/ui/sign-in", &fields).await.expect(303);
        browser
    }

    /// Asks for a page.
    pub(crate) async fn get(&self, path: &str) -> Answered {
        self.ask(self.client.get(self.url(path))).await
    }

    /// Sends a form from a page of this session.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answered {
        let csrf = self.csrf().await;
        let csrf = [("csrf", csrf.as_str())];
        self.send(path, &[&csrf, fields].concat()).await
    }

    /// Sends a form as it is.
    pub(crate) async fn send(&self, path: &str, fields: &[(&str, &str)]) -> Answered {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        let request = self.client.post(self.url(path)).body(body.finish());
        self.ask(request.header("content-type", "application/x-www-form-urlencoded")).await
    }

    /// What every form of the session holds.
    async fn csrf(&self) -> String {
        let page = self.get("/ui/").await.text;
        let field = page.split("name=\"csrf\" value=\"").nth(1).unwrap_or_default();
        field.split('"').next().unwrap_or_default().to_owned()
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.server.address)
    }

    /// Follows a stream, from where a browser was that comes again.
    pub(crate) async fn follow(&self, path: &str, last: Option<&str>) -> reqwest::Response {
        let request = self.client.get(self.url(path)).header("accept", "text/event-stream");
        let request = match last {
            Some(last) => request.header("last-event-id", last),
            None => request,
        };
        self.dressed(request).send().await.unwrap()
    }

    fn dressed(&self, mut request: RequestBuilder) -> RequestBuilder {
        for (name, value) in &self.headers {
            request = request.header(*name, *value);
        }
        let cookies: Vec<String> =
            self.cookies.borrow().iter().map(|(name, value)| format!("{name}={value}")).collect();
        request.header("cookie", cookies.join("; "))
    }

    async fn ask(&self, request: RequestBuilder) -> Answered {
        let answer = self.dressed(request).send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        for set in headers.get_all("set-cookie") {
            let (pair, rest) = set.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            let mut cookies = self.cookies.borrow_mut();
            match rest.contains("Max-Age=0;") {
                true => cookies.remove(name),
                false => cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        Answered { status, headers, text: answer.text().await.unwrap() }
    }
}
