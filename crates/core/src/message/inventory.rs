//! Messages of the area `inventory`.

catalogue! { "inventory";
}
