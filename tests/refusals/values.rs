//! The rows about values that have a meaning: which byte of a value is the first that can't be there.

use hanotify::{ErrorKind, Limits};

use crate::case::{Case, Row, accepted, fields, refused, row};
use crate::host::host;

pub(crate) fn rows() -> Vec<Row> {
    vec![host(), content_length(), connection_option(), router_id(), state()]
}

/// Every value refused with `kind`, in the field `name`.
pub(crate) fn values(kind: ErrorKind, name: &str, values: &[&str]) -> Vec<Case> {
    values.iter().map(|value| refused(kind, 400, fields(format!("{name}: {value}")))).collect()
}

/// The neighbours, in a field whose name is spelled in another case.
pub(crate) fn neighbours(name: &str, values: &[&str]) -> Vec<Case> {
    let name = name.to_ascii_uppercase();
    values.iter().map(|value| accepted(fields(format!("{name}:{value}")))).collect()
}

fn content_length() -> Row {
    let refusals = [
        "‸",
        " \t‸",
        "‸+0",
        "‸-0",
        "‸-1",
        "0‸x0",
        "0‸X10",
        "0‸0",
        "0‸00",
        "0‸1",
        "1‸,1",
        "0‸,0",
        "0‸, 0",
        "0 ‸0",
        "0 ‸,0",
        "0\t‸.",
        "0‸;",
        "‸\"0\"",
        "‸'0'",
        "0‸.0",
        "1‸.",
        "1‸e3",
        "1‸_000",
        "1 ‸000",
        "‸.0",
        "‸,0",
        "‸x",
        "‸abc",
        "1‸a",
        "1844674407370955161‸6",
        "9999999999999999999‸9",
        "18446744073709551615‸0",
    ];
    // However low the limit of the body, and however high.
    let refusals = values(ErrorKind::ContentLength, "Content-Length", &refusals);
    let unlimited = refusals.iter().map(|case| case.clone().under(Limits::DEFAULT.with_body(usize::MAX))).collect();
    row("content-length", [refusals, unlimited, neighbours("Content-Length", &["0", " \t0\t ", "0 "])].concat())
}

fn connection_option() -> Row {
    let refusals = [
        "‸",
        " \t ‸",
        ",‸",
        ", ‸",
        ",,\t, ‸",
        "‸upgrade",
        "‸Upgrade, close",
        "close, ‸upgrade",
        "close,‸te",
        "‸te, close",
        "clos‸",
        "clos‸ e",
        "clos‸, close",
        "close‸d",
        "close‸s",
        "close ‸close",
        "close \t ‸keep-alive",
        "close‸;",
        "close ‸; a",
        "close‸=1",
        "c‸hose",
        "k‸lose",
        "keep‸",
        "keep‸ alive",
        "keep‸_alive",
        "keep-‸close",
        "keep-aliv‸",
        "keep-alive‸d",
        "keep-alive, clos‸",
        "‸\"close\"",
        "‸(close)",
        "close,‸;",
        "close,,‸x",
        "‸X-Neutron-State",
        "‸-alive",
    ];
    let accepted = [
        "close",
        "keep-alive",
        "CLOSE",
        "Keep-Alive",
        "cLoSe, kEeP-aLiVe",
        "close,close",
        "close,keep-alive",
        "keep-alive\t,\tclose",
        "close,",
        ",close",
        " , ,\t,close, , ",
        "close\r\nConnection: keep-alive",
    ];
    let refusals = values(ErrorKind::ConnectionOption, "Connection", &refusals);
    row("connection-option", [refusals, neighbours("Connection", &accepted)].concat())
}

fn router_id() -> Row {
    let refusals = [
        "‸",
        " \t‸",
        "‸x",
        "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d1‸",
        "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10‸0",
        "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10‸-",
        "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10‸,",
        "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10‸, 9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d11",
        "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10 \t‸9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10",
        "9‸B3A1D8E-5C1F-4A57-9F5E-0A4C2F3B7D10",
        "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7‸D10",
        "‸{9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10}",
        "‸\"9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10\"",
        "‸urn:uuid:9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10",
        "‸(9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10)",
        "9b3a1d8e‸5c1f4a579f5e0a4c2f3b7d10",
        "9b3a1d8‸-e5c1f-4a57-9f5e-0a4c2f3b7d10",
        "9b3a1d8e-5c1f‸4-a57-9f5e-0a4c2f3b7d10",
        "9b3a1d8e-5c1f-4a57-9f5e‸0a4c2f3b7d10-",
        "9b3a1d8e‸_5c1f_4a57_9f5e_0a4c2f3b7d10",
        "9b3a1d8e‸ 5c1f 4a57 9f5e 0a4c2f3b7d10",
        "9b3a1d8e-‸-5c1f-4a57-9f5e-0a4c2f3b7d10",
        "9b3a1d8‸g-5c1f-4a57-9f5e-0a4c2f3b7d10",
        "‸-b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10",
        "00000000-0000-0000-0000-00000000000‸0",
        "00000000-0000-0000-0000-00000000000‸0 ",
        "00000000-0000-0000-0000-00000000000‸",
        "00000000-0000-0000-0000-00000000000‸00",
        "00000000-0000-0000-0000-00000000000‸0, 9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10",
        "0‸x9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10",
        "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10‸;a",
        "‸None",
        "‸NULL",
        "‸*",
    ];
    let accepted = [
        "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10",
        " \t9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10\t ",
        "00000000-0000-0000-0000-000000000001",
        "10000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "01234567-89ab-cdef-0123-456789abcdef",
    ];
    let refusals = values(ErrorKind::RouterId, "X-Neutron-Router-Id", &refusals);
    row("router-id", [refusals, neighbours("X-Neutron-Router-Id", &accepted)].concat())
}

fn state() -> Row {
    let either = [
        "‸",
        " \t‸",
        "‸unknown",
        "‸Primary",
        "‸PRIMARY",
        "‸Backup",
        "p‸RIMARY",
        "primar‸Y",
        "primary‸,backup",
        "primary‸, backup",
        "primary ‸backup",
        "primary \t‸,",
        "primar‸",
        "primar‸ y",
        "p‸",
        "primar‸ies",
        "primary‸s",
        "primary‸;q=1",
        "‸\"primary\"",
        "‸'primary'",
        "b‸",
        "backup‸s",
        "back‸-up",
        "fau‸",
        "fault‸y",
        "f‸oo",
        "‸standby",
        "‸active",
        "‸1",
        "‸,primary",
        "‸.",
    ];
    let strict = ["‸master", "‸Master", "‸m"];
    let legacy = ["‸Master", "m‸", "mast‸", "master‸,", "master‸s", "m‸primary", "master ‸master"];
    let under =
        |cases: Vec<Case>, limits: Limits| cases.into_iter().map(move |case| case.under(limits)).collect::<Vec<_>>();
    let with_master = Limits::DEFAULT.with_legacy_state(true);
    let state = |texts: &[&str]| values(ErrorKind::State, "X-Neutron-State", texts);
    let accepted = |words: &[&str]| neighbours("X-Neutron-State", words);
    row(
        "state",
        [
            state(&either),
            state(&strict),
            accepted(&["primary", " backup", "\tfault \t", "primary "]),
            under(state(&either), with_master),
            under(state(&legacy), with_master),
            under(accepted(&["primary", "backup", "fault", "master", " master\t"]), with_master),
        ]
        .concat(),
    )
}
