//! The packages of a host: what it has, what it could have, installing, removing and upgrading.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use hep_core::verb::packages::Package;
use hep_engine::ops::{Engine, verb};
use serde_json::json;

use super::{Answer, Head, Place, Tab, address, place};
use crate::ui::act::{Act, begin};
use crate::ui::fault::Fault;
use crate::ui::form::{Form, Query};
use crate::ui::frame::Frame;
use crate::ui::measure::bytes;
use crate::ui::pages::Pages;
use crate::ui::reply;
use crate::ui::sure::SURE;
use crate::ui::visit::Member;
use crate::ui::words::Words;

/// How many packages are shown at once: nobody reads more, and a phone draws no more.
const SHOWN: usize = 200;

/// The pages of this tab.
pub(super) fn pages() -> Pages {
    Pages::new().get("/hosts/{name}/packages", show).post("/hosts/{name}/packages", change)
}

#[derive(Template)]
#[template(path = "host/packages.html", blocks = ["part"])]
struct PackagesPage {
    frame: Frame,
    t: Words,
    head: Head,
    answer: Answer<Vec<Package>>,
    text: String,
    /// Whether it is searched for among those that could be installed.
    is_search: bool,
}

impl PackagesPage {
    fn shown(&self) -> Vec<&Package> {
        let has = |package: &&Package| {
            self.is_search || self.text.is_empty() || package.name.contains(&self.text)
        };
        self.answer.here().into_iter().flatten().filter(has).take(SHOWN).collect()
    }

    fn many(&self) -> usize {
        self.answer.here().map_or(0, Vec::len)
    }

    #[expect(clippy::unused_self, reason = "templates call it on what they have")]
    fn size(&self, package: &Package) -> String {
        package.size.map(bytes).unwrap_or_default()
    }
}

async fn show(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(name): Path<String>,
    Query(query): Query,
) -> Result<Response, Fault> {
    let Place { host, head, frame } = place(&engine, &visit, &name, Tab::Packages).await?;
    let (text, is_search) = (query.word("text"), query.word("of") == "available");
    let words = is_search.then_some(text.as_str());
    let said = verb::packages(&engine, &visit.actor, &host.said.name, words);
    let answer = Answer::asked(&visit, &query, said).await?;
    let page = PackagesPage { frame, t: visit.t, head, answer, text, is_search };
    Ok(reply::page_or(&visit, &page, &page.as_part()))
}

async fn change(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(name): Path<String>,
    form: Form,
) -> Result<Response, Fault> {
    let t = visit.t;
    let package = |field: &str| form.optional(field);
    let (verb, names, text) = match (package("install"), package("remove"), package("upgrade")) {
        (Some(one), ..) => {
            let text = t.package_installed(&one, &name);
            ("packages.install", words(&one), text)
        }
        (_, Some(one), _) if !form.is_on(SURE) => {
            let title = t.package_remove_title(&one, &name);
            let button = format!("{}: {one}", t.package_remove());
            let question = (title, button, vec![t.package_remove_explained(&name)]);
            return super::question(&engine, &visit, (&name, "/packages"), &form, question).await;
        }
        (_, Some(one), _) => {
            let text = t.package_removed(&one, &name);
            ("packages.remove", words(&one), text)
        }
        (_, _, Some(one)) => {
            let text = t.package_upgraded(&one, &name);
            ("packages.upgrade", words(&one), text)
        }
        _ => ("packages.upgrade", Vec::new(), t.package_all_upgraded(&name)),
    };
    let act = Act { selector: &name, verb, parameters: json!({ "names": names }), text };
    begin(&engine, &visit, act, &format!("{}/packages", address(&name))).await
}

/// The names of a field, which people part by white space or commas.
pub(in crate::ui) fn words(text: &str) -> Vec<String> {
    let parts = text.split(|c: char| c.is_whitespace() || c == ',');
    parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::super::host_test::{self, server};
    use super::*;
    use crate::ui::hostile_test::{EVIL, check};

    #[tokio::test]
    async fn a_package_is_text_whatever_it_calls_itself() {
        let server = server().await;
        for is_search in [false, true] {
            let (Place { head, frame, .. }, t) = host_test::place(&server, Tab::Packages).await;
            let evil = EVIL.replace(char::is_control, "").replace('\u{202e}', "");
            let package = Package {
                name: evil.clone(),
                version: evil.clone(),
                architecture: evil.clone(),
                size: Some(1),
                summary: evil,
            };
            let answer = Answer::Here(vec![package]);
            let page = PackagesPage { frame, t, head, answer, text: "alert".into(), is_search };
            let page = page.render().unwrap();
            check("packages", &page);
            assert!(page.matches("alert(1)").count() > 4, "{page}");
        }
    }
}
