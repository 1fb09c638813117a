//! Messages of the area `account`: users, groups and their keys.

catalogue! { "account";
}
