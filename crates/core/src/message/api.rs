//! Messages of the area `api`: requests that cannot be read.

catalogue! { "api";
    bad_body(line, column, why) "Cannot read the body, line {line}, column {column}: {why}";
    list_body() "Cannot read the body: it is a list, and this call takes an object";
    bad_path(why) "Cannot read the path of the address: {why}";
    bad_query(why) "Cannot read the query of the address: {why}";
    bad_parameter(name, why) "Cannot read the parameter `{name}`: {why}";
    unreadable_body(why) "Cannot read the body: {why}";
    bad_xml(why) "Cannot read the body as XML: {why}";
    bad_field(field, why) "Cannot read `{field}`: {why}";
    bad_text(line, why) "Cannot read line {line}: {why}";
    no_variables() "These are no variables\nhint: write one a line, as `name: value`";
    no_such_call(method, path) "There is no call {method} {path}\nhint: `/api/docs` lists all";
    bad_if_match(tag) "`{tag}` is no entity tag of ours\nhint: send the `ETag` of what you read, as it came";
}
