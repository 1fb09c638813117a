//! Messages of the area `server`: asking it, being let in, and what it says when it cannot.

catalogue! { "server";
    denied(verb, what) "You may not {verb} {what}\nhint: an administrator can give you a role that allows it";
    not_signed_in() "Sign in first: this needs a session or a token\nhint: send `Authorization: Bearer TOKEN`";
    store_unavailable() "The database cannot be reached at the moment\nhint: try again; the server's log says more";
    same_key_at_once(key) "Another call with the `Idempotency-Key` `{key}` is being answered\nhint: send it again in a moment";
    other_body_same_key(key) "The `Idempotency-Key` `{key}` was used for another request\nhint: choose a new key for each thing that is to be made";
    bad_key() "The `Idempotency-Key` cannot be used\nhint: choose 1 to 200 visible characters, new for each thing that is to be made";
    too_many() "Too many requests\nhint: wait a minute; an administrator can raise `limits.requests_per_minute`";
    too_slow(seconds) "The answer took longer than {seconds} s and was given up\nhint: ask for less at once";
    internal(id) "The server met an error of its own\nhint: its log says more under the request id {id}";
    bad_cursor() "This cursor is not one of ours\nhint: begin again without `cursor`";
    bad_limit(limit, most) "Cannot show {limit} at once\nhint: `limit` goes from 1 to {most}";
    bad_patch(why) "Cannot make this change: {why}";
}
