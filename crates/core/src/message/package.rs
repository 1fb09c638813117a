//! Messages of the area `package`: package managers.

catalogue! { "package";
}
