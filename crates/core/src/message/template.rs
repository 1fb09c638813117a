//! Messages of the area `template`.

catalogue! { "template";
}
