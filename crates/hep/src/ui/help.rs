//! Help: what things are called here and were called elsewhere, keys, and where more is told.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use hep_engine::ops::Engine;

use super::fault::Fault;
use super::frame::{Frame, Section};
use super::pages::Pages;
use super::reply;
use super::visit::Member;
use super::words::Words;

/// The pages of this noun.
pub(super) fn pages() -> Pages {
    Pages::new().get("/help", show)
}

/// A word, what it means, and what other systems call it.
struct Entry {
    word: &'static str,
    means: &'static str,
    others: &'static str,
}

/// A key and what it does.
struct Key {
    keys: &'static str,
    does: &'static str,
}

#[derive(Template)]
#[template(path = "help/show.html")]
struct HelpPage {
    frame: Frame,
    t: Words,
    steps: Vec<&'static str>,
    glossary: Vec<Entry>,
    keys: Vec<Key>,
}

async fn show(State(_): State<Engine>, Member(visit): Member) -> Result<Response, Fault> {
    let t = visit.t;
    Ok(reply::page(&HelpPage {
        frame: visit.frame_in(Section::Help, t.help_title()),
        t,
        steps: vec![t.help_step_host(), t.help_step_key(), t.help_step_run(), t.help_step_job()],
        glossary: glossary(t),
        keys: vec![
            Key { keys: "Tab, Shift+Tab", does: t.help_key_tab() },
            Key { keys: "Enter", does: t.help_key_enter() },
            Key { keys: "Space", does: t.help_key_space() },
            Key { keys: "Esc", does: t.help_key_escape() },
        ],
    }))
}

fn glossary(t: Words) -> Vec<Entry> {
    let entry = |word, means, others| Entry { word, means, others };
    vec![
        entry(t.word_host(), t.word_host_means(), "Servidor · node · host · anfitrión"),
        entry(t.word_group(), t.word_group_means(), ""),
        entry(t.word_label(), t.word_label_means(), ""),
        entry(t.word_partition(), t.word_partition_means(), "partition"),
        entry(t.word_selector(), t.word_selector_means(), "*, A,B,C"),
        entry(t.word_credential(), t.word_credential_means(), ""),
        entry(t.word_manifest(), t.word_manifest_means(), "manifest · playbook"),
        entry(t.word_task(), t.word_task_means(), "task"),
        entry(t.word_module(), t.word_module_means(), "module · provisioner"),
        entry(t.word_job(), t.word_job_means(), "task (ALF)"),
        entry(t.word_run(), t.word_run_means(), "task (VirtShell)"),
        entry(t.word_result(), t.word_result_means(), "OK · PROBLEM"),
        entry(t.word_check(), t.word_check_means(), "--check"),
        entry(t.word_team(), t.word_team_means(), "group (VirtShell)"),
        entry(t.word_role(), t.word_role_means(), ""),
        entry(t.word_token(), t.word_token_means(), "access key"),
        entry(t.word_node(), t.word_node_means(), "node (ALF)"),
        entry(t.word_zone(), t.word_zone_means(), ""),
        entry(t.word_balancer(), t.word_balancer_means(), "referee · árbitro"),
        entry(t.word_park(), t.word_park_means(), "estacionar · park"),
    ]
}
