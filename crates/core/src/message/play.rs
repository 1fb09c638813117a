//! Messages of the area `play`.

catalogue! { "play";
}
