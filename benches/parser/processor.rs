//! Which processor this is: times and ratios say nothing without it.

use std::fs;

/// The processor's name. The names of some are the same for several generations, so family and model follow, and
/// whether it has AVX2, which httparse makes use of.
pub(crate) fn name() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let of = |key: &str| {
        let lines = text.lines().filter_map(|line| line.split_once(':'));
        lines.map(|(name, value)| (name.trim(), value.trim())).find(|(name, _)| *name == key).map(|(_, value)| value)
    };
    let Some(model) = of("model name") else { return "an unknown processor".to_owned() };
    let has_avx2 = of("flags").is_some_and(|flags| flags.split(' ').any(|flag| flag == "avx2"));
    format!(
        "{model} (family {}, model {}, {} AVX2)",
        of("cpu family").unwrap_or("unknown"),
        of("model").unwrap_or("unknown"),
        if has_avx2 { "with" } else { "without" }
    )
}
