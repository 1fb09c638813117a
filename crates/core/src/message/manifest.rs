//! Messages of the area `manifest`.

catalogue! { "manifest";
}
