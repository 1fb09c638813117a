//! Messages of the area `package`: package managers.

catalogue! { "package";
    nothing_asked() "Cannot use apt: neither a package nor anything else to do is given\nhint: give `name:`, or one of `update_cache`, `upgrade`, `deb`, `autoremove`, `autoclean`, `clean`";
    bad_name(name) "Cannot use `{name}` as a package: this is not a package's name\nhint: write `NAME`, `NAME:ARCHITECTURE` or `NAME=VERSION`, in lower case";
    pattern_to_install(name) "Cannot install `{name}`: a pattern could install packages that nobody chose\nhint: name the packages; patterns are taken for `state: absent` only";
    compared_version(name) "Cannot use `{name}`: versions are compared with `=` only\nhint: write `NAME=VERSION`, where `*` may end the version";
    unknown(names, why) "Cannot install {names}: the package lists of the host know no package of that name ({why})\nhint: look for a typing error, or let `update_cache: true` refresh the lists first";
    no_candidate(names) "Cannot install {names}: no package of that name can be installed; it may be virtual, and several packages provide it\nhint: name the package itself, or let `update_cache: true` refresh the lists first";
    refused(operation, why) "Cannot plan `apt-get {operation}`: {why}";
    unsupported(option) "Cannot use apt with `{option}`: this is not supported\nhint: do that part with the module `command`";
    excluded(first, second) "Cannot use apt: `{first}` and `{second}` exclude each other\nhint: write two tasks";
    deb_is_url(deb) "Cannot install `{deb}`: only a file on the host can be installed\nhint: fetch it in a task before this one, and give its path";
    deb_missing(deb) "Cannot install `{deb}`: there is no such file on the host";
    deb_relative(deb) "Cannot install `{deb}`: the path is not absolute";
    deb_unplanned(deb) "what installing `{deb}` brings is known only once the file is on the host";
    no_manager(manager) "Cannot install packages: this host uses {manager}, for which there is no module yet\nhint: run {manager} by the module `command`";
    no_manager_known() "Cannot install packages: no package manager was found on this host\nhint: say which it is with `use:`";
    before_refresh(said) "what there is shows only when the lists have been refreshed; those of today say: {said}";
}
