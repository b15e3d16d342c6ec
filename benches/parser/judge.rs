//! Holds what was counted against what has to hold.

use super::bars::{BYTE_BY_BYTE, CURL_INSTRUCTIONS, REFUSED_TO_ACCEPTED};
use super::contestants::{Contestant, Hanotify, NaiveNom, Nothing};
use super::counts::Counts;
use super::splits::Resumed;

/// Whose counts decide about something, here or in the baseline.
const DECIDING: [&str; 8] =
    [Hanotify::NAME, Resumed::NAME, NaiveNom::NAME, Nothing::NAME, "refused", "accepted", "once", "twice"];

/// What is not as it has to be, in words.
pub(crate) fn complaints(counts: &Counts) -> Vec<String> {
    let mut complaints = Vec::new();
    let curl = counts.pairs("curl's message", [Hanotify::NAME, Nothing::NAME]);
    for (subject, [ours, nothing]) in curl.into_iter().filter(|_| cfg!(feature = "simd")) {
        let own = ours.saturating_sub(nothing);
        if own > CURL_INSTRUCTIONS {
            complaints.push(format!("{subject}: {own} instructions, more than {CURL_INSTRUCTIONS}"));
        }
    }
    for (subject, [refused, accepted]) in counts.pairs("refusal: ", ["refused", "accepted"]) {
        if refused > REFUSED_TO_ACCEPTED * accepted {
            complaints.push(format!(
                "{subject}: {refused} instructions, over {REFUSED_TO_ACCEPTED} times what accepting takes: {accepted}"
            ));
        }
    }
    for (subject, [once, twice]) in counts.pairs("growth: ", ["once", "twice"]) {
        if twice > 2 * once {
            complaints.push(format!("{subject}: {once} instructions, and {twice} for twice the input"));
        }
    }
    for (subject, [resumed, whole]) in counts.pairs("", [Resumed::NAME, Hanotify::NAME]) {
        if resumed > BYTE_BY_BYTE * whole {
            complaints
                .push(format!("{subject}: {resumed} instructions, over {BYTE_BY_BYTE} times the whole's {whole}"));
        }
    }
    for (subject, of, function) in counts.chosen.iter().filter(|(_, of, _)| DECIDING.contains(of)) {
        complaints.push(format!("{subject}, {of}: another processor may run something else than {function}"));
    }
    complaints
}
