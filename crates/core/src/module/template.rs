//! `template`: renders a template of the controller into a file of the host.

use std::sync::Arc;

use super::{Context, Finish, Kind, Module, Plan, copy};
use crate::attributes::{Wanted, basename, expand, trimmed};
use crate::change::Outcome;
use crate::message::file as say;
use crate::mode::Mode;
use crate::observe::{Ask, Observe, Question, Reply, SourceBody, SourceFile, Stop};
use crate::options;
use crate::put::{Put, Source};
use crate::template_text::{Blocks, with_blocks, with_newlines};
use crate::value::{Map, Value};

pub(super) const KIND: Kind = Kind {
    templates: &["src"],
    normalize: Some(crate::attributes::refuse_missing_options),
    ..Kind::of::<Template>("template")
};

options! {
    /// Renders a Jinja template of the controller with the task's variables and puts the text into a file.
    ///
    /// Beside the variables, `ansible_managed` is there: `Ansible managed` unless a variable says otherwise.
    ///
    /// Example: `template: src=vhost.conf.j2 dest=/etc/apache2/sites-available/app.conf mode="0644"`
    struct Template {
        /// The template, searched in `templates/` first.
        src: String,
        /// Where the text goes: a file, or a directory (one that exists, or with a `/` at its end).
        dest: String,
        /// Owner, by name or number.
        #[serde(default)]
        owner: Option<String>,
        /// Group, by name or number.
        #[serde(default)]
        group: Option<String>,
        /// Mode: `"0644"`, `u=rw,g=r`, or `preserve` for that of the template.
        #[serde(default)]
        mode: Option<Mode>,
        /// Whether the old file is kept beside the new one, with the date in its name.
        #[serde(default)]
        backup: bool,
        /// Whether a file that is there and differs is replaced.
        #[serde(default = "yes")]
        force: bool,
        /// Whether a link at `dest` is followed rather than replaced.
        #[serde(default)]
        follow: bool,
        /// A command that must accept the new file before it takes the old one's place; `%s` is its path.
        #[serde(default)]
        validate: Option<String>,
        /// What ends a line of the template in the file: `\n`, `\r\n` or `\r`.
        #[serde(default = "line_feed")]
        newline_sequence: String,
        /// Whether the line end after a block (`{% … %}`) is left out.
        #[serde(default = "yes")]
        trim_blocks: bool,
        /// Whether white space before a block at the beginning of a line is left out.
        #[serde(default)]
        lstrip_blocks: bool,
        /// Only `utf-8`.
        #[serde(default = "utf_8")]
        output_encoding: String,
    }
}

const fn yes() -> bool {
    true
}

fn line_feed() -> String {
    "\n".to_owned()
}

fn utf_8() -> String {
    "utf-8".to_owned()
}

impl Module for Template {
    fn plan(&self, context: &Context<'_>, observe: &mut Observe) -> Result<Plan, Stop> {
        self.newline()?;
        let dest = expand(&self.dest, context, observe)?;
        let (path, follow, digest) = (trimmed(&dest).into(), false, true);
        observe.expect([Question::Stat { path, follow, digest }]);
        let file = self.source(observe);
        let (owner, group) = (self.owner.as_deref(), self.group.as_deref());
        let wanted = Wanted::resolve(owner, group, self.mode.as_ref(), observe)?;
        let file = file?;
        let rendered = self.rendered(&file, context)?;
        let source = Source::of_bytes(rendered, file.mode);
        let put = Put {
            wanted: &wanted,
            backup: self.backup,
            validate: self.validate.as_deref(),
            force: self.force,
            follow: self.follow,
        };
        let dirs = wanted.with_mode(None);
        let tools = (context, observe);
        let mut plan = put.plan_into(basename(&self.src), &dest, &dirs, &source, tools)?;
        plan.result.insert("src".into(), Value::str(file.path));
        Ok(plan)
    }

    fn text(&self, context: &Context<'_>, observe: &mut Observe) -> Result<Option<Arc<str>>, Stop> {
        let file = self.source(observe)?;
        self.rendered(&file, context).map(|text| Some(text.into()))
    }

    fn finish(&self, result: Map, outcomes: &[Outcome]) -> Finish {
        copy::finish(result, outcomes)
    }
}

impl Template {
    fn newline(&self) -> Result<&'static str, Stop> {
        if !matches!(self.output_encoding.to_ascii_lowercase().as_str(), "utf-8" | "utf8") {
            return Err(say::only_utf_8(&self.output_encoding).into());
        }
        match &*self.newline_sequence {
            "\n" | "\\n" => Ok("\n"),
            "\r" | "\\r" => Ok("\r"),
            "\r\n" | "\\r\\n" => Ok("\r\n"),
            other => Err(say::bad_newline(other.escape_debug()).into()),
        }
    }

    fn rendered(&self, file: &SourceFile, context: &Context<'_>) -> Result<String, Stop> {
        let newline = self.newline()?;
        let SourceBody::Text(text) = &file.body else {
            return Err(say::not_a_template(&self.src).into());
        };
        let text = self.prepared(text, newline);
        printed(&(context.render)(&file.path, &text)?)
    }

    fn source(&self, observe: &mut Observe) -> Result<SourceFile, Stop> {
        match observe.ask_controller(Ask::Template((*self.src).into()))? {
            Reply::File(file) => Ok(file),
            _ => Err(crate::message::play::wrong_answer("Reply").into()),
        }
    }

    /// The text as it is rendered: the line numbers of errors stay those of the file.
    fn prepared(&self, text: &str, newline: &str) -> String {
        let blocks = Blocks { trim: self.trim_blocks, lstrip: self.lstrip_blocks };
        let text = with_blocks(&with_newlines(text, newline), blocks);
        if text.contains("ansible_managed") {
            const SET: &str = "{%+ set ansible_managed = \
                               ansible_managed | default('Ansible managed') +%}";
            return format!("{SET}{text}");
        }
        text
    }
}

/// A rendered value as text.
fn printed(value: &Value) -> Result<String, Stop> {
    match value {
        Value::Unknown(why) => Err(Stop::Unknown(why.clone())),
        Value::Str(text) => Ok(text.to_string()),
        Value::Null => Ok(String::new()),
        other => serde_json::to_string(other)
            .map_err(|why| crate::message::module::bad_options(why).into()),
    }
}

#[cfg(test)]
mod tests {
    use crate::memory::Host;
    use crate::module_test::{Case, Expect, check_all, options};

    fn case(name: &'static str, host: &str, opts: &str, expect: Expect) -> Case {
        Case { name, host: Host::new(host), module: "template", options: options(opts), expect }
    }

    #[test]
    fn templates_become_files() {
        let page = "template p.j2 = hi {{ name }}\\n";
        check_all(&[
            case("new", page, "src: p.j2\ndest: /etc/p\nmode: \"0600\"", Expect::changes(
                "write /etc/p 0600 = \"hi wörld\\n\"").result("dest", "/etc/p").result("size", 10_i64)),
            case("as it is", &format!("{page}\n/etc/p 0644 = hi wörld\\n"), "src: p.j2\ndest: /etc/p",
                Expect::nothing()),
            case("into a directory", page, "src: p.j2\ndest: /etc", Expect::changes(
                "write /etc/p.j2 = \"hi wörld\\n\"")),
            case("other line ends", page, "src: p.j2\ndest: /etc/p\nnewline_sequence: \\r\\n", Expect::any()
                .file("/etc/p", "hi wörld\r\n")),
            case("kept and validated", &format!("{page}\n/etc/p 0640 = x\nrun check %s -> 0"),
                "src: p.j2\ndest: /etc/p\nbackup: true\nvalidate: check %s",
                Expect::changes("write /etc/p = \"hi wörld\\n\" backup validate check %s").result("mode", "0640")
                    .result("backup_file", "/etc/p.4711.2026-01-01@00:00:00~")),
            case("managed", "template m.j2 = # {{ ansible_managed }}", "src: m.j2\ndest: /etc/m",
                Expect::any().file("/etc/m",
                    "{%+ set ansible_managed = ansible_managed | default('Ansible managed') +%}# {{ ansible_managed }}")),
            case("no template", "", "src: x.j2\ndest: /etc/x", Expect::error("no_source")),
            case("wrong line ends", page, "src: p.j2\ndest: /etc/p\nnewline_sequence: x", Expect::error("`x`")),
            case("another encoding", page, "src: p.j2\ndest: /etc/p\noutput_encoding: latin-1",
                Expect::error("latin-1")),
        ]);
    }
}
