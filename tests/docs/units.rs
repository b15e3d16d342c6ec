//! The units in `contrib/` allow the server what the pages say that it takes, and never give it up.

use hanotify::Limits;
use hanotify::server::Config;

use super::{read, root};

/// The value that the unit gives this key.
fn value(unit: &str, key: &str) -> String {
    let text = read(&root().join("contrib").join(unit));
    let mut values = text.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    values.next().unwrap_or_else(|| panic!("no {key}= in {unit}")).to_owned()
}

#[test]
fn the_service_may_take_more_memory_than_the_bound_that_the_page_states() {
    let page = read(&root().join("docs/operating.md"));
    let formula = "connections × (0.15 KiB + 2 × (head + body))  +  lingering × 0.15 KiB  +  16 KiB\n```\n\n\
                   With the defaults that is 68 MB,";
    assert!(page.contains(formula), "another formula than the one of this test");
    let (config, limits) = (Config::new("socket"), Limits::DEFAULT);
    let messages = 2 * config.connections() * (limits.head() + limits.body());
    let bound = messages + 154 * (config.connections() + config.lingering()) + 16 * 1_024;
    assert_eq!((bound + 500_000) / 1_000_000, 68, "{bound} bytes");
    let max: usize =
        value("hanotify.service", "MemoryMax").strip_suffix('M').expect("in MiB").parse().expect("a number");
    assert!(max * 1_024 * 1_024 > bound * 3 / 2, "{max} MiB are too few for {bound} bytes and the program itself");
}

#[test]
fn no_number_of_crashes_ends_the_service_for_good() {
    assert_eq!(value("hanotify.service", "StartLimitIntervalSec"), "0");
    assert_eq!(value("hanotify.socket", "TriggerLimitIntervalSec"), "0");
    assert_eq!(value("hanotify.service", "Restart"), "on-failure");
}
