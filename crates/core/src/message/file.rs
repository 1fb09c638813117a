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
    action_and_state() "Cannot use both `action` and `state`\nhint: `action` is the first hep's word; leave it out";
    recurse_without_directory() "Cannot use `recurse` where the state is not `directory`\nhint: add `state: directory`";
    src_without_link() "Cannot use `src` where the state is not `link` or `hard`\nhint: to copy a file of the controller use `src` with `dest` and no `state`, or the module `copy`";
    absent_file(path) "Cannot set attributes of `{path}`: it does not exist\nhint: use `state: touch` or `state: directory` to make it, or `copy` to fill it";
    not_the_state(path, is, wanted) "Cannot use `{path}` as a {wanted}: it is a {is}";
    link_without_src(path) "Cannot make the link `{path}`: `src` is missing";
    no_link_target(path, target) "Cannot make the link `{path}`: `{target}` does not exist\nhint: a symbolic link to nothing is made with `force: yes`";
    refuse_to_replace(path, is, new) "Cannot make the {new} `{path}`: a {is} is there\nhint: `force: yes` replaces it";
    directory_not_empty(path) "Cannot replace the directory `{path}` by a link: it is not empty\nhint: remove it by `state: absent` first";
    directory_left(path) "`{path}` is a directory and was left: `action: absent` removes files only";
    seed_directory(src) "Cannot copy `{src}`: it is a directory\nhint: use the module `copy`";
    bad_time(text, format) "Cannot read the time `{text}`: it is not `preserve`, `now` or of the form `{format}`";
}
