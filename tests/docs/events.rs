//! The table of the events' members is that of what is written.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::UNIX_EPOCH;

use hanotify::sink::{Event, EventSink, JsonLines, Omitted, Peer, Refusal};
use hanotify::{ErrorKind, HaState, Notification, RouterId};
use serde_json::Value;

use super::{read, root, table};

/// One line of each event.
fn lines() -> String {
    let peer = Peer { pid: Some(7), uid: 1, gid: 2 };
    let router_id = RouterId::from_bytes([7; 16]).expect("an id");
    let event = Event::new(Notification { router_id, state: HaState::Backup }, peer, 1, UNIX_EPOCH);
    let mut out = Vec::new();
    let mut sink = JsonLines::new(&mut out);
    sink.listening(Path::new("socket"), 4_096).expect("a line");
    sink.notified(event).expect("a line");
    sink.unknown(event);
    sink.refused(Refusal::new(ErrorKind::State.at(0), Some(peer), UNIX_EPOCH));
    sink.omitted(Omitted::new(7, None, UNIX_EPOCH));
    String::from_utf8(out).expect("text")
}

/// Every member of an object, with those of the objects in it.
fn members(object: &Value) -> Vec<String> {
    let inner = |(name, value): (&String, &Value)| {
        let below = members(value).into_iter().map(move |inner| format!("{name}.{inner}"));
        [name.clone()].into_iter().chain(below.collect::<Vec<_>>()).collect::<Vec<_>>()
    };
    object.as_object().into_iter().flatten().flat_map(inner).collect()
}

#[test]
fn the_table_of_events_names_every_member_and_no_other() {
    let mut written: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in lines().lines() {
        let object: Value = serde_json::from_str(line).expect("an object");
        let event = object["event"].as_str().expect("its name").to_owned();
        for member in members(&object) {
            written.entry(member).or_default().insert(event.clone());
        }
    }
    let all: BTreeSet<String> = written["event"].clone();
    assert_eq!(all.len(), 5, "{all:?}");
    let page = read(&root().join("docs/from-neutron.md"));
    let mut stated = BTreeMap::new();
    for row in table(&page, "| member | of | type | what |") {
        let of: BTreeSet<String> = row[1].split(", ").map(|name| name.trim_matches('`').to_owned()).collect();
        stated.insert(row[0].trim_matches('`').to_owned(), if row[1] == "all" { all.clone() } else { of });
    }
    assert_eq!(stated, written);
}
