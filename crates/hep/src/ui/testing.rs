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
pub(crate) const PASSWORD: &str = "correct horse";

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

    /// Sends a form with a file, as browsers do.
    pub(crate) async fn upload(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        (field, name, content): (&str, &str, &[u8]),
    ) -> Answered {
        let csrf = self.csrf().await;
        let mut body = Vec::new();
        for (name, value) in [&[("csrf", csrf.as_str())], fields].concat() {
            let head = "--b0undary\r\nContent-Disposition: form-data; name=";
            body.extend_from_slice(format!("{head}\"{name}\"\r\n\r\n{value}\r\n").as_bytes());
        }
        let head = "--b0undary\r\nContent-Disposition: form-data; name=";
        let head = format!("{head}\"{field}\"; filename=\"{name}\"\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n--b0undary--\r\n");
        let request = self.client.post(self.url(path)).body(body);
        self.ask(request.header("content-type", "multipart/form-data; boundary=b0undary")).await
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

    /// Asks for a WebSocket, with more headers than those of its handshake.
    pub(crate) async fn socket(&self, path: &str, headers: &[(&str, &str)]) -> reqwest::Response {
        let handshake = [
            ("connection", "upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ];
        let mut request = self.client.get(self.url(path));
        for (name, value) in handshake.iter().chain(headers) {
            request = request.header(*name, *value);
        }
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

/// The fields of the form on a page that is sent to this address, as a browser would send them when nobody touches it.
pub(crate) fn form_of(page: &str, action: &str) -> Vec<(String, String)> {
    let start = format!("<form method=\"post\" action=\"{action}\"");
    let form = page.split(&start).nth(1).unwrap_or_else(|| panic!("no form to {action}: {page}"));
    let form = form.split("</form>").next().unwrap();
    let mut fields = Vec::new();
    for (at, _) in form.match_indices('<') {
        let rest = &form[at + 1..];
        let tag = rest.split('>').next().unwrap();
        let Some(name) = attribute(tag, "name") else { continue };
        let value = attribute(tag, "value").unwrap_or_default();
        match tag.split(' ').next().unwrap() {
            "input" => match attribute(tag, "type").as_deref() {
                Some("checkbox" | "radio") if !tag.contains(" checked") => {}
                Some("file") => {}
                _ if name == "csrf" => {}
                _ => fields.push((name, value)),
            },
            "textarea" => {
                let text = rest[tag.len() + 1..].split("</textarea>").next().unwrap();
                fields.push((name, plain(text.strip_prefix('\n').unwrap_or(text))));
            }
            "select" => {
                let options = rest.split("</select>").next().unwrap();
                let options: Vec<&str> = options.split("<option ").skip(1).collect();
                let chosen = options.iter().find(|option| option.contains(" selected"));
                let chosen = chosen.or(options.first());
                fields.extend(chosen.map(|tag| (name, attribute(tag, "value").unwrap())));
            }
            _ => {}
        }
    }
    fields
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let rest = tag.split(&format!(" {name}=\"")).nth(1);
    let rest = rest.or_else(|| tag.strip_prefix(&format!("{name}=\"")))?;
    Some(plain(rest.split('"').next()?))
}

/// A text as it was before it was written into a page.
fn plain(text: &str) -> String {
    let signs = [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")];
    signs.iter().fold(text.to_owned(), |text, (code, sign)| text.replace(code, sign))
}

/// A form with some of its fields filled in otherwise.
pub(crate) fn typed(form: Vec<(String, String)>, typed: &[(&str, &str)]) -> Vec<(String, String)> {
    let is_kept = |name: &str| typed.iter().all(|(other, _)| *other != name);
    let kept = form.into_iter().filter(|(name, _)| is_kept(name));
    kept.chain(typed.iter().map(|(name, text)| ((*name).into(), (*text).into()))).collect()
}

/// As the browser sends it.
pub(crate) fn pairs(form: &[(String, String)]) -> Vec<(&str, &str)> {
    form.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect()
}

/// The field that is wrong on a page, and how many are.
pub(crate) fn wrong_of(page: &str) -> Vec<String> {
    let groups = page.split("<div class=\"pf-v6-c-form__group").skip(1);
    let wrong = groups.filter(|group| group.starts_with(" hep-wrong"));
    let name = |group: &str| {
        let name = group.split(" name=\"").nth(1).unwrap_or_default();
        name.split('"').next().unwrap_or_default().to_owned()
    };
    wrong.map(name).collect()
}
