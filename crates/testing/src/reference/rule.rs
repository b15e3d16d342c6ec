//! A rule: a regular expression, and how far a text follows it.

use std::collections::BTreeMap;
use std::format;
use std::vec;
use std::vec::Vec;

use regex_automata::dfa::{Automaton, dense};
use regex_automata::util::primitives::StateID;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input};

/// A regular expression as a table: for each state and each byte the state after it.
pub(crate) struct Rule {
    next: Vec<[u16; 256]>,
    may_end: Vec<bool>,
}

/// The state from which no text is matched any more.
const NEVER: u16 = 0;
/// The state before the first byte.
const START: u16 = 1;

/// How far a text follows a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// It is matched up to here, and nothing shorter is.
    Whole(usize),
    /// The byte here can't be there: no text that is matched begins in this way.
    Departs(usize),
    /// It is the beginning of a text that is matched.
    Begun,
}

impl Extent {
    /// Where the match ends, if there is one.
    pub(crate) fn end(self) -> Option<usize> {
        if let Self::Whole(end) = self { Some(end) } else { None }
    }

    /// The byte that can't be there, if there is one.
    pub(crate) fn departure(self) -> Option<usize> {
        if let Self::Departs(at) = self { Some(at) } else { None }
    }
}

impl Rule {
    /// The rule that a regular expression states, in the syntax of the crate `regex`, for the whole of a text.
    ///
    /// # Panics
    ///
    /// If that is none.
    pub(crate) fn new(pattern: &str) -> Self {
        let dfa = dense::Builder::new()
            .syntax(syntax::Config::new().unicode(false).utf8(false))
            .configure(dense::Config::new().start_kind(regex_automata::dfa::StartKind::Anchored))
            .build(&format!(r"\A(?:{pattern})\z"))
            .expect("a regular expression");
        let start = dfa.start_state_forward(&Input::new("").anchored(Anchored::Yes)).expect("a start");
        let mut rule = Self { next: vec![[NEVER; 256]], may_end: vec![false] };
        rule.add(&dfa, start, &mut BTreeMap::new());
        rule.forget_dead_ends();
        rule
    }

    /// Adds a state and all that come after it.
    fn add(&mut self, dfa: &dense::DFA<Vec<u32>>, state: StateID, known: &mut BTreeMap<StateID, u16>) -> u16 {
        if let Some(&number) = known.get(&state) {
            return number;
        }
        let number = u16::try_from(self.next.len()).expect("a small rule");
        known.insert(state, number);
        self.next.push([NEVER; 256]);
        self.may_end.push(dfa.is_match_state(dfa.next_eoi_state(state)));
        for byte in 0..=255 {
            let behind = self.add(dfa, dfa.next_state(state, byte), known);
            self.next[usize::from(number)][usize::from(byte)] = behind;
        }
        number
    }

    /// Makes one state of all from which no match can be reached.
    fn forget_dead_ends(&mut self) {
        let mut alive = self.may_end.clone();
        let leads_on = |row: &[u16; 256], alive: &[bool]| row.iter().any(|&next| alive[usize::from(next)]);
        while let Some(state) = (0..alive.len()).find(|&state| !alive[state] && leads_on(&self.next[state], &alive)) {
            alive[state] = true;
        }
        for next in self.next.iter_mut().flatten().filter(|next| !alive[usize::from(**next)]) {
            *next = NEVER;
        }
    }

    /// How far `text` follows this rule, from the byte `start` on.
    pub(crate) fn follow(&self, text: &[u8], start: usize) -> Extent {
        // Slices, and no iterator: it is this loop in which a test without optimisation spends its time.
        let (next, may_end) = (&self.next[..], &self.may_end[..]);
        let mut state = START;
        let mut at = start;
        while !may_end[state as usize] {
            if at >= text.len() {
                return Extent::Begun;
            }
            state = next[state as usize][text[at] as usize];
            if state == NEVER {
                return Extent::Departs(at);
            }
            at += 1;
        }
        Extent::Whole(at)
    }

    /// Whether the whole of `text` is matched.
    pub(crate) fn matches(&self, text: &[u8]) -> bool {
        let behind = |state: u16, &byte: &u8| self.next[usize::from(state)][usize::from(byte)];
        self.may_end[usize::from(text.iter().fold(START, behind))]
    }
}

#[test]
fn a_text_departs_at_the_first_byte_that_cant_be_there() {
    let rule = Rule::new("(close|clone[sd]);");
    for (text, extent) in [
        ("", Extent::Begun),
        ("clo", Extent::Begun),
        ("close", Extent::Begun),
        ("close;", Extent::Whole(6)),
        ("close;x", Extent::Whole(6)),
        ("Close;", Extent::Departs(0)),
        ("clox", Extent::Departs(3)),
        ("clos;", Extent::Departs(4)),
        ("clonex", Extent::Departs(5)),
        ("cloned\u{e9}", Extent::Departs(6)),
    ] {
        assert_eq!(rule.follow(text.as_bytes(), 0), extent, "{text}");
        assert_eq!(rule.matches(text.as_bytes()), extent == Extent::Whole(text.len()), "{text}");
    }
    assert_eq!(rule.follow(b"close;clove;", 6), Extent::Departs(9));
    assert_eq!(Rule::new("a+;").follow(&[b'a'; 1_000], 0), Extent::Begun);
}
