//! Messages of the area `template`.

catalogue! { "template";
    /// A text cannot be parsed.
    syntax(text, why) "Cannot parse the template `{text}`: {why}.\nhint: correct it; braces that are meant literally stand between `raw` and `endraw`.";
    /// A statement that is not supported.
    statement(name) "The template statement `{name}` is not supported.\nhint: use macros in the same file, or `lookup('template', …)`.";
    /// A variable is not defined.
    undefined(name, text, hint) "`{name}` is undefined in `{text}`.\nhint: {hint}";
    /// A member does not exist.
    no_member(kind, name, text) "A value of type {kind} has no member `{name}` in `{text}`.\nhint: look at the value with the module debug, or give a default: `| default(…)`";
    /// Something undefined of which no more is known.
    undefined_value(text) "Something undefined is used in `{text}`.\nhint: give it a default: `| default(…)`";
    /// `undef(hint=…)` was used.
    undefined_hint(why) "A variable that must be set is not: {why}.\nhint: define it in the inventory or with -e.";
    /// `mandatory` found nothing.
    mandatory(name, why) "The mandatory variable {name} is not defined: {why}.\nhint: define it in the inventory or with -e.";
    /// No such filter.
    unknown_filter(name, hint) "There is no filter `{name}`.\nhint: {hint}";
    /// No such test.
    unknown_test(name, hint) "There is no test `{name}`.\nhint: {hint}";
    /// No such lookup.
    unknown_lookup(name, hint) "There is no lookup `{name}`.\nhint: {hint}";
    /// A filter, test or method failed.
    filter(name, why) "`{name}` failed: {why}.\nhint: check what it is applied to, and its arguments.";
    /// A lookup failed.
    lookup(name, why) "The lookup `{name}` failed: {why}.\nhint: check its arguments.";
    /// Something that this program does not do in templates.
    refused(name, why) "`{name}` is not available in templates: {why}.\nhint: compute the value elsewhere and pass it as a variable.";
    /// A test of a file of the controller.
    controller_file(name) "The test `{name}` looks at a file of the controller, which is not supported.\nhint: use the module stat for files of the host, or `lookup('fileglob', …)` for the controller's.";
    /// A clock is needed.
    no_clock() "`now()` needs a clock, which an evaluation does not have.\nhint: use the fact `ansible_date_time`.";
    /// Random without a seed.
    no_seed(name) "`{name}` without `seed=` gives another result each time, so that a plan could not be trusted.\nhint: give a seed, for example `{name}(seed=inventory_hostname)`.";
    /// A method that changes a value.
    changing_method(name) "The method `{name}()` changes a value in place, which is not supported.\nhint: make a new value: `list + [item]`, or `dict | combine(other)`.";
    /// A definition that needs itself.
    endless(circle) "The definition is endless: {circle}.\nhint: break the circle; a variable may name itself only to extend the one of a lower precedence.";
    /// Definitions within definitions.
    too_deep(name, limit) "The definition of `{name}` refers to other definitions more than {limit} deep.\nhint: define it more directly.";
    /// A value that is nested too deeply.
    nested(limit) "A value is nested more than {limit} deep.\nhint: build it flatter.";
    /// Too much work.
    fuel(text) "The evaluation of `{text}` was stopped: it does not come to an end.\nhint: make its loops smaller.";
    /// Any other failure.
    failed(text, why) "Cannot evaluate `{text}`: {why}.\nhint: check the types of its parts with `| type_debug`.";
    /// A failure in a template file.
    in_file(file, message) "Template {file}: {message}";
    /// `omit` where a value is needed.
    omit_used() "`omit` is used as a value.\nhint: it can only stand as the whole value of an option or member.";
    /// A lookup's argument came from a host.
    host_argument(name) "An argument of the lookup `{name}` was computed from something that a host said, and could make the controller read what it should not.\nhint: compute it from your own variables only.";
    /// A condition came from a host.
    untrusted_condition(text) "The condition is a text that is not yours to be evaluated: `{text}`.\nhint: write the comparison itself; what a host said is data and never an expression.";
    /// A condition that is neither true nor false.
    not_boolean(text, kind, value) "The condition `{text}` gives {value}, of type {kind}, and must be true or false.\nhint: compare explicitly, for example `… | length > 0`, `… is defined`, or `… | bool`.";
}
