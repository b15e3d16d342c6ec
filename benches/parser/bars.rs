//! What has to hold: how many times faster than httparse, and how many instructions.

/// Without its `simd` feature the crate has to be faster too, but not by as much.
pub(crate) const BUILD: &str = if cfg!(feature = "simd") { "simd" } else { "plain" };

/// How many times as fast as httparse, which only parses, hanotify has to be on this workload; with `simd`, and without.
const RATIOS: [(&str, f64, f64); 6] = [
    ("curl's message", 3.0, 2.2),
    ("httplib2's message", 3.0, 2.2),
    ("4,096 real messages", 2.5, 2.0),
    ("4,096 shuffled messages", 2.0, 1.5),
    ("64 fields of 100 bytes", 2.5, 1.3),
    ("a value of 8 KB", 5.0, 1.7),
];

/// The most instructions that curl's message may take, with `simd`.
pub(crate) const CURL_INSTRUCTIONS: u64 = 600;

/// How many times as much as the whole a message may take that arrives one byte at a time.
pub(crate) const BYTE_BY_BYTE: u64 = 3;

/// What this build has to reach on the workload.
pub(crate) fn ratio(workload: &str) -> Option<f64> {
    let (_, simd, plain) = RATIOS.into_iter().find(|(name, ..)| *name == workload)?;
    Some(if cfg!(feature = "simd") { simd } else { plain })
}
