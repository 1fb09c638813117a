//! Messages of the area `module`: reading options and planning.

catalogue! { "module";
    bad_options(why) "Cannot read the module's options: {why}";
}
