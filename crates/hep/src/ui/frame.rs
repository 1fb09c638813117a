//! What stands around every page: title, menu, where one is, news, preferences.

use hep_core::rights::Verb;

use super::assets;
use super::flash::Flash;
use super::language::Language;
use super::preferences::Theme;
use super::visit::Visit;
use super::words::Words;

/// A part of the menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    /// How everything is.
    Overview,
    /// The hosts.
    Hosts,
    /// What was and is run on them.
    Runs,
    /// The groups of hosts.
    Groups,
    /// The partitions of hosts.
    Partitions,
    /// How hosts are logged in to.
    Credentials,
    /// What is saved to be run.
    Jobs,
    /// How hosts shall be.
    Manifests,
    /// Where manifests come from.
    Repositories,
    /// Who did what.
    Audit,
    /// The servers of a cluster.
    Nodes,
    /// What holds for this server.
    Settings,
    /// What things are called.
    Help,
    /// The users.
    Users,
    /// The teams of users.
    Teams,
    /// The roles.
    Roles,
    /// Who has which role.
    Grants,
    /// Lists as people keep them.
    Views,
    /// How programs are let in.
    Tokens,
    /// One's own page.
    Account,
}

/// Whom a line of the menu is offered to.
#[derive(Clone, Copy, Debug)]
enum Offer {
    /// To everybody.
    All,
    /// To whom may do this to some host at least.
    Somewhere(Verb),
    /// To whom may do this to everything.
    Everywhere(Verb),
    /// To whom may see or start jobs.
    Jobs,
}

/// A line of the menu: the part, where it is, whom it is offered to, and its word.
type Line = (Section, &'static str, Offer, fn(Words) -> &'static str);
/// Lines of the menu under a heading; the first ones have none.
type Group = (Option<fn(Words) -> &'static str>, &'static [Line]);

/// The menu. A noun that gets a page gets a line.
const MENU: &[Group] = &[
    (
        None,
        &[
            (Section::Overview, "/ui/", Offer::All, Words::nav_overview),
            (Section::Hosts, "/ui/hosts", Offer::Somewhere(Verb::View), Words::nav_hosts),
            (Section::Runs, "/ui/runs", Offer::All, Words::nav_runs),
        ],
    ),
    (
        Some(Words::nav_register),
        &[
            (Section::Groups, "/ui/groups", Offer::Everywhere(Verb::View), Words::groups_title),
            (
                Section::Partitions,
                "/ui/partitions",
                Offer::Everywhere(Verb::View),
                Words::partitions_title,
            ),
            (
                Section::Credentials,
                "/ui/credentials",
                Offer::Everywhere(Verb::Secrets),
                Words::credentials_title,
            ),
        ],
    ),
    (
        Some(Words::nav_work),
        &[
            (Section::Jobs, "/ui/jobs", Offer::Jobs, Words::jobs_title),
            (
                Section::Manifests,
                "/ui/manifests",
                Offer::Everywhere(Verb::View),
                Words::manifests_title,
            ),
            (
                Section::Repositories,
                "/ui/repositories",
                Offer::Everywhere(Verb::View),
                Words::repositories_title,
            ),
        ],
    ),
    (
        Some(Words::nav_people),
        &[
            (Section::Users, "/ui/users", Offer::Everywhere(Verb::Administer), Words::users_title),
            (Section::Teams, "/ui/teams", Offer::Everywhere(Verb::Administer), Words::teams_title),
            (Section::Roles, "/ui/roles", Offer::Everywhere(Verb::Administer), Words::roles_title),
            (
                Section::Grants,
                "/ui/grants",
                Offer::Everywhere(Verb::Administer),
                Words::grants_title,
            ),
            (Section::Views, "/ui/views", Offer::All, Words::views_title),
            (Section::Tokens, "/ui/tokens", Offer::All, Words::tokens_title),
            (Section::Account, "/ui/account", Offer::All, Words::account_title),
        ],
    ),
    (
        Some(Words::nav_server),
        &[
            (Section::Audit, "/ui/audit", Offer::Everywhere(Verb::Administer), Words::audit_title),
            (Section::Nodes, "/ui/nodes", Offer::Everywhere(Verb::View), Words::nodes_title),
            (
                Section::Settings,
                "/ui/settings",
                Offer::Everywhere(Verb::Administer),
                Words::settings_title,
            ),
            (Section::Help, "/ui/help", Offer::All, Words::help_title),
        ],
    ),
];

/// A link of the menu or of the way here.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    /// What it says.
    pub(crate) text: String,
    /// Where it leads.
    pub(crate) href: String,
    /// Whether this is where one is.
    pub(crate) is_here: bool,
}

/// What stands around a page. Templates that extend `frame.html` have it as `frame`.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    /// The title.
    pub(crate) title: String,
    /// The menu: headings, and the links under each.
    pub(crate) menu: Vec<(Option<&'static str>, Vec<Link>)>,
    /// The way here: each page above this one.
    pub(crate) way: Vec<Link>,
    /// Who has signed in.
    pub(crate) user: Option<String>,
    /// What every form brings back.
    pub(crate) csrf: String,
    /// What has happened.
    pub(crate) flash: Option<Flash>,
    /// This page, to come back to.
    pub(crate) here: String,
    /// The look.
    pub(crate) theme: Theme,
    /// The language.
    pub(crate) language: Language,
    /// Files of the islands of this page.
    pub(crate) islands: Vec<&'static str>,
}

impl Visit {
    /// The frame of a page that stands in no part of the menu.
    pub(crate) fn frame(&self, title: impl Into<String>) -> Frame {
        Frame {
            title: title.into(),
            menu: self.menu(None),
            way: Vec::new(),
            user: self.is_member().then(|| self.actor.name.clone()),
            csrf: self.csrf().to_owned(),
            flash: self.flash.clone(),
            here: self.here.clone(),
            theme: self.theme,
            language: self.t.language,
            islands: Vec::new(),
        }
    }

    /// The frame of a page of a part of the menu.
    pub(crate) fn frame_in(&self, section: Section, title: impl Into<String>) -> Frame {
        Frame { menu: self.menu(Some(section)), ..self.frame(title) }
    }

    fn menu(&self, here: Option<Section>) -> Vec<(Option<&'static str>, Vec<Link>)> {
        if !self.is_member() {
            return Vec::new();
        }
        let link = |(section, href, _, word): &Line| Link {
            text: word(self.t).to_owned(),
            href: (*href).to_owned(),
            is_here: Some(*section) == here,
        };
        let offered = |lines: &[Line]| -> Vec<Link> {
            lines.iter().filter(|(_, _, offer, _)| self.is_offered(*offer)).map(link).collect()
        };
        let groups =
            MENU.iter().map(|(title, lines)| (title.map(|word| word(self.t)), offered(lines)));
        groups.filter(|(_, links)| !links.is_empty()).collect()
    }

    fn is_offered(&self, offer: Offer) -> bool {
        match offer {
            Offer::All => true,
            Offer::Somewhere(verb) => self.may_somewhere(verb),
            Offer::Everywhere(verb) => self.actor.may(verb),
            Offer::Jobs => self.actor.may(Verb::View) || self.may_somewhere(Verb::RunJobs),
        }
    }
}

impl Frame {
    /// With a page above this one on the way here.
    pub(crate) fn below(mut self, text: impl Into<String>, href: impl Into<String>) -> Self {
        self.way.push(Link { text: text.into(), href: href.into(), is_here: false });
        self
    }

    /// With an island: a script, and its style if it has one (`web/src/islands/NAME.js`).
    pub(crate) fn with_island(mut self, name: &'static str) -> Self {
        self.islands.push(name);
        self
    }

    /// Where a file of the bundle is; `None` where this program has none.
    #[expect(clippy::unused_self, reason = "templates call it on what they have")]
    pub(crate) fn asset(&self, name: &str) -> Option<String> {
        assets::address(name)
    }

    /// Where the script and the style of an island are.
    pub(crate) fn island(&self, name: &str, ending: &str) -> Option<String> {
        self.asset(&format!("{name}.{ending}"))
    }

    /// All languages.
    #[expect(clippy::unused_self, reason = "templates call it on what they have")]
    pub(crate) const fn languages(&self) -> [Language; 3] {
        Language::ALL
    }
}
