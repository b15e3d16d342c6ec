//! What holds for any bytes in the place of a `keepalived.conf`.

use hanotify_monitor::HaAddress;

/// How many places a configuration is cut at.
const CUTS: usize = 256;

/// A configuration is refused at a byte of it, or gives an address and an interface that stand in one of its lines; and
/// what was cut off of it is refused, or gives the same.
///
/// # Panics
///
/// Where that does not hold.
pub fn check(config: &[u8]) {
    let whole = read(config);
    for end in (0..config.len()).step_by(1 + config.len() / CUTS) {
        let cut = config.get(..end).and_then(read);
        // What follows may be a second one, for which the whole is refused.
        assert!(cut.is_none() || whole.is_none() || cut == whole, "cut at {end}");
    }
}

fn read(config: &[u8]) -> Option<HaAddress> {
    match HaAddress::parse(config) {
        Ok(found) => {
            assert!(config.split(|byte| *byte == b'\n').any(|line| has(line, &found)), "{found:?} is in no line");
            Some(found)
        }
        Err(error) => {
            assert!(error.offset <= config.len(), "{error:?}");
            None
        }
    }
}

/// Whether the first word of a line is the address, and the third one the interface.
fn has(line: &[u8], found: &HaAddress) -> bool {
    let words: Vec<_> = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).collect();
    let [address, b"dev", interface, ..] = words[..] else { return false };
    let vip = str::from_utf8(address).ok().and_then(|text| text.parse().ok());
    vip == Some(found.vip) && interface == found.interface.as_bytes()
}
