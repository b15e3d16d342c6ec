//! What the options of both releases are read as.

use super::*;

fn words(is_joined: bool, cidr: &str) -> Vec<OsString> {
    let id = "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10";
    let options = [
        ("router_id", id),
        ("namespace", "q"),
        ("conf_dir", "/"),
        ("monitor_interface", "ha-0"),
        ("monitor_cidr", cidr),
        ("pid_file", "/pid"),
        ("state_path", "/"),
    ];
    let written = |(name, value): &(&str, &str)| {
        if is_joined { vec![format!("--{name}={value}")] } else { vec![format!("--{name}"), (*value).to_owned()] }
    };
    let each = options.iter().flat_map(written);
    std::iter::once("it".to_owned()).chain(each).map(OsString::from).collect()
}

#[test]
fn an_address_that_can_not_be_read_is_an_error_but_for_neutron_24() {
    for (is_joined, cidr, expected) in [
        (false, "169.254.0.1/24", Some(false)),
        (true, "169.254.0.1/24", Some(false)),
        (true, "x", Some(true)),
        (true, "", Some(true)),
        (false, "x", None),
        (false, "", None),
    ] {
        let read = read(words(is_joined, cidr)).ok();
        assert_eq!(read.as_ref().map(|read| read.is_unreadable), expected, "{is_joined} {cidr}");
        assert_eq!(read.is_some_and(|read| read.spec().is_some()), expected.is_some());
    }
}
