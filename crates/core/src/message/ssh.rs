//! Messages of the area `ssh`.

catalogue! { "ssh";
}
