//! The connection machine, driven by any actions in any order under a clock of the oracle's own, does what a model of a
//! page does.

pub(crate) mod model;
pub(crate) mod script;

use std::time::Instant;

use arbitrary::Unstructured;
use hanotify::ErrorKind;
use hanotify::internals::{Machine, Verdict, Want};

use model::Model;
use script::{Action, Script};

/// The input is a recipe.
///
/// # Panics
///
/// Where the machine and the model differ.
pub fn check(input: &[u8]) {
    if let Ok(script) = Script::from_recipe(&mut Unstructured::new(input)) {
        run(&script);
    }
}

fn run(script: &Script) {
    let mut now = Instant::now();
    let mut machine = Machine::new(script.config.clone(), now);
    let mut model = Model::new(&script.config, now);
    let mut stream = script.stream.as_slice();
    for action in &script.actions {
        if let Action::Pass(time) = *action {
            now += time;
        }
        let (verdict, expected) = act(action, now, &mut stream, &mut machine, &mut model);
        assert_eq!(verdict, expected, "{action:?} of {script:?}");
        same(&machine, &model, script);
    }
    ends(machine, now, script);
}

/// Does the same to both, and gives their verdicts.
fn act(
    action: &Action,
    now: Instant,
    stream: &mut &[u8],
    machine: &mut Machine,
    model: &mut Model<'_>,
) -> (Option<Verdict>, Option<Verdict>) {
    match *action {
        Action::Receive(len) => {
            let (bytes, rest) = stream.split_at(len.min(stream.len()));
            *stream = rest;
            // A socket gives no bytes only at the end.
            if !bytes.is_empty() {
                return (machine.received(bytes), model.received(bytes));
            }
        }
        Action::Finish => return (machine.finished(), model.finished()),
        Action::Pass(_) if now < machine.deadline() => {}
        Action::Pass(_) | Action::Expire => return (machine.expired(), model.expired()),
        Action::TurnAway(kind) => return (machine.turn_away(kind), model.gives_up(kind, true)),
        Action::Wrote(len) => match machine.want() {
            Want::Write(rest) => {
                let len = len.min(rest.len());
                machine.wrote(len);
                model.wrote(len);
            }
            _ => machine.wrote(len),
        },
        Action::Answer(answer) => {
            machine.answer(answer, now);
            model.answers(answer, now);
        }
    }
    (None, None)
}

/// What can be seen of the two.
fn same(machine: &Machine, model: &Model<'_>, script: &Script) {
    let seen = (machine.want(), machine.deadline(), machine.trailing());
    assert_eq!(seen, (model.want(), model.deadline, model.trailing), "{script:?}");
}

/// Left alone, a connection is over after two deadlines, whatever has happened, and none of them is far away.
fn ends(mut machine: Machine, now: Instant, script: &Script) {
    let longest = script.config.total_time().max(script.config.drain_time());
    for _ in 0..2 {
        assert!(machine.deadline() <= now + longest, "{script:?}");
        if machine.expired().is_some() || machine.want() == Want::Answer {
            machine.answer(Err(ErrorKind::Deadline), now);
        }
    }
    assert_eq!(machine.want(), Want::Close, "{script:?}");
}
