//! Inputs at one length and at twice the length: those of the fuzz corpus, each made longer in one of its elements, and
//! some that are made here.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;

use hanotify::{Limits, decode_exact};

use hanotify_testing::shapes::shapes;

/// What an element is repeated up to, in bytes.
const LEN: usize = 4_096;

pub(crate) struct Growth {
    /// For an input of the corpus what becomes of it as it is there, and which of its elements is made longer.
    pub(crate) shape: String,
    pub(crate) once: Vec<u8>,
    pub(crate) twice: Vec<u8>,
}

/// One for each part of the parser, which does all the work in it.
pub(crate) fn growths_of_shapes() -> Vec<Growth> {
    let pairs = shapes(LEN, 1).into_iter().zip(shapes(LEN, 2));
    pairs.map(|((shape, once), (_, twice))| Growth { shape: shape.to_owned(), once, twice }).collect()
}

/// One for each verdict and element. So their number stays in bounds, however large the corpus grows.
pub(crate) fn growths_of_corpus() -> Vec<Growth> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/fuzz/decode");
    let mut paths: Vec<_> =
        fs::read_dir(folder).expect("the corpus").map(|entry| entry.expect("an entry").path()).collect();
    paths.sort_unstable();
    let mut shapes = BTreeMap::new();
    for input in paths.iter().filter_map(|path| fs::read(path).ok()) {
        let verdict = decode_exact(&input, &Limits::DEFAULT).map_or_else(|error| error.kind.name(), |_| "accepted");
        for (element, range) in elements(&input) {
            shapes.entry(format!("{verdict}: {element}")).or_insert_with(|| (input.clone(), range));
        }
    }
    let growth = |(shape, (input, range)): (String, (Vec<u8>, Range<usize>))| {
        let copies = LEN.div_ceil(range.len());
        Growth { shape, once: repeated(&input, &range, copies), twice: repeated(&input, &range, copies * 2) }
    };
    shapes.into_iter().map(growth).collect()
}

fn repeated(input: &[u8], range: &Range<usize>, copies: usize) -> Vec<u8> {
    [&input[..range.start], &input[range.clone()].repeat(copies), &input[range.end..]].concat()
}

/// The parts of the request line; each line as a whole, its name and its value; the whole field section.
fn elements(input: &[u8]) -> Vec<(String, Range<usize>)> {
    let mut elements = Vec::new();
    let mut start = 0;
    for (number, line) in input.split_inclusive(|&byte| byte == b'\n').enumerate() {
        let end = start + line.len();
        let text = line.trim_ascii_end();
        if number == 0 {
            let mut at = 0;
            for (word, name) in text.split(|&byte| byte == b' ').zip(["method", "target", "version"]) {
                elements.push((name.to_owned(), at..at + word.len()));
                at += word.len() + 1;
            }
        } else if let Some(colon) = text.iter().position(|&byte| byte == b':') {
            let name = class(&text[..colon]);
            elements.push((format!("line of {name}"), start..end));
            elements.push((format!("name of {name}"), start..start + colon));
            elements.push((format!("value of {name}"), start + colon + 1..start + text.len()));
        } else {
            elements.push(("line of no field".to_owned(), start..end));
        }
        start = end;
    }
    elements.retain(|(_, range)| !range.is_empty());
    elements
}

/// The names that mean something, and one for all others.
fn class(name: &[u8]) -> String {
    const KNOWN: [&str; 10] = [
        "host",
        "x-neutron-router-id",
        "x-neutron-state",
        "connection",
        "content-length",
        "transfer-encoding",
        "expect",
        "te",
        "trailer",
        "upgrade",
    ];
    let known = KNOWN.into_iter().find(|known| known.as_bytes().eq_ignore_ascii_case(name));
    known.unwrap_or("another field").to_owned()
}
