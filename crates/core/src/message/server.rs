//! Messages of the area `server`: asking it, being let in, and what it says when it cannot.

catalogue! { "server";
    denied(verb, what) "You may not {verb} {what}\nhint: an administrator can give you a role that allows it";
    not_signed_in() "Sign in first: this needs a session or a token\nhint: send `Authorization: Bearer TOKEN`";
    store_unavailable() "The database cannot be reached at the moment\nhint: try again; the server's log says more";
    internal(id) "The server met an error of its own\nhint: its log says more under the request id {id}";
    bad_cursor() "This cursor is not one of ours\nhint: begin again without `cursor`";
    bad_limit(limit, most) "Cannot show {limit} at once\nhint: `limit` goes from 1 to {most}";
}
