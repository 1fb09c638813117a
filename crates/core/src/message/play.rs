//! Messages of the area `play`: interpreting a play on a host.

catalogue! { "play";
    wrong_answer(kind) "Cannot use the host's answer: it is a {kind}, which was not asked for\nhint: the host's executor is broken or hostile; look at the host, then run `hep clean` on it";
}
