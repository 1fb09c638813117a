//! What is kept and has a name: groups, users, jobs. All of them have the same pages (a list, one of them, new, edit,
//! remove), so that a noun is one file that says what is special about it.

pub(crate) mod field;
mod pages;
pub(crate) mod reader;
pub(crate) mod shown;
pub(crate) mod variables;

use std::future::Future;

use hep_core::message::Message;
use hep_core::rights::Verb;
use hep_engine::ops::page::{Page, Paging};
use hep_engine::ops::{Actor, Engine, OpResult};

use self::field::Field;
use self::reader::Wrong;
use self::shown::{Action, Cell, Fact, Table};
use super::form::Form;
use super::frame::Section;
use super::reply;
use super::visit::Visit;
use super::words::Words;

pub(crate) use self::pages::{
    FormPage, MORE, all, done, form_again, form_wrong, listing, new_again, offering, removing,
    showing,
};

/// The words of a noun.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Titles {
    /// Many of them: the title of the list.
    pub(crate) many: &'static str,
    /// What they are, for somebody who has never seen one.
    pub(crate) intro: &'static str,
    /// The button that makes one.
    pub(crate) add: &'static str,
    /// What is said where there is none.
    pub(crate) none: &'static str,
    /// What goes with one that is removed, and what stays.
    pub(crate) loss: &'static str,
}

/// A noun that is kept.
pub(crate) trait Kept: Send + Sync + 'static {
    /// One of them, as the operations give it.
    type Noun: Send + Sync;
    /// What can be chosen in the form.
    type Choices: Send + Sync;

    /// The part of the menu.
    const SECTION: Section;
    /// Where its pages are, below `/ui`.
    const PATH: &'static str;
    /// Without one of these on everything nobody makes or changes one.
    const WRITES: &'static [Verb];
    /// What the right to them is refused for.
    const WHAT: &'static str;
    /// Whether one can be changed once it is made.
    const CHANGES: bool = true;
    /// The island of scripts that its form has.
    const ISLAND: Option<&'static str> = None;

    /// Its words.
    fn titles(t: Words) -> Titles;
    /// What one is called.
    fn name(noun: &Self::Noun) -> String;
    /// The word by which it is found.
    fn key(noun: &Self::Noun) -> String {
        Self::name(noun)
    }
    /// Which version of it this is.
    fn version(noun: &Self::Noun) -> i64;
    /// Whether this one came with the program and stays as it is.
    fn is_fixed(_noun: &Self::Noun) -> bool {
        false
    }
    /// What one is called on the page that changes it: of its key and its form.
    fn called(key: &str, _form: &Form) -> String {
        key.to_owned()
    }
    /// Whether this actor may change and remove this one.
    fn may_change(actor: &Actor, noun: &Self::Noun) -> bool {
        Self::may_write(actor) && !Self::is_fixed(noun)
    }
    /// Whether this actor may make and change them.
    fn may_write(actor: &Actor) -> bool {
        Self::WRITES.iter().all(|verb| actor.may(*verb))
    }
    /// Refuses who may not make and change them.
    fn must_write(actor: &Actor) -> OpResult<()> {
        Self::WRITES.iter().try_for_each(|verb| actor.must(*verb, Self::WHAT))
    }

    /// Refuses who may not change and remove this one.
    fn must_change(actor: &Actor, _noun: &Self::Noun) -> OpResult<()> {
        Self::must_write(actor)
    }

    /// A page of them.
    fn list(
        engine: &Engine,
        actor: &Actor,
        query: &Form,
        paging: &Paging,
    ) -> impl Future<Output = OpResult<Page<Self::Noun>>> + Send;
    /// One of them.
    fn show(
        engine: &Engine,
        actor: &Actor,
        key: &str,
    ) -> impl Future<Output = OpResult<Self::Noun>> + Send;
    /// Makes one of a form; gives the word by which it is found.
    fn create(
        engine: &Engine,
        actor: &Actor,
        form: &Form,
    ) -> impl Future<Output = OpResult<String>> + Send;
    /// Changes one of a form, if it has this version still; gives the word by which it is found now.
    fn update(
        engine: &Engine,
        actor: &Actor,
        key: &str,
        version: i64,
        form: &Form,
    ) -> impl Future<Output = OpResult<String>> + Send;
    /// Removes one, if it has this version still.
    fn delete(
        engine: &Engine,
        actor: &Actor,
        key: &str,
        version: i64,
    ) -> impl Future<Output = OpResult<()>> + Send;

    /// By what the list can be narrowed.
    fn filters(_t: Words, _query: &Form) -> Vec<Field> {
        Vec::new()
    }
    /// The columns of the list beside the name.
    fn heads(t: Words) -> Vec<&'static str>;
    /// What stands in them.
    fn row(t: Words, noun: &Self::Noun) -> Vec<Cell>;
    /// What is shown of one.
    fn facts(t: Words, noun: &Self::Noun) -> Vec<Fact>;
    /// What is shown below that.
    fn tables(
        _engine: &Engine,
        _visit: &Visit,
        _noun: &Self::Noun,
    ) -> impl Future<Output = OpResult<Vec<Table>>> + Send {
        std::future::ready(Ok(Vec::new()))
    }
    /// What can be done with one beside changing and removing it.
    fn actions(_visit: &Visit, _noun: &Self::Noun) -> Vec<Action> {
        Vec::new()
    }

    /// What can be chosen in the form.
    fn choices(
        engine: &Engine,
        actor: &Actor,
    ) -> impl Future<Output = OpResult<Self::Choices>> + Send;
    /// What stands in the form at first: of a new one, or of one that is there.
    fn filled(noun: Option<&Self::Noun>) -> Form;
    /// The fields of the form.
    fn fields(t: Words, form: &Form, choices: &Self::Choices, is_new: bool) -> Vec<Field>;

    /// The form as it is taken: what came with it in its place.
    fn taken(form: &Form) -> Form {
        form.clone()
    }
    /// All that is wrong with a form by itself, where more than one thing can be told.
    fn wrong(_form: &Form) -> Vec<Wrong> {
        Vec::new()
    }
    /// The field at fault, where an operation names it otherwise than the form does.
    fn field_at_fault(_form: &Form, _at: Option<&str>, _message: &Message) -> Option<String> {
        None
    }

    /// What the button says that asks for more room in the form.
    fn more(_t: Words) -> Option<&'static str> {
        None
    }
    /// Where the form is looked at while somebody fills it in.
    fn check_at() -> Option<&'static str> {
        None
    }

    /// Where the list is.
    fn root() -> String {
        format!("/ui/{}", Self::PATH)
    }
    /// Where one is.
    fn address(key: &str) -> String {
        format!("/ui/{}/{}", Self::PATH, reply::segment(key))
    }
}

/// Writes what nouns have in common whose operations find them by one word, which is the name unless `found by` says
/// otherwise: `said by` makes of a form what the operations take, which may fail.
macro_rules! by_word {
    ($op:ident: $Noun:ident named $name:tt, said by |$form:ident| $said:expr) => {
        kept::by_word! { @all $op $Noun $name $name $form $said }
    };
    (
        $op:ident: $Noun:ident named $name:tt, found by $key:tt,
        said by |$form:ident| $said:expr
    ) => {
        kept::by_word! { @all $op $Noun $name $key $form $said }
    };
    (@all $op:ident $Noun:ident ($($name:ident).+) ($($key:ident).+) $form:ident $said:expr) => {
        type Noun = $Noun;

        fn name(noun: &$Noun) -> String {
            noun.$($name).+.clone()
        }

        fn key(noun: &$Noun) -> String {
            noun.$($key).+.clone()
        }

        fn version(noun: &$Noun) -> i64 {
            noun.version
        }

        async fn list(
            engine: &Engine,
            actor: &Actor,
            _: &Form,
            paging: &hep_engine::ops::page::Paging,
        ) -> hep_engine::ops::OpResult<hep_engine::ops::page::Page<$Noun>> {
            $op::list(engine, actor, paging).await
        }

        async fn show(engine: &Engine, actor: &Actor, key: &str) -> OpResult<$Noun> {
            $op::show(engine, actor, key).await
        }

        async fn create(engine: &Engine, actor: &Actor, $form: &Form) -> OpResult<String> {
            Ok($op::create(engine, actor, $said).await?.$($key).+)
        }

        async fn update(
            engine: &Engine,
            actor: &Actor,
            key: &str,
            version: i64,
            $form: &Form,
        ) -> OpResult<String> {
            let edit = hep_engine::ops::patch::Edit::Whole($said);
            Ok($op::change(engine, actor, key, Some(version), edit).await?.$($key).+)
        }

        async fn delete(engine: &Engine, actor: &Actor, key: &str, version: i64) -> OpResult<()> {
            $op::delete(engine, actor, key, Some(version)).await
        }
    };
}

pub(crate) use by_word;

/// All that is on a list, for what can be chosen in a form: 1000 at most, as nobody chooses among more.
pub(crate) fn everything() -> Paging {
    Paging { limit: Some(hep_engine::ops::page::MOST), cursor: None }
}
