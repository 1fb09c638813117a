//! Messages of the area `file`: the modules about files, and what is planned for paths.

catalogue! { "file";
    too_large(path, limit) "Cannot read `{path}`: it is larger than {limit} bytes";
    not_a_file(path) "Cannot read `{path}`: it is not a regular file";
}
