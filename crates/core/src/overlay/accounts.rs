//! Planned users and groups.

use super::{Overlay, UNKNOWN_ID};
use crate::observe::{Account, Answer, GroupEntry};

/// What is planned for an entry of a database: nothing, or that it is gone or there.
pub(super) type Planned<'a, T> = Option<Option<&'a T>>;

/// Users and groups.
impl Overlay {
    /// What is planned for the user with this name or number; nothing when nothing is.
    pub(super) fn user(&self, key: &str) -> Planned<'_, Account> {
        if let Some(planned) = self.users.get(key) {
            return Some(planned.as_ref());
        }
        let number: u32 = key.parse().ok().filter(|number| *number != UNKNOWN_ID)?;
        self.users.values().flatten().find(|user| user.uid == number).map(Some)
    }

    /// As `user`, for groups.
    pub(super) fn group(&self, key: &str) -> Planned<'_, GroupEntry> {
        if let Some(planned) = self.groups.get(key) {
            return Some(planned.as_ref());
        }
        let number: u32 = key.parse().ok().filter(|number| *number != UNKNOWN_ID)?;
        self.groups.values().flatten().find(|group| group.gid == number).map(Some)
    }

    pub(super) fn adjust_user(&self, account: Option<Account>) -> Answer {
        match account {
            None => self.absent(Answer::User(None)),
            // Found by number under a name that is planned to go or to change.
            Some(account) if self.users.contains_key(&account.name) => Answer::User(None),
            Some(account) => Answer::User(Some(self.with_groups(account))),
        }
    }

    pub(super) fn adjust_group(&self, entry: Option<GroupEntry>) -> Answer {
        match entry {
            None => self.absent(Answer::Group(None)),
            Some(entry) if self.groups.contains_key(&entry.name) => Answer::Group(None),
            Some(entry) => Answer::Group(Some(self.with_members(entry))),
        }
    }

    /// Without the groups that are planned to go.
    pub(super) fn with_groups(&self, mut account: Account) -> Account {
        account.groups.retain(|name| !matches!(self.groups.get(name), Some(None)));
        account
    }

    /// With the members that planned users bring or take away.
    pub(super) fn with_members(&self, mut entry: GroupEntry) -> GroupEntry {
        for (name, account) in &self.users {
            let is_member =
                account.as_ref().is_some_and(|account| account.groups.contains(&entry.name));
            entry.members.retain(|member| member != name);
            if is_member {
                entry.members.push(name.clone());
            }
        }
        entry
    }
}
