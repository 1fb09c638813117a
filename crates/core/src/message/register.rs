//! Messages of the area `register`: hosts, groups and the other nouns that a server keeps.

catalogue! { "register";
    bad_name(name) "`{name}` is not a name that can be used here\nhint: use letters, digits, `.`, `_` and `-`, beginning with a letter, a digit or `_`; `all` means every host";
    bad_size(text) "`{text}` is not a size\nhint: write a number of MiB, or a number with a unit: `2GB`, `512MiB`";
    bad_port(port) "{port} is not the port of an sshd\nhint: use a number from 1 to 65535";
    bad_address(address) "`{address}` is not an address\nhint: give a host name or an IP address, without port and user";
    bad_family(family) "`{family}` is not a family of hosts\nhint: use GeneralPurpose, ComputeOptimized, MemoryOptimized or StorageOptimized";
    bad_sort(text) "Hosts cannot be sorted by `{text}`\nhint: use name, address, partition, os, state, seen or created, with `-` before it for the other way round";
    not_found(kind, name) "There is no {kind} `{name}`";
    exists(kind, name) "There is a {kind} `{name}` already";
    in_use(kind, name) "Cannot delete the {kind} `{name}`: something still uses it";
    used_by_others(name) "Cannot give the host `{name}` another name: jobs, grants, tokens, ways to other hosts or runs that you may not see have it\nhint: ask somebody who sees them";
    used(kind, name, users) "Cannot remove the {kind} `{name}`, nor give it another name: it is used by {users}\nhint: change these first";
    has_hosts(name, many) "Cannot delete the partition `{name}`: {many} hosts are in it\nhint: move them into another partition first";
    default_partition() "The partition `default` keeps its name and stays: new hosts go there";
    circle_of_groups(outer, inner) "The group `{inner}` cannot be within `{outer}`: it would be within itself";
    bad_label(name, value) "`{name}={value}` is not a label\nhint: a name has letters, digits, `_`, `.`, `-` and `/`; a value has no white space around it and none of `,` `:` `&` `!` `*` `?` `[` `]`, so that a selector can name it";
    var_of_connection(name) "The variable `{name}` says how a host is reached, and the register has a field for that\nhint: use `address`, `port`, `user`, `jump`, `legacy_algorithms`, or a credential";
    needs_secrets_right(name) "You may not give hosts the credential `{name}`\nhint: that needs the right `secrets`";
    changed_meanwhile(kind, name) "Did not change the {kind} `{name}`: somebody else has changed it meanwhile\nhint: read it again, then repeat the change";
    no_hosts_named() "No hosts are named\nhint: give a `selector` or `names`";
    bad_view_name(most) "A view needs a name\nhint: at most {most} characters, without white space around it and without control characters";
    bad_view_list(list, all) "There are no views of `{list}`\nhint: there are some of {all}";
    bad_view_query(most) "This filter cannot be kept\nhint: it stands as in the address of the list behind the `?`, with at most {most} characters";
    view_of_nobody() "Only users have views of their own\nhint: share it with everybody by `shared: true`";
    bad_text(field) "The field `{field}` is too long, or holds control characters\nhint: at most 200 characters";
}
