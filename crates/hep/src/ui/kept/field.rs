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
    /// One of these, which stand under headings in a list that opens.
    Grouped(Vec<(String, Vec<Choice>)>),
    /// Any of these.
    Any(Vec<Choice>),
    /// A file of the reader's own machine, and that which was chosen before.
    File(Option<Carried>),
}

/// What goes on with a form that is shown again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Carried {
    /// What it is, for the reader.
    pub(crate) note: String,
    /// Hidden fields that hold it.
    pub(crate) fields: Vec<(String, String)>,
}

/// A field of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is an attribute of its element")]
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
    /// Of a file: how many bytes are taken, and what is said of one that is larger.
    pub(crate) most: Option<(u64, String)>,
    /// Whether it is for values that other fields do not have now.
    pub(crate) is_hidden: bool,
    /// Whether other fields are only for some of its values.
    pub(crate) decides: bool,
    /// Whether somebody begins here: at the first that is wrong.
    pub(crate) is_first: bool,
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
pub(crate) struct Part {
    /// Its heading; the first may have none.
    pub(crate) heading: String,
    /// Whether it is folded.
    pub(crate) is_folded: bool,
    /// Whether none of its fields is shown.
    pub(crate) is_hidden: bool,
    /// Its fields.
    pub(crate) fields: Vec<Field>,
}

/// The parts of a form.
pub(crate) fn parts(fields: &[Field]) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for field in settled(fields) {
        if field.begins.is_some() || parts.is_empty() {
            let (heading, is_folded) = field.begins.clone().unwrap_or_default();
            parts.push(Part { heading, is_folded, is_hidden: true, fields: Vec::new() });
        }
        if let Some(part) = parts.last_mut() {
            part.is_folded &= field.wrong.is_none() && field.now.is_none();
            part.is_hidden &= field.is_hidden;
            part.fields.push(field);
        }
    }
    parts
}

/// The fields with what each has from the others: which of them are for what is chosen, which decide that, and which is
/// the first that is wrong.
fn settled(fields: &[Field]) -> Vec<Field> {
    let mut settled = fields.to_vec();
    for field in &mut settled {
        field.decides = fields.iter().any(|other| other.is_for(&field.name).is_some());
        // What is wrong stays to be seen.
        field.is_hidden = field.wrong.is_none()
            && fields.iter().any(|other| {
                let values = field.is_for(&other.name);
                values.is_some_and(|values| !values.split(' ').any(|value| other.has(value)))
            });
    }
    if let Some(first) = settled.iter_mut().find(|field| field.wrong.is_some()) {
        first.is_first = true;
    }
    settled
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
            most: None,
            is_hidden: false,
            decides: false,
            is_first: false,
        }
    }

    /// One that is filled in like this.
    pub(crate) fn of(name: &str, label: &str, input: Input) -> Self {
        Self::new(name, label, input)
    }

    /// The ids of what tells of it, for who cannot see where that stands.
    pub(crate) fn described(&self) -> String {
        let wrong = self.wrong.as_ref().map(|_| format!(" {}-wrong", self.name));
        let look = self.look.map(|look| format!(" {}", look.part));
        [Some(format!("{}-hint", self.name)), wrong, look].into_iter().flatten().collect()
    }

    /// For which values of another field it is, where it is only for some.
    fn is_for(&self, other: &str) -> Option<&'static str> {
        let (name, values) = self.when.as_ref()?;
        (name == other).then_some(*values)
    }

    /// Whether it has this value. Of a list in which nothing is chosen a browser shows the first.
    fn has(&self, value: &str) -> bool {
        let chosen = |choices: &[Choice]| {
            let chosen = choices.iter().find(|choice| choice.is_chosen);
            chosen.or(choices.first()).is_some_and(|choice| choice.word == value)
        };
        match &self.input {
            Input::One(choices) => chosen(choices),
            Input::Grouped(groups) => {
                let all: Vec<Choice> = groups.iter().flat_map(|(_, all)| all).cloned().collect();
                chosen(&all)
            }
            Input::Pick(choices) => choices.iter().any(|one| one.is_chosen && one.word == value),
            Input::Tick(is_on) => *is_on && value == "yes",
            _ => false,
        }
    }

    /// A line of text.
    pub(crate) fn line(form: &Form, name: &str, label: &str) -> Self {
        let word = form.word(name);
        // A browser takes line ends out of a line: what came with some keeps them.
        let is_long = word.contains('\n');
        let input = if is_long { Input::Area(3, word) } else { Input::Line("text", word) };
        Self::new(name, label, input)
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

    /// A file that is larger is not taken; what is said of it then.
    pub(crate) fn at_most(mut self, bytes: u64, large: String) -> Self {
        self.most = Some((bytes, large));
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
            Input::File(carried) => carried.iter().map(|one| one.note.as_str()).collect(),
            Input::Tick(is_on) => if *is_on { "✓" } else { "–" }.to_owned(),
            Input::Grouped(groups) => {
                let mut all = groups.iter().flat_map(|(_, choices)| choices);
                all.find(|one| one.is_chosen).map(|one| one.title.clone()).unwrap_or_default()
            }
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

    #[test]
    fn what_is_not_for_what_is_chosen_is_hidden_unless_it_is_wrong() {
        let form = Form::parse(b"kind=b");
        let mut fields = vec![
            Field::one(&form, "kind", "Kind", [("a", "A"), ("b", "B")]),
            Field::line(&form, "one", "One").when("kind", "a"),
            Field::line(&form, "two", "Two").when("kind", "a b"),
            Field::line(&form, "more", "More").when("kind", "a").begins("More", true),
        ];
        let hidden = |fields: &[Field]| -> Vec<bool> {
            settled(fields).iter().map(|field| field.is_hidden).collect()
        };
        assert_eq!(hidden(&fields), [false, true, false, true]);
        let shown = parts(&fields);
        assert_eq!((shown[0].is_hidden, shown[1].is_hidden), (false, true));
        assert!(shown[0].fields[0].decides && !shown[0].fields[1].decides);
        fields[1].wrong = Some(Said::default());
        assert_eq!(hidden(&fields), [false, false, false, true]);
        assert!(parts(&fields)[0].fields[1].is_first);
    }

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
