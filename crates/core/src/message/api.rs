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
    missing_field() "Fill this in";
    bad_number(text) "`{text}` is not a number that fits here\nhint: write it in digits, without a unit";
    bad_span(text) "`{text}` is not a length of time\nhint: write a number and its unit: `90s`, `5m`, `2h` or `1d`";
    bad_share(text) "`{text}` is not a number of hosts\nhint: write a number, or a share such as `20%`";
    bad_pair(text) "`{text}` is no variable\nhint: write each as `NAME=VALUE`, one a line";
    bad_ip(text, example) "`{text}` is not an IPv4 address\nhint: write one like `{example}`";
    large_file(name, size, most) "The file `{name}` is too large: it has {size}\nhint: at most {most} are taken here; put what is larger on a web server, or into a package";
}
