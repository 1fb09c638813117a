//! Fields of forms, as data: one template shows them all (`part/field.html`).

use crate::ui::form::Form;
use crate::ui::speech::Said;

/// Something to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    /// What the form brings back.
    pub(crate) word: String,
    /// What it says.
    pub(crate) title: String,
    /// What it means, where the title does not say.
    pub(crate) hint: &'static str,
    /// Whether it is chosen.
    pub(crate) is_chosen: bool,
}

/// How a field is filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// A line of text, of this type (`text`, `email`, `number`, `date`).
    Line(&'static str, String),
    /// A line that nobody sees. The browser is told what it is (`new-password`).
    Secret(&'static str),
    /// Lines that nobody sees again.
    Key,
    /// Several lines; how many are seen at once.
    Area(u8, String),
    /// A box.
    Tick(bool),
    /// One of these, in a list that opens.
    One(Vec<Choice>),
    /// One of these, all of which are seen at once.
    Pick(Vec<Choice>),
    /// Any of these.
    Any(Vec<Choice>),
}

/// A field of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    /// Its name, as the operation names it when it is at fault.
    pub(crate) name: String,
    /// What stands over it.
    pub(crate) label: String,
    /// What stands below it.
    pub(crate) hint: String,
    /// How it is filled in.
    pub(crate) input: Input,
    /// Whether the form is not taken without it.
    pub(crate) is_required: bool,
    /// Whether it is written as programs read it.
    pub(crate) is_code: bool,
    /// What is wrong with it.
    pub(crate) wrong: Option<Said>,
    /// What somebody else has put there meanwhile.
    pub(crate) now: Option<String>,
    /// The heading of the part of the form that begins with it, and whether that is folded at first.
    pub(crate) begins: Option<(String, bool)>,
    /// Of which other field's values it is: the name of that field, and the values with spaces between them.
    pub(crate) when: Option<(String, &'static str)>,
    /// Whether somebody writes at length in it.
    pub(crate) is_editor: bool,
    /// What could stand in it, shown while nothing does.
    pub(crate) example: &'static str,
    /// What is asked for while it is filled in.
    pub(crate) look: Option<Look>,
}

/// A part of a page that is fetched anew when a field has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    /// Where it comes from.
    pub(crate) href: &'static str,
    /// Its id on the page.
    pub(crate) part: &'static str,
    /// The other fields that are sent, as a selector of CSS.
    pub(crate) with: &'static str,
}

/// A part of a form (`part/fields.html`).
#[derive(Debug)]
pub(crate) struct Part<'f> {
    /// Its heading; the first may have none.
    pub(crate) heading: &'f str,
    /// Whether it is folded.
    pub(crate) is_folded: bool,
    /// Its fields.
    pub(crate) fields: Vec<&'f Field>,
}

/// The parts of a form.
pub(crate) fn parts(fields: &[Field]) -> Vec<Part<'_>> {
    let mut parts: Vec<Part<'_>> = Vec::new();
    for field in fields {
        let begins = field.begins.as_ref().map(|(heading, folded)| (heading.as_str(), *folded));
        if begins.is_some() || parts.is_empty() {
            let (heading, is_folded) = begins.unwrap_or_default();
            parts.push(Part { heading, is_folded, fields: Vec::new() });
        }
        if let Some(part) = parts.last_mut() {
            part.is_folded &= field.wrong.is_none() && field.now.is_none();
            part.fields.push(field);
        }
    }
    parts
}

impl Field {
    fn new(name: &str, label: &str, input: Input) -> Self {
        Self {
            name: name.to_owned(),
            label: label.to_owned(),
            hint: String::new(),
            input,
            is_required: false,
            is_code: false,
            wrong: None,
            now: None,
            begins: None,
            when: None,
            is_editor: false,
            example: "",
            look: None,
        }
    }

    /// A line of text.
    pub(crate) fn line(form: &Form, name: &str, label: &str) -> Self {
        Self::new(name, label, Input::Line("text", form.word(name)))
    }

    /// A line of another type.
    pub(crate) fn of_type(form: &Form, name: &str, label: &str, kind: &'static str) -> Self {
        Self::new(name, label, Input::Line(kind, form.word(name)))
    }

    /// A line that nobody sees.
    pub(crate) fn secret(name: &str, label: &str) -> Self {
        Self::new(name, label, Input::Secret("new-password"))
    }

    /// Lines that nobody sees again.
    pub(crate) fn key(name: &str, label: &str) -> Self {
        Self::new(name, label, Input::Key).code()
    }

    /// Several lines.
    pub(crate) fn area(form: &Form, name: &str, label: &str, rows: u8) -> Self {
        Self::new(name, label, Input::Area(rows, form.text(name)))
    }

    /// A box.
    pub(crate) fn tick(form: &Form, name: &str, label: &str) -> Self {
        Self::new(name, label, Input::Tick(form.is_on(name)))
    }

    /// One of some; each is what the form brings back and what it says.
    pub(crate) fn one<W: Into<String>, T: Into<String>>(
        form: &Form,
        name: &str,
        label: &str,
        all: impl IntoIterator<Item = (W, T)>,
    ) -> Self {
        Self::new(name, label, Input::One(choices(&[form.word(name)], all)))
    }

    /// One of some, all of which are seen at once.
    pub(crate) fn pick<W: Into<String>, T: Into<String>>(
        form: &Form,
        name: &str,
        label: &str,
        all: impl IntoIterator<Item = (W, T)>,
    ) -> Self {
        Self::new(name, label, Input::Pick(choices(&[form.word(name)], all)))
    }

    /// Any of some.
    pub(crate) fn any<W: Into<String>, T: Into<String>>(
        form: &Form,
        name: &str,
        label: &str,
        all: impl IntoIterator<Item = (W, T)>,
    ) -> Self {
        Self::new(name, label, Input::Any(choices(&form.all(name), all)))
    }

    /// With what it is for.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// With what could stand in it.
    pub(crate) const fn example(mut self, example: &'static str) -> Self {
        self.example = example;
        self
    }

    /// A part of the page follows what is typed in it.
    pub(crate) const fn look(mut self, look: Look) -> Self {
        self.look = Some(look);
        self
    }

    /// Without it the form is not taken.
    pub(crate) const fn required(mut self) -> Self {
        self.is_required = true;
        self
    }

    /// It is written as programs read it.
    pub(crate) const fn code(mut self) -> Self {
        self.is_code = true;
        self
    }

    /// A part of the form begins with it.
    pub(crate) fn begins(mut self, heading: &str, folded: bool) -> Self {
        self.begins = Some((heading.to_owned(), folded));
        self
    }

    /// It is only for these values of another field; a script shows it then.
    pub(crate) fn when(mut self, field: &str, values: &'static str) -> Self {
        self.when = Some((field.to_owned(), values));
        self
    }

    /// Somebody writes at length in it.
    pub(crate) const fn for_writing(mut self) -> Self {
        self.is_editor = true;
        self
    }

    /// The one that a browser is told to complete as (`current-password`).
    pub(crate) fn completed_as(mut self, word: &'static str) -> Self {
        if let Input::Secret(complete) = &mut self.input {
            *complete = word;
        }
        self
    }

    /// What stands in it, for people; nothing of what nobody may see.
    pub(crate) fn shown(&self) -> String {
        match &self.input {
            Input::Line(_, text) | Input::Area(_, text) => text.clone(),
            Input::Secret(_) | Input::Key => String::new(),
            Input::Tick(is_on) => if *is_on { "✓" } else { "–" }.to_owned(),
            Input::One(choices) | Input::Pick(choices) | Input::Any(choices) => {
                let chosen = choices.iter().filter(|choice| choice.is_chosen);
                chosen.map(|choice| choice.title.as_str()).collect::<Vec<_>>().join(", ")
            }
        }
    }
}

fn choices<W: Into<String>, T: Into<String>>(
    chosen: &[String],
    all: impl IntoIterator<Item = (W, T)>,
) -> Vec<Choice> {
    let choice = |(word, title): (W, T)| {
        let word = word.into();
        let is_chosen = chosen.contains(&word);
        Choice { title: title.into(), hint: "", is_chosen, word }
    };
    all.into_iter().map(choice).collect()
}

/// Puts what is wrong to the field that is at fault; gives it back where there is none.
pub(crate) fn blame(fields: &mut [Field], at: Option<&str>, said: Said) -> Option<Said> {
    match fields.iter_mut().find(|field| Some(field.name.as_str()) == at) {
        Some(field) => {
            field.wrong = Some(said);
            None
        }
        None => Some(said),
    }
}

/// Tells at each field what was saved meanwhile, where that is not what is typed.
pub(crate) fn compare(fields: &mut [Field], saved: &[Field]) {
    for (field, saved) in fields.iter_mut().zip(saved) {
        let now = saved.shown();
        field.now = (now != field.shown()).then_some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(form: &Form) -> Vec<Field> {
        vec![
            Field::line(form, "name", "Name"),
            Field::any(form, "verbs", "Rights", [("view", "see"), ("run", "run")]),
            Field::secret("password", "Password"),
        ]
    }

    #[test]
    fn what_was_saved_meanwhile_stands_at_the_field_that_differs() {
        let mut typed = fields(&Form::parse(b"name=a&verbs=view&password=canary"));
        let saved = fields(&Form::parse(b"name=b&verbs=view"));
        compare(&mut typed, &saved);
        let now: Vec<Option<&str>> = typed.iter().map(|field| field.now.as_deref()).collect();
        assert_eq!(now, [Some("b"), None, None]);
        assert!(!format!("{typed:?}").contains("canary"));
    }

    #[test]
    fn a_fault_is_said_at_its_field_or_over_the_form() {
        let mut typed = fields(&Form::default());
        let said = Said { text: "no".into(), ..Said::default() };
        assert_eq!(blame(&mut typed, Some("verbs"), said.clone()), None);
        assert_eq!(typed[1].wrong, Some(said.clone()));
        assert_eq!(blame(&mut typed, Some("other"), said.clone()), Some(said.clone()));
        assert_eq!(blame(&mut typed, None, said.clone()), Some(said));
    }
}
