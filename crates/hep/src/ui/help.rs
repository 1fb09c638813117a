//! Help: what things are called here and were called elsewhere, keys, and where more is told.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use hep_engine::ops::Engine;

use super::fault::Fault;
use super::frame::{Frame, Link, Section};
use super::pages::Pages;
use super::reply;
use super::visit::{Member, Visit};
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

/// A part of the menu, and what it is for.
struct Part {
    text: String,
    href: String,
    means: &'static str,
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
    parts: Vec<Part>,
    glossary: Vec<Entry>,
    keys: Vec<Key>,
}

async fn show(State(_): State<Engine>, Member(visit): Member) -> Result<Response, Fault> {
    let t = visit.t;
    Ok(reply::page(&HelpPage {
        frame: visit.frame_in(Section::Help, t.help_title()),
        t,
        steps: vec![t.help_step_host(), t.help_step_key(), t.help_step_run(), t.help_step_job()],
        parts: parts(&visit),
        glossary: glossary(t),
        keys: vec![
            Key { keys: "Ctrl+K, /", does: t.help_key_find() },
            Key { keys: "↑, ↓", does: t.help_key_arrows() },
            Key { keys: "Tab, Shift+Tab", does: t.help_key_tab() },
            Key { keys: "Enter", does: t.help_key_enter() },
            Key { keys: "Space", does: t.help_key_space() },
            Key { keys: "Esc", does: t.help_key_escape() },
            Key { keys: "Ctrl+M", does: t.help_key_tab_mode() },
            Key { keys: "Ctrl+Space", does: t.help_key_complete() },
            Key { keys: "F8", does: t.help_key_fault() },
        ],
    }))
}

/// The parts of the menu that the visitor has.
fn parts(visit: &Visit) -> Vec<Part> {
    let menu = visit.frame("").menu.into_iter().flat_map(|(_, links)| links);
    let part =
        |link: Link| Part { means: means(visit.t, &link.href), text: link.text, href: link.href };
    menu.map(part).collect()
}

/// What a part of the menu is for, by its address.
fn means(t: Words, href: &str) -> &'static str {
    match href {
        "/ui/" => t.help_overview(),
        "/ui/hosts" => t.help_hosts(),
        "/ui/runs" => t.help_runs(),
        "/ui/groups" => t.groups_intro(),
        "/ui/partitions" => t.partitions_intro(),
        "/ui/credentials" => t.credentials_intro(),
        "/ui/jobs" => t.jobs_intro(),
        "/ui/manifests" => t.manifests_intro(),
        "/ui/repositories" => t.repositories_intro(),
        "/ui/users" => t.users_intro(),
        "/ui/teams" => t.teams_intro(),
        "/ui/roles" => t.roles_intro(),
        "/ui/grants" => t.grants_intro(),
        "/ui/views" => t.views_intro(),
        "/ui/tokens" => t.tokens_intro(),
        "/ui/account" => t.help_account(),
        "/ui/audit" => t.audit_intro(),
        "/ui/nodes" => t.nodes_intro(),
        "/ui/settings" => t.help_settings(),
        "/ui/help" => t.help_help(),
        _ => "",
    }
}

fn glossary(t: Words) -> Vec<Entry> {
    let entry = |word, means, others| Entry { word, means, others };
    vec![
        entry(
            t.word_host(),
            t.word_host_means(),
            "server · servidor · node · anfitrión · instance",
        ),
        entry(t.word_register(), t.word_register_means(), "hosts · [nodes] · inventory"),
        entry(t.word_group(), t.word_group_means(), ""),
        entry(t.word_label(), t.word_label_means(), "environment · enviroment · tag"),
        entry(t.word_partition(), t.word_partition_means(), "partition"),
        entry(t.word_selector(), t.word_selector_means(), "* · A,B,C · --limit"),
        entry(t.word_credential(), t.word_credential_means(), ""),
        entry(t.word_manifest(), t.word_manifest_means(), "manifest · playbook"),
        entry(t.word_version(), t.word_version_means(), "revision"),
        entry(t.word_task(), t.word_task_means(), "task"),
        entry(t.word_module(), t.word_module_means(), "module · plug-in · provisioner"),
        entry(t.word_job(), t.word_job_means(), "task (ALF)"),
        entry(t.word_run(), t.word_run_means(), "task (VirtShell)"),
        entry(
            t.word_result(),
            t.word_result_means(),
            "SUCCESS · NO CHANGE · OK · PROBLEM · provisioned",
        ),
        entry(t.word_check(), t.word_check_means(), "--check"),
        entry(t.word_plan(), t.word_plan_means(), "plan"),
        entry(t.word_fingerprint(), t.word_fingerprint_means(), "known_hosts"),
        entry(t.word_team(), t.word_team_means(), "group (VirtShell)"),
        entry(t.word_role(), t.word_role_means(), ""),
        entry(t.word_right(), t.word_right_means(), "xwr (VirtShell)"),
        entry(t.word_view(), t.word_view_means(), ""),
        entry(t.word_token(), t.word_token_means(), "access key"),
        entry(t.word_node(), t.word_node_means(), "node (ALF)"),
        entry(t.word_zone(), t.word_zone_means(), ""),
        entry(t.word_driver(), t.word_driver_means(), "driver"),
        entry(t.word_balancer(), t.word_balancer_means(), "referee · árbitro"),
        entry(t.word_park(), t.word_park_means(), "stop · play · status · estacionar"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::testing::Running;
    use crate::ui::testing::Browser;

    #[tokio::test]
    async fn every_part_of_the_menu_is_explained() {
        let server = Running::start(&[]).await;
        let browser = Browser::of(&server, Some("admin")).await;
        let page = browser.get("/ui/help").await.expect(200).text;
        let menu = page.split("id=\"menu\"").nth(1).and_then(|rest| rest.split("</nav>").next());
        let links = menu.unwrap().split("href=\"").skip(1);
        let links = links.map(|rest| rest.split('"').next().unwrap());
        let t = Words::default();
        let mut many = 0;
        for href in links.filter(|href| href.starts_with("/ui/")) {
            assert!(!means(t, href).is_empty(), "nobody says what {href} is for");
            many += 1;
        }
        assert!(many > 15, "{many} parts were looked at");
    }
}
