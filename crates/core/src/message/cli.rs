//! Messages of the area `cli`.

catalogue! { "cli";
}
