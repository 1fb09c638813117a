//! Messages of the area `api`: requests that cannot be read.

catalogue! { "api";
    bad_body(line, column, why) "Cannot read the body, line {line}, column {column}: {why}";
    unreadable_body(why) "Cannot read the body: {why}";
    bad_if_match(tag) "`{tag}` is no entity tag of ours\nhint: send the `ETag` of what you read, as it came";
}
