//! Messages of the area `service`: units and init scripts.

catalogue! { "service";
}
