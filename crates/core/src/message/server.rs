//! Messages of the area `server`: asking it, being let in, and what it says when it cannot.

catalogue! { "server";
    denied(verb, what) "You may not {verb} {what}\nhint: an administrator can give you a role that allows it";
    not_signed_in() "Sign in first: this needs a session or a token\nhint: send `Authorization: Bearer TOKEN`";
    store_unavailable() "The database cannot be reached at the moment\nhint: try again; the server's log says more";
    no_space() "There is no space left where the server keeps its data: nothing was changed\nhint: make room there; the server goes on by itself";
    bad_value() "The database cannot keep this text\nhint: leave out NUL characters, and shorten what is very long";
    same_key_at_once(key) "Another call with the `Idempotency-Key` `{key}` is being answered\nhint: send it again in a moment";
    other_body_same_key(key) "The `Idempotency-Key` `{key}` was used for another request\nhint: choose a new key for each thing that is to be made";
    unknown_body_same_key(key) "Nobody can tell whether the `Idempotency-Key` `{key}` was used for this request: the master key of then is gone\nhint: look whether it was made, and choose a new key if it was not";
    bad_key() "The `Idempotency-Key` cannot be used\nhint: choose 1 to 200 visible characters, new for each thing that is to be made";
    too_many() "Too many requests\nhint: wait a minute; an administrator can raise `limits.requests_per_minute`";
    too_slow(seconds) "The answer took longer than {seconds} s and was given up\nhint: ask for less at once";
    node_distrusted(address, why) "what answers at {address} is not believed to be a node: {why}\nhint: let `node.ca` of the node that asks name the file with the certificate of who signed that one, and let that one be for the name or address by which it is asked: `node.address` says it";
    no_tunnel(status) "it answers with the status {status} and no tunnel: it may be of an older version, or something else answers there";
    internal(id) "The server met an error of its own\nhint: its log says more under the request id {id}";
    bad_cursor() "This cursor is not one of ours\nhint: begin again without `cursor`";
    bad_limit(limit, most) "Cannot show {limit} at once\nhint: `limit` goes from 1 to {most}";
    bad_token() "This token lets nobody in: it was ended or has expired, or its user may not sign in\nhint: make a new one";
    session_ended() "Sign in again: the session has ended";
    wrong_sign_in() "Cannot sign in: name and password do not belong together";
    wrong_password() "This is not the password that is set now";
    guessed_too_often(seconds) "Too many wrong passwords: the next one is looked at in {seconds} s\nhint: an administrator can end the wait with `hep admin unlock NAME`";
    bad_password(shortest, longest) "A password has at least {shortest} characters and at most {longest} bytes";
    no_csrf() "This call changes something and lacks the session's token\nhint: send `X-CSRF-Token`, as `GET /session` tells it";
    cross_site() "A page of another site may not sign anybody in here";
    last_administrator() "Nothing was changed: nobody would be left who may administer everything\nhint: make somebody else an administrator first";
    ready_role(name) "The role `{name}` comes with the program and cannot be changed\nhint: make a role of your own";
    no_verbs() "At least one verb is needed";
    user_or_team() "A grant is for a user or for a team\nhint: give one of `user` and `team`";
    whose_token() "It is not said whose token this is\nhint: give `user`";
    past() "This time has passed";
    no_setup() "This link does not work: it was used, has expired, or there is an administrator already\nhint: `hep serve` prints a new one at its start while there is no user; `hep admin create-user` makes one too";
    bad_patch(why) "Cannot make this change: {why}";
    bad_outcome(text) "`{text}` is no outcome\nhint: use done, denied or failed";
}
