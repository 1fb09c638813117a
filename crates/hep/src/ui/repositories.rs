//! Repositories: where manifests are taken from with git.

use hep_core::rights::Verb;
use hep_engine::ops::{Actor, Engine, OpResult, credential, repository};
use hep_engine::store::repositories::{Repository, RepositoryInput};

use super::form::Form;
use super::frame::Section;
use super::kept::field::Field;
use super::kept::shown::{self, Cell, Fact, Piece};
use super::kept::{self, Kept, Titles};
use super::pages::Pages;
use super::words::Words;

/// The pages of this noun.
pub(super) fn pages() -> Pages {
    kept::all::<Repositories>()
}

/// The noun.
struct Repositories;

impl Kept for Repositories {
    kept::by_word! { repository: Repository named (said.name), said by |form| said(form) }

    /// The names of the credentials.
    type Choices = Vec<String>;

    const SECTION: Section = Section::Repositories;
    const PATH: &'static str = "repositories";
    const WRITES: &'static [Verb] = &[Verb::WriteJobs, Verb::Run];
    const WHAT: &'static str = "repositories";

    fn titles(t: Words) -> Titles {
        Titles {
            many: t.repositories_title(),
            intro: t.repositories_intro(),
            add: t.repositories_add(),
            none: t.repositories_none(),
            loss: t.repositories_loss(),
        }
    }

    fn heads(t: Words) -> Vec<&'static str> {
        vec![t.kept_description(), t.repositories_url(), t.repositories_revision()]
    }

    fn row(_: Words, repository: &Repository) -> Vec<Cell> {
        let said = &repository.said;
        vec![shown::text(&said.description), shown::code(&said.url), shown::code(&said.revision)]
    }

    fn facts(t: Words, repository: &Repository) -> Vec<Fact> {
        let said = &repository.said;
        let keys = Some(said.host_keys.clone()).filter(|keys| !keys.is_empty());
        let mut facts = vec![
            Fact::new(t.kept_description(), shown::text(&said.description)),
            Fact::new(t.repositories_url(), shown::code(&said.url)),
            Fact::new(t.repositories_revision(), shown::code(&said.revision)),
            Fact::new(t.repositories_folder(), shown::code(&said.folder)),
            Fact::new(t.credentials_one(), shown::links("credentials", &said.credential)),
            Fact::new(t.repositories_keys(), keys.map(Piece::Block).into_iter().collect()),
        ];
        facts.extend(shown::stamps(t, &repository.created, Some(&repository.modified)));
        facts
    }

    async fn choices(engine: &Engine, actor: &Actor) -> OpResult<Vec<String>> {
        if !actor.may(Verb::Secrets) {
            return Ok(Vec::new());
        }
        let page = credential::list(engine, actor, &kept::everything()).await?;
        Ok(page.items.into_iter().map(|credential| credential.name).collect())
    }

    fn filled(repository: Option<&Repository>) -> Form {
        let Some(repository) = repository else { return Form::default() };
        let said = repository.said.clone();
        Form::of([
            ("name", said.name),
            ("description", said.description),
            ("url", said.url),
            ("revision", said.revision),
            ("folder", said.folder),
            ("credential", said.credential.unwrap_or_default()),
            ("host_keys", said.host_keys),
        ])
    }

    fn fields(t: Words, form: &Form, credentials: &Vec<String>, _: bool) -> Vec<Field> {
        // Who may not choose one keeps the one that is there.
        let mut names = credentials.clone();
        names.extend(form.optional("credential").filter(|name| !credentials.contains(name)));
        let credentials = super::grants::or_none(t.kept_none(), &names);
        let line = |name, label| Field::line(form, name, label).code();
        vec![
            line("name", t.kept_name()).required().hint(t.kept_name_hint()),
            Field::line(form, "description", t.kept_description()),
            line("url", t.repositories_url()).required().hint(
                t.repositories_url_hint("https://git.example/site.git", "git@git.example:site.git"),
            ),
            line("revision", t.repositories_revision()).hint(t.repositories_revision_hint()),
            line("folder", t.repositories_folder()).hint(t.repositories_folder_hint()),
            Field::one(form, "credential", t.credentials_one(), credentials)
                .hint(t.repositories_credential_hint()),
            Field::area(form, "host_keys", t.repositories_keys(), 3)
                .code()
                .hint(t.repositories_keys_hint()),
        ]
    }
}

fn said(form: &Form) -> RepositoryInput {
    RepositoryInput {
        name: form.word("name"),
        description: form.word("description"),
        url: form.word("url"),
        revision: form.word("revision"),
        folder: form.word("folder"),
        credential: form.optional("credential"),
        host_keys: form.text("host_keys").trim().to_owned(),
    }
}
