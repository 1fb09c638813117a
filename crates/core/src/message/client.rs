//! Messages of the area `client`: the command line as a client of a server.

catalogue! { "client";
    no_context() "No server is known\nhint: `hep login URL`, or set `HEP_SERVER` and `HEP_TOKEN`";
    no_token(url) "No token is known for the server at {url}\nhint: `hep login {url}`, or set `HEP_TOKEN`";
    no_such_context(name) "There is no context `{name}`\nhint: `hep context list` shows them";
    bad_contexts(path, why) "Cannot use the contexts in {path}: {why}";
    cannot_write_contexts(path, why) "Cannot write the contexts into {path}: {why}";
    bad_url(url) "`{url}` is not the address of a server\nhint: write `https://HOST:PORT` or `http://HOST:PORT`";
    bad_ca(path, why) "Cannot trust the certificates in {path}: {why}";
    unreachable(url, why) "Cannot reach the server at {url}: {why}";
    refused(status, detail) "The server refuses ({status}): {detail}";
    refused_hint(status, detail, hint) "The server refuses ({status}): {detail}\nhint: {hint}";
    refused_field(status, field, detail) "The server refuses ({status}), because of `{field}`: {detail}";
    refused_field_hint(status, field, detail, hint) "The server refuses ({status}), because of `{field}`: {detail}\nhint: {hint}";
    strange(url, why) "The server at {url} gave an answer that cannot be read: {why}\nhint: is it a hep server of this version?";
    bad_assignment(text) "Cannot set `{text}`: expected `FIELD=VALUE`, `FIELD:=TEXT` or `FIELD@FILE`";
    assigned_twice(field) "Cannot set `{field}`: an earlier word makes it a value of its own";
    too_many_files(path, most) "{path} holds more than {most} files\nhint: name the folder that holds the manifest and nothing else";
    cannot_read(path, why) "Cannot read {path}: {why}";
    no_token_named(name) "There is no token `{name}` that you may see\nhint: `hep token list` shows them";
    several_tokens(name) "Several tokens are called `{name}`\nhint: name one by its id, or as `USER/NAME`";
    cannot_make_file(path, why) "Cannot make {path}: {why}. Nothing was done";
    cannot_write_token(why) "Cannot write the token: {why}. It is made and cannot be shown again\nhint: delete it with `hep token delete`, and make another";
    told(text) "{text}";
    not_with_server(option, why, hint) "Cannot use {option} through a server: {why}\nhint: {hint}";
    only_with_server(option) "{option} is for runs of a server\nhint: add `--server`, or leave it out";
    secret_template(name) "Cannot send the variable `{name}`: it was encrypted and holds a template, and a server takes no text as both\nhint: put the secret into a variable of its own, and the template into a file that is not encrypted";
    not_utf8(what) "Cannot send {what} to the server: it is no UTF-8 text";
    waits_for_approval(id) "Run {id} waits for somebody's approval";
    ask_token() "Token: ";
    empty_token() "No token was given\nhint: an administrator makes one with `hep admin create-token USER`";
    logged_in(name, url) "`{name}` is now the server at {url}";
    now(name) "`{name}` is now the server in use";
    gone(kind, name) "The {kind} `{name}` is gone";
}
