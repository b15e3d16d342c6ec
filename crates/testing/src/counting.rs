//! What every count of instructions needs: code that runs on any x86-64, and the compiler that a count is of.

use std::fs;
use std::path::Path;
use std::process::Command;

/// An environment variable for what is counted. The C library chooses its string functions by the processor, which
/// callgrind shows as it is; with this, the library takes those that run on any x86-64.
pub const ANY_PROCESSOR: (&str, &str) = (
    "GLIBC_TUNABLES",
    "glibc.cpu.hwcaps=-AVX2,-AVX_Fast_Unaligned_Load,-BMI2,-ERMS,-FSRM,-MOVBE,-SSE4_1,-SSE4_2,-SSSE3",
);

/// By how much a count may grow over the baseline.
pub const GROWTH: f64 = 1.03;

/// By how much it may grow where another compiler made the baseline: what another compiler does to two pieces of code
/// differs by a few percent.
pub const GROWTH_ELSEWHERE: f64 = 1.10;

/// In the name of each function that only some processors run, or that asks which processor this is.
const CHOSEN: [&str; 7] = ["_avx", "_evex", "_erms", "_ssse3", "_sse4", "memchr::arch::", "std_detect"];

/// The functions in a file of callgrind's that were chosen by the processor: where there is one, the count is none for
/// all machines.
pub fn chosen_by_processor(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let names = text.lines().filter_map(|line| line.strip_prefix("fn="));
    names.filter(|name| CHOSEN.iter().any(|part| name.contains(part))).map(str::to_owned).collect()
}

/// The compiler that this is built with, as far as that can be told: the one on the path.
pub fn compiler() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("-V").output().map(|output| output.stdout).unwrap_or_default();
    let arch = std::env::consts::ARCH;
    format!("{} on {arch}", String::from_utf8_lossy(&output).trim())
}
