//! Runs one module's `plan` over given answers, for the tables of cases beside each module.

use crate::change::{Change, Run};
use crate::message::module::bad_options;
use crate::module::{Context, Kind, Module, Plan};
use crate::node::{Node, Pos};
use crate::observe::{Answer, Observe, Question, Stop};
use crate::value::Value;

/// A question with its answer.
pub(crate) type Known = (Question, Answer);

/// Plans as for an apply.
pub(crate) fn plan(kind: &Kind, options: serde_json::Value, known: &[Known]) -> Result<Plan, Stop> {
    drive(kind, options, known, Round { check: false, again: false }).map(|(_, plan)| plan)
}

/// Plans as after changes of the same task.
pub(crate) fn again(kind: &Kind, options: serde_json::Value, known: &[Known]) -> Plan {
    drive(kind, options, known, Round { check: false, again: true }).unwrap().1
}

/// Plans as for a check.
pub(crate) fn check(
    kind: &Kind,
    options: serde_json::Value,
    known: &[Known],
) -> Result<Plan, Stop> {
    drive(kind, options, known, Round { check: true, again: false }).map(|(_, plan)| plan)
}

/// The plan, which must come about.
pub(crate) fn planned(kind: &Kind, options: serde_json::Value, known: &[Known]) -> Plan {
    plan(kind, options, known).unwrap()
}

/// The module with its plan, for calling `finish`.
pub(crate) fn module(
    kind: &Kind,
    options: serde_json::Value,
    known: &[Known],
) -> (Box<dyn Module>, Plan) {
    drive(kind, options, known, Round { check: false, again: false }).unwrap()
}

/// The plan's result as JSON.
pub(crate) fn result(plan: &Plan) -> serde_json::Value {
    serde_json::to_value(Value::map(plan.result.clone())).unwrap()
}

/// The programs that the plan runs.
pub(crate) fn commands(plan: &Plan) -> Vec<&Run> {
    let mut runs = Vec::new();
    for planned in &plan.changes {
        if let Change::Run(run) = &planned.change {
            runs.push(&**run);
        }
    }
    runs
}

/// Their argument vectors.
pub(crate) fn runs(plan: &Plan) -> Vec<Vec<&str>> {
    commands(plan).into_iter().map(|run| run.argv.iter().map(|word| &**word).collect()).collect()
}

/// What the context says beside the options.
struct Round {
    check: bool,
    again: bool,
}

fn drive(
    kind: &Kind,
    options: serde_json::Value,
    known: &[Known],
    Round { check, again }: Round,
) -> Result<(Box<dyn Module>, Plan), Stop> {
    let value: Value = serde_json::from_value(options).unwrap();
    let node = Node::from_value(&value, Pos::default());
    let module = kind.parse(&node).map_err(|error| match error.unknown {
        Some(why) => Stop::Unknown(why),
        None => Stop::Fail(error.message),
    })?;
    let context = Context {
        check,
        again,
        diff: true,
        user: "root",
        environment: &[],
        pos: Pos::default(),
        verbosity: 0,
        render: &|_, _| Ok(Value::Int(0)),
    };
    let mut observe = Observe::new();
    for _ in 0..20 {
        match module.plan(&context, &mut observe) {
            Err(Stop::Pending) => {
                for question in observe.take_open().0 {
                    let answer = known.iter().find(|(asked, _)| *asked == question);
                    let answer = answer.map(|(_, answer)| answer.clone());
                    let answer = answer.unwrap_or_else(|| nothing(&question));
                    observe.answer(question, answer);
                }
            }
            other => return other.map(|plan| (module, plan)),
        }
    }
    Err(Stop::Fail(bad_options("it never stops asking")))
}

/// The answer of a host that has nothing.
fn nothing(question: &Question) -> Answer {
    match question {
        Question::Stat { .. } => Answer::Stat(None),
        Question::Read { .. } => Answer::Content(None),
        Question::List { .. } => Answer::Entries(None),
        Question::Glob { .. } => Answer::Paths(vec![]),
        Question::User(_) => Answer::User(None),
        Question::Group(_) => Answer::Group(None),
        Question::Program(_) => Answer::Program(None),
        Question::Now => Answer::Now(1_700_000_000_000),
        Question::Port { .. } => Answer::Port(false),
        Question::Query(_) | Question::Facts => panic!("the case has no answer to {question:?}"),
    }
}
