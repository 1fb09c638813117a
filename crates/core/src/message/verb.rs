//! Messages of the area `verb`: what is asked of hosts by name.

catalogue! { "verb";
    unknown(name) "There is no host verb `{name}`\nhint: `GET /api/v1/verbs` lists them";
    bad_parameters(name, error) "The parameters of `{name}` cannot be used: {error}";
    no_package() "Name at least one package";
    bad_package(name) "`{name}` is not a package's name\nhint: write `NAME` or `NAME=VERSION`; patterns are not taken here";
    bad_service(name) "`{name}` is not a service's name\nhint: use letters, digits and `.`, `_`, `@`, `:`, `\\`, `-`";
    bad_signal(name, known) "`{name}` is not a signal that can be sent\nhint: use one of {known}";
    one_of_pid_and_name() "Say either which process ids or which name\nhint: give `pids` or `name`, not both";
    bad_pid(pid) "The process {pid} is not signalled\nhint: name a process id above 1";
    bad_process(name) "`{name}` cannot be the name of a process\nhint: give the name of the program without its directory";
    no_credential() "Say which key is let in\nhint: give `credential`, the name of a credential with a key";
    no_search() "Say what to search for";
    bad_notice() "The notice to users cannot be used\nhint: one line of at most 200 characters";
    bad_delay(minutes, most) "{minutes} minutes are too long\nhint: choose at most {most}";
    no_check(name) "`{name}` cannot tell beforehand what it would do\nhint: leave out `check`";
    no_node() "This process cannot reach hosts\nhint: ask a server: `hep serve`";
    no_answer(host) "{host} did not answer as it should\nhint: run the verb by a run, whose log shows what the host says";
    no_mac(selector) "No host of `{selector}` has a hardware address in the register\nhint: set `mac` of the hosts";
    cannot_send(address, why) "Cannot send to {address}: {why}\nhint: say `via`: hosts in the network of those that are to be woken";
    bad_mac(text) "`{text}` is not the hardware address of a network card\nhint: write six pairs of hexadecimal digits: `52:54:00:12:34:56`";
}
