//! Messages of the area `option`: reading a module's options.

catalogue! { "option";
    unknown(name, known) "Cannot use the option `{name}`: it is not known here\nhint: the options are {known}";
    unknown_near(name, near) "Cannot use the option `{name}`: it is not known here\nhint: did you mean `{near}`?";
    missing(name) "Cannot do the task: the option `{name}` is missing\nhint: `hep modules NAME` shows what a module needs";
    twice(name) "Cannot read the options: `{name}` is given twice, perhaps once under another name\nhint: remove one of the two";
    not_options(found) "Cannot read the options: expected a mapping, found {found}\nhint: write the options one a line, each `NAME: VALUE`";
    value(name, expected, found) "Cannot read the option `{name}`: expected {expected}, found {found}";
    choice(name, word, choices) "Cannot read the option `{name}`: `{word}` is not one of {choices}";
    choice_near(name, word, near) "Cannot read the option `{name}`: `{word}` is not a choice\nhint: did you mean `{near}`?";
    refused(name, why) "Cannot read the option `{name}`: {why}";
    unknown_value(name, why) "Cannot read the option `{name}` yet: {why}";
    mode_number(name, value) "Cannot read the option `{name}`: the number {value} is not written in octal\nhint: quote the mode, as in \"0644\"";
    mode(name, text) "Cannot read the option `{name}`: `{text}` is not a mode\nhint: write octal digits in quotes, as in \"0644\", or symbols, as in \"u=rw,g=r,o=\"";
}
