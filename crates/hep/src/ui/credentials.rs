//! Credentials: how hosts are logged in to. Their secrets go in and are never shown.

use hep_core::rights::Verb;
use hep_core::secret::Secret;
use hep_engine::ops::credential::{self, CredentialInput};
use hep_engine::ops::page::Paging;
use hep_engine::ops::{Actor, Engine, OpResult, host};
use hep_engine::store::credentials::{Credential, Kind};
use hep_engine::store::host_list::Filter;

use super::form::Form;
use super::frame::Section;
use super::kept::field::Field;
use super::kept::shown::{self, Cell, Fact, Piece, Table};
use super::kept::{self, Kept, Titles};
use super::pages::Pages;
use super::visit::Visit;
use super::words::Words;

/// How many hosts the page of a credential shows.
const SHOWN: u32 = 20;
/// The kinds, in the order in which they are offered.
const KINDS: [Kind; 4] = [Kind::Key, Kind::Password, Kind::Agent, Kind::Certificate];

/// The pages of this noun.
pub(super) fn pages() -> Pages {
    kept::all::<Credentials>()
}

/// The noun.
struct Credentials;

impl Kept for Credentials {
    kept::by_word! { credential: Credential named (name), said by |form| said(form) }

    type Choices = ();

    const SECTION: Section = Section::Credentials;
    const PATH: &'static str = "credentials";
    const WRITES: &'static [Verb] = &[Verb::Secrets];
    const WHAT: &'static str = "credentials";

    fn titles(t: Words) -> Titles {
        Titles {
            many: t.credentials_title(),
            intro: t.credentials_intro(),
            add: t.credentials_add(),
            none: t.credentials_none(),
            loss: t.credentials_loss(),
        }
    }

    fn heads(t: Words) -> Vec<&'static str> {
        vec![t.credentials_kind(), t.credentials_user(), t.kept_description()]
    }

    fn row(t: Words, credential: &Credential) -> Vec<Cell> {
        vec![
            shown::text(t.credential_kind(credential.kind)),
            shown::code(credential.user.as_deref().unwrap_or_default()),
            shown::text(&credential.description),
        ]
    }

    fn facts(t: Words, credential: &Credential) -> Vec<Fact> {
        let holds = credential.holds.iter().map(|held| Piece::Text(t.held(held).to_owned()));
        let block = |text: &Option<String>| text.clone().map(Piece::Block).into_iter().collect();
        let mut facts = vec![
            Fact::new(t.credentials_kind(), shown::text(t.credential_kind(credential.kind))),
            Fact::new(t.credentials_user(), shown::code(credential.user.as_deref().unwrap_or(""))),
            Fact::new(t.kept_description(), shown::text(&credential.description)),
            Fact::new(t.credentials_holds(), holds.collect()),
        ];
        if let Some(fingerprint) = &credential.fingerprint {
            facts.push(Fact::new(t.credentials_public_key(), block(&credential.public_key)));
            facts.push(Fact::new(t.credentials_fingerprint(), shown::code(fingerprint)));
        }
        if credential.certificate.is_some() {
            facts.push(Fact::new(t.credentials_certificate(), block(&credential.certificate)));
        }
        facts.extend(shown::stamps(t, &credential.created, Some(&credential.modified)));
        facts
    }

    async fn tables(
        engine: &Engine,
        visit: &Visit,
        credential: &Credential,
    ) -> OpResult<Vec<Table>> {
        let title = visit.t.credentials_users().to_owned();
        let empty = visit.t.credentials_unused().to_owned();
        if !visit.may_somewhere(Verb::View) {
            return Ok(Vec::new());
        }
        let filter = Filter { credential: Some(credential.name.clone()), ..Filter::default() };
        let paging = Paging { limit: Some(SHOWN), cursor: None };
        let page = host::list(engine, &visit.actor, filter, None, &paging).await?;
        Ok(vec![Table { title, empty, ..super::groups::table(visit.t, &page.items) }])
    }

    async fn choices(_: &Engine, _: &Actor) -> OpResult<()> {
        Ok(())
    }

    fn filled(credential: Option<&Credential>) -> Form {
        let Some(credential) = credential else {
            return Form::of([("kind", Kind::Key.word()), ("generate", "yes")]);
        };
        Form::of([
            ("name", credential.name.clone()),
            ("kind", credential.kind.word().to_owned()),
            ("user", credential.user.clone().unwrap_or_default()),
            ("description", credential.description.clone()),
            ("certificate", credential.certificate.clone().unwrap_or_default()),
        ])
    }

    fn fields(t: Words, form: &Form, (): &(), is_new: bool) -> Vec<Field> {
        let kinds = KINDS.map(|kind| (kind.word(), t.credential_kind(kind)));
        let kept = if is_new { "" } else { t.credentials_stays() };
        let with = |hint: &str| [hint, kept].join(" ").trim().to_owned();
        vec![
            Field::line(form, "name", t.kept_name()).required().code().hint(t.kept_name_hint()),
            Field::one(form, "kind", t.credentials_kind(), kinds).hint(t.credentials_kind_hint()),
            Field::line(form, "user", t.credentials_user()).code().hint(t.credentials_user_hint()),
            Field::line(form, "description", t.kept_description()),
            Field::secret("password", t.credential_password())
                .hint(with(t.credentials_password_hint()))
                .when("kind", "password"),
            Field::tick(form, "generate", t.credentials_generate())
                .hint(t.credentials_generate_hint())
                .when("kind", "key certificate"),
            Field::key("private_key", t.credential_private_key())
                .hint(with(t.credentials_private_key_hint()))
                .when("kind", "key certificate"),
            Field::secret("passphrase", t.credential_passphrase())
                .hint(with(t.credentials_passphrase_hint()))
                .when("kind", "key certificate"),
            Field::area(form, "certificate", t.credentials_certificate(), 3)
                .code()
                .hint(t.credentials_certificate_hint())
                .when("kind", "certificate"),
            Field::secret("become_password", t.credential_become_password())
                .hint(with(t.credentials_become_password_hint())),
        ]
    }
}

impl Words {
    /// A kind of credential.
    const fn credential_kind(self, kind: Kind) -> &'static str {
        match kind {
            Kind::Key => self.credentials_key(),
            Kind::Password => self.credential_password(),
            Kind::Agent => self.credentials_agent(),
            Kind::Certificate => self.credentials_certificate_and_key(),
        }
    }

    /// Which secret is held.
    fn held(self, word: &str) -> &'static str {
        match word {
            "private_key" => self.credential_private_key(),
            "passphrase" => self.credential_passphrase(),
            "password" => self.credential_password(),
            _ => self.credential_become_password(),
        }
    }
}

/// What a form says. A browser sends every field: of another kind those are left out that only this form has
/// filled in by itself.
fn said(form: &Form) -> CredentialInput {
    let word = form.word("kind");
    let kind = KINDS.into_iter().find(|kind| kind.word() == word).unwrap_or(Kind::Key);
    let with_key = matches!(kind, Kind::Key | Kind::Certificate);
    let secret =
        |name: &str| -> Option<Secret<String>> { form.is_on(name).then(|| form.secret(name)) };
    CredentialInput {
        name: form.word("name"),
        kind,
        user: form.optional("user"),
        description: form.word("description"),
        certificate: form.optional("certificate"),
        generate: with_key && form.is_on("generate") && !form.is_on("private_key"),
        private_key: secret("private_key"),
        passphrase: secret("passphrase"),
        password: secret("password"),
        become_password: secret("become_password"),
    }
}
