//! Messages of the area `settings`: the configuration of the server.

catalogue! { "settings";
    cannot_read(path, why) "Cannot read the configuration {path}: {why}";
    not_a_map() "Cannot read the configuration: expected a mapping of settings";
    no_vault() "`!vault` cannot be used in the configuration\nhint: secrets have files of their own, see `hep config manual`";
    unknown(name, suggestion) "There is no setting `{name}`\nhint: {suggestion}";
    bad_value(name, text, wanted) "Cannot set `{name}` to `{text}`: expected {wanted}";
    half_a_certificate() "Cannot speak HTTPS: `tls.cert` and `tls.key` belong together";
    bad_certificate(file, why) "Cannot use {file} for HTTPS: {why}";
    cannot_log(why) "Cannot start the log: {why}";
    cannot_log_to(place, why) "Cannot write the log to {place}: {why}";
    fine(file) "{file} is fine";
    fine_without(file) "There is no {file}: the settings of the environment and the defaults are fine";
}
