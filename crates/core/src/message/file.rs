//! Messages of the area `file`: the modules about files, and what is planned for paths.

catalogue! { "file";
    too_large(path, limit) "Cannot read `{path}`: it is larger than {limit} bytes";
    not_a_file(path) "Cannot read `{path}`: it is not a regular file";
    no_user(name) "Cannot find the user `{name}` on the host\nhint: make it by a task with the module `user` before this one";
    no_group(name) "Cannot find the group `{name}` on the host\nhint: make it by a task with the module `group` before this one";
    relative_path(path) "Cannot use the path `{path}`: it is not absolute\nhint: begin it with `/`, or with `~/` for the user's home";
    nul_in_path(path) "Cannot use the path `{path}`: it holds a NUL character";
    link_loop(path) "Cannot follow the link `{path}`: it leads in a circle";
    not_a_directory(path, state) "Cannot use `{path}` as a directory: it is a {state}";
    is_a_directory(path) "Cannot write the file `{path}`: a directory is there";
    no_directory(dir, path) "Cannot write `{path}`: the directory `{dir}` does not exist\nhint: make it by `file: path={dir} state=directory`";
    bad_validate(line, why) "Cannot read the command of `validate`, `{line}`: {why}";
    validate_without_path(line) "Cannot use the command of `validate`, `{line}`: it does not say `%s`\nhint: put `%s` where the path of the new file belongs";
    no_such_attribute(name) "Cannot set `{name}`: file attributes of `chattr` and SELinux contexts are not supported\nhint: use a task with the module `command`";
    src_and_content() "Cannot copy both `src` and `content`\nhint: leave one of them out";
    no_src() "Cannot copy without `src` or `content`";
    content_into_directory(path) "Cannot write `content` into the directory `{path}`\nhint: name a file in `dest`";
    wrong_checksum(expected, is) "Cannot copy: the checksum is {is}, not {expected}";
    links_always_followed(src) "Cannot copy the links in `{src}` as links: those of the controller are always followed\nhint: leave `local_follow` out";
    no_host_source(path) "Cannot copy `{path}` of the host: there is no such file";
}
