//! Filters: Ansible's and Jinja's.

mod choose;
mod encode;
mod json;
mod lists;
mod maps;
mod numbers;
mod paths;
mod random;
mod regex;
mod sets;
mod text;
mod time;
mod urls;
mod versions;
mod yaml;

use minijinja as mj;
use minijinja::value::{Rest, ValueOrKwargs};
use minijinja::{Environment, State};

use super::bridge;
use super::call::{Call, Outcome};
use super::lazy::session_of;
use super::source;
use crate::message::template as say;

#[cfg(test)]
pub(super) use json::from_json;
pub(super) use lists::{cross, pairs, zip};
pub(super) use maps::with_subelements;
pub(super) use numbers::to_bool;
pub(super) use regex::matches;
pub(super) use text::{capitalize, count, percent, split, splitlines, title};
pub(super) use urls::{is_uri, is_url, is_urn};
pub(super) use versions::version;

/// A filter over values that are known and defined.
type Plain = fn(&mut Call) -> Outcome;
/// A filter over the engine's values, for those that pass undefined or omitted values through.
type Raw = fn(&mut State, &[mj::Value]) -> Result<mj::Value, mj::Error>;

/// The plain filters, by subject.
const PLAIN: &[&[(&str, Plain)]] = &[
    encode::FILTERS,
    json::FILTERS,
    lists::FILTERS,
    maps::FILTERS,
    numbers::FILTERS,
    paths::FILTERS,
    regex::FILTERS,
    sets::FILTERS,
    text::FILTERS,
    time::FILTERS,
    urls::FILTERS,
    versions::FILTERS,
    yaml::FILTERS,
];

/// Filters that Ansible has and that are refused by name, and why.
const REFUSED: &[(&str, &str)] = &[
    ("ipaddr", "the collection ansible.utils is not built in"),
    ("ipv4", "the collection ansible.utils is not built in"),
    ("ipv6", "the collection ansible.utils is not built in"),
    ("json_query", "the collection community.general is not built in"),
    ("realpath", "it reads the controller's file system"),
    ("expanduser", "it depends on who runs the controller"),
    ("expandvars", "it depends on the controller's environment"),
    ("fileglob", "it reads the controller's file system; use lookup('fileglob', …)"),
    ("vault", "texts are encrypted by the command line"),
    ("unvault", "texts are decrypted when files are read"),
    ("to_datetime", "dates are not values here; compare texts in ISO form"),
    ("win_basename", "hosts are Linux servers"),
    ("win_dirname", "hosts are Linux servers"),
    ("win_splitdrive", "hosts are Linux servers"),
];

/// The names of all filters.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let plain = PLAIN.iter().flat_map(|filters| filters.iter().map(|(name, _)| *name));
    plain.chain(choose::FILTERS.iter().map(|(name, _)| *name))
}

/// Whether there is such a filter.
pub(super) fn is_known(name: &str) -> bool {
    names().any(|known| known == name) || REFUSED.iter().any(|(refused, _)| *refused == name)
}

/// Adds all filters.
pub(super) fn register(environment: &mut Environment<'static>) {
    for (name, filter) in PLAIN.iter().copied().flatten() {
        environment.add_filter(*name, move |state: &mut State, args: Rest<ValueOrKwargs>| {
            let session = session_of(state)?;
            let mut call = Call::new(name, &session, &args.into_values())?;
            let value = filter(&mut call).map_err(|fault| call.error(fault))?;
            bridge::give(&session, &value)
        });
    }
    let own: [(&str, Raw); 2] = [(source::ATTR, choose::attr), (source::MOD, choose::modulo)];
    for (name, filter) in choose::FILTERS.iter().chain(&own) {
        let filter = *filter;
        environment.add_filter(*name, move |state: &mut State, args: Rest<ValueOrKwargs>| {
            filter(state, &args.into_values())
        });
    }
    for (name, why) in REFUSED {
        environment.add_filter(*name, move |state: &mut State, _: Rest<ValueOrKwargs>| {
            let session = session_of(state)?;
            Err::<mj::Value, _>(session.refuse(say::refused(*name, *why)))
        });
    }
}

/// Lists within lists as one list, nulls left out.
pub(super) fn flatten(items: &[crate::value::Value], out: &mut Vec<crate::value::Value>) {
    lists::flatten_into(items, None, false, out);
}
