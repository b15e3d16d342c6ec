//! What Neutron writes, what it would not write, and any bytes.

use proptest::prelude::*;

use super::*;

/// As the agents of Neutron 24 and 29 write it, with all that they may write.
const WHOLE: &str = include_str!("../../captures/keepalived.conf");

fn kind(config: &str) -> Kind {
    HaAddress::parse(config.as_bytes()).unwrap_err().kind
}

#[test]
fn what_neutron_writes_is_read() {
    let found = HaAddress::parse(WHOLE.as_bytes()).unwrap();
    assert_eq!(
        (found.vip.to_string(), found.interface.as_bytes()),
        ("169.254.0.1/24".to_owned(), &b"ha-0a1b2c3d-4e"[..])
    );
}

#[test]
fn what_neutron_would_not_write_is_refused_at_its_line() {
    let address = "        169.254.0.1/24 dev ha-0a1b2c3d-4e\n";
    for (part, other, kind) in [
        (address, "", Kind::Missing),
        (address, &address.repeat(2), Kind::Second),
        ("169.254.0.1/24", "169.254.0.1", Kind::Address),
        ("/24 dev ha-0a1b2c3d-4e\n    }", "/24\n    }", Kind::Address),
        ("/24 dev ha-0a1b2c3d-4e\n    }", "/24 device ha-0a1b2c3d-4e\n    }", Kind::Address),
        ("/24 dev ha-0a1b2c3d-4e\n    }", "/24 dev ha-1\n    }", Kind::OtherInterface),
        ("    interface ha-0a1b2c3d-4e\n", "", Kind::Missing),
        ("    interface ha-0a1b2c3d-4e\n", "    interface a b\n", Kind::Interface),
        ("vrrp_instance VR_1 {", "vrrp_instances VR_1 {", Kind::Missing),
        ("vrrp_instance VR_1 {", "vrrp_instance VR_0 {\n}\nvrrp_instance VR_1 {", Kind::Second),
        ("global_defs {", "}\nglobal_defs {", Kind::Unopened),
        ("global_defs {", "global_defs {\na {", Kind::Unclosed),
    ] {
        assert!(WHOLE.contains(part), "{part}");
        assert_eq!(self::kind(&WHOLE.replacen(part, other, 1)), kind, "{part} as {other}");
    }
    let error = HaAddress::parse("a {\n}\n  }\n".as_bytes()).unwrap_err();
    assert_eq!(error, ConfigError { kind: Kind::Unopened, offset: 6 });
}

#[test]
fn blocks_are_as_deep_as_the_bound_allows() {
    let deep = |depth: usize| format!("{}{}{WHOLE}", "a {\n".repeat(depth), "}\n".repeat(depth));
    assert!(HaAddress::parse(deep(DEEPEST).as_bytes()).is_ok());
    assert_eq!(kind(&deep(DEEPEST + 1)), Kind::Depth);
}

#[test]
fn what_is_cut_off_is_never_another_address() {
    let whole = HaAddress::parse(WHOLE.as_bytes()).unwrap();
    for end in 0..WHOLE.len() {
        let found = HaAddress::parse(&WHOLE.as_bytes()[..end]);
        assert!(found.is_err() || found.as_ref() == Ok(&whole), "{end}: {found:?}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_a_configuration_or_refused_at_a_byte_of_them(
        bytes in prop::collection::vec(prop::sample::select(b"a/.1 \n{}#!\xff".to_vec()), 0..200)
    ) {
        if let Err(error) = HaAddress::parse(&bytes) {
            prop_assert!(error.offset <= bytes.len());
        }
    }

    #[test]
    fn white_space_and_comments_change_nothing(
        lines in prop::collection::vec(("[ \t]{0,3}", prop::option::of("[ \t]{0,2}([#!].{0,9})?")), 100)
    ) {
        let changed = WHOLE.lines().zip(&lines).map(|(line, (space, other))| {
            let other = other.as_ref().map(|other| format!("{other}\n")).unwrap_or_default();
            format!("{space}{line}{space}\n{other}")
        });
        let changed: String = changed.collect();
        prop_assert_eq!(HaAddress::parse(changed.as_bytes()), HaAddress::parse(WHOLE.as_bytes()));
    }
}
