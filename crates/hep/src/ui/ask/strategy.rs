//! How it goes over the hosts, as fields of a form.

use hep_engine::server::subject::Strategy;

use super::{span, yes};
use crate::ui::form::Form;
use crate::ui::kept::field::Field;
use crate::ui::kept::reader::{Reader, size_written};
use crate::ui::words::Words;

/// The fields, in a part of their own.
pub(crate) fn fields(t: Words, form: &Form) -> Vec<Field> {
    let line = |name, label| Field::line(form, name, label).code();
    vec![
        line("forks", t.new_forks()).hint(t.new_strategy_hint()).begins(t.new_strategy(), true),
        line("canary", t.new_canary()).hint(t.new_canary_hint()),
        line("batches", t.new_batches()).hint(t.new_batches_hint("5, 20%")),
        line("pause", t.new_pause()).hint(t.ask_pause_hint("30s", "5m")),
        line("stop_after", t.new_stop_after()).hint(t.ask_stop_hint("10%")),
        line("deadline", t.new_deadline()).hint(t.ask_deadline_hint("2h")),
        Field::tick(form, "approval", t.new_approval()).hint(t.ask_approval_hint()),
    ]
}

/// What stands in them at first.
pub(crate) fn filled(said: &Strategy) -> Vec<(&'static str, String)> {
    let size = |size: Option<_>| size.map(size_written).unwrap_or_default();
    let batches: Vec<String> = said.batches.iter().map(|size| size_written(*size)).collect();
    vec![
        ("forks", said.forks.map(|many| many.to_string()).unwrap_or_default()),
        ("canary", size(said.canary)),
        ("batches", batches.join(", ")),
        ("pause", span(said.pause_seconds)),
        ("stop_after", size(said.stop_after)),
        ("deadline", span(said.deadline_seconds)),
        ("approval", yes(said.approval)),
    ]
}

/// What they say.
pub(crate) fn said(form: &Reader<'_>) -> Strategy {
    Strategy {
        forks: form.number("forks"),
        batches: form.sizes("batches"),
        canary: form.size("canary"),
        stop_after: form.size("stop_after"),
        pause_seconds: form.seconds("pause"),
        approval: form.is_on("approval"),
        deadline_seconds: form.seconds("deadline"),
    }
}

/// How it goes, a sentence for each thing that is not as usual.
pub(crate) fn words(t: Words, said: &Strategy) -> Vec<String> {
    let sizes: Vec<String> = said.batches.iter().map(|size| size_written(*size)).collect();
    let all = [
        Some(t.strategy_forks(said.forks())),
        said.canary.map(|size| t.strategy_canary(size_written(size))),
        (!sizes.is_empty()).then(|| t.strategy_batches(sizes.join(", "))),
        said.pause_seconds.map(|seconds| t.strategy_pause(hep_core::span::written(seconds))),
        said.stop_after.map(|size| t.strategy_stop(size_written(size))),
        said.deadline_seconds.map(|seconds| t.strategy_deadline(hep_core::span::written(seconds))),
        said.approval.then(|| t.strategy_approval().to_owned()),
    ];
    all.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strategy_is_said_in_words() {
        let t = Words::default();
        let strategy =
            r#"{"canary":1,"batches":[5,"20%"],"approval":true,"deadline_seconds":7200}"#;
        let said = words(t, &serde_json::from_str(strategy).unwrap());
        assert_eq!(said.len(), 5, "{said:?}");
        assert!(said[2].contains("5, 20%") && said[3].contains("2h"), "{said:?}");
        assert_eq!(words(t, &Strategy::default()).len(), 1);
    }

    #[test]
    fn a_strategy_goes_through_a_form_and_comes_back() {
        for json in [
            "{}",
            r#"{"forks":10,"batches":[1,"20%","12.5%"],"canary":"5%","stop_after":3}"#,
            r#"{"pause_seconds":0,"approval":true,"deadline_seconds":5401}"#,
            r#"{"forks":0,"pause_seconds":90,"deadline_seconds":86400}"#,
        ] {
            let strategy: Strategy = serde_json::from_str(json).unwrap();
            let form = Form::of(filled(&strategy));
            let reader = Reader::of(&form);
            let back = said(&reader);
            assert_eq!(reader.finish(back).unwrap(), strategy, "{json}");
        }
    }
}
