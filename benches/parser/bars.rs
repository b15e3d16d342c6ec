//! What has to hold of the instructions, and the aims of the ratios.

/// Without its `simd` feature the crate has to be faster too, but not by as much.
pub(crate) const BUILD: &str = if cfg!(feature = "simd") { "simd" } else { "plain" };

/// How many times as fast as httparse, which only parses, hanotify is meant to be on this workload; with `simd`, and
/// without. The processor decides whether it is, so nothing fails where it isn't.
const AIMS: [(&str, f64, f64); 6] = [
    ("curl's message", 3.0, 2.2),
    ("httplib2's message", 3.0, 2.2),
    ("4,096 real messages", 2.5, 2.0),
    ("4,096 shuffled messages", 2.0, 1.5),
    ("64 fields of 100 bytes", 2.5, 1.3),
    ("a value of 8 KB", 5.0, 1.7),
];

/// The most instructions that curl's message may take, with `simd`.
pub(crate) const CURL_INSTRUCTIONS: u64 = 600;

/// How many times as much as the whole a message may take that arrives one byte at a time. The aim is 3, and out of
/// reach: a call for each byte that does nothing but look at it takes 8 to 14 times as much.
pub(crate) const BYTE_BY_BYTE: u64 = 24;

/// How many times as much as accepting a refusal may take. The aim is 1, which refusals late in a message don't reach:
/// what is refused is looked at a second time, with all care, to tell what is wrong and where.
pub(crate) const REFUSED_TO_ACCEPTED: u64 = 4;

/// The aims of the ratio on the workload, with `simd` and without.
pub(crate) fn aims(workload: &str) -> Option<[f64; 2]> {
    AIMS.into_iter().find_map(|(name, simd, plain)| (name == workload).then_some([simd, plain]))
}

/// This build's aim.
pub(crate) fn aim(workload: &str) -> Option<f64> {
    aims(workload).map(|[simd, plain]| if cfg!(feature = "simd") { simd } else { plain })
}
