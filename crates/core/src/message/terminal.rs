//! Messages of the area `terminal`: shells on hosts, in the page.

catalogue! { "terminal";
    not_asked_for() "No call asks for a terminal\nhint: open one on the page of a host";
    only_people() "A terminal is opened by a person who has signed in";
    bad_ticket() "This terminal was not allowed, or was opened already, or too late\nhint: type your password again";
    foreign() "A page of another address asked for a terminal";
    no_socket() "This address is for terminals, which the page of a host opens";
    too_many(most) "You have {most} terminals open, and no more are allowed at once\nhint: close one; one whose page is gone ends within a minute";
    no_room() "This server has as many terminals open as it can carry\nhint: try again later";
    disabled(host) "{host} is disabled in the register, so no terminal is opened on it\nhint: enable it first";
    node_stops() "The server is about to stop, so it ends its terminals\nhint: open another in a minute";
    node_lost() "The server could not reach its database any more, so it ended its terminals";
    left() "The page was closed, so the host was told to end what ran in the terminal";
    stopped() "Somebody stopped this terminal";
    idle(minutes) "Nothing was typed for {minutes} minutes, so the terminal was ended";
    longest(minutes) "No terminal stays open for more than {minutes} minutes";
    signed_out() "The session has ended, so its terminals did too";
    user_disabled() "The account may not sign in any more";
    new_password() "The password of the account was changed, so its terminals were ended";
    no_right(host) "The right to a terminal on {host} is gone";
    other_host(host) "{host} was removed from the register, got another name or was disabled";
    unsure() "Nobody can tell whether this terminal is still allowed, so it was ended: the database does not answer";
    slow(host) "{host} did not open a terminal in time";
    ended() "The shell has ended";
    ended_with(code) "The shell has ended; its last command ended with {code}";
    ended_by(signal) "The shell was ended by the signal {signal}";
}
