//! Messages of the area `module`.

catalogue! { "module";
}
