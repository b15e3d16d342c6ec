//! What a reader takes, by the fields of its request.

/// The form of the metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// Version 1.0.0 of `OpenMetrics`.
    OpenMetrics,
    /// Version 0.0.4 of the text format that Prometheus had before.
    Text,
}

impl Format {
    /// The type of the content.
    pub(super) const fn media_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
        }
    }
}

/// What a reader takes besides what everybody does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Accepts {
    /// The form of the metrics that it would rather have.
    pub(super) format: Format,
    /// Whether it takes gzip.
    pub(super) gzip: bool,
}

impl Accepts {
    /// By the head of a request.
    pub(super) fn of(head: &[u8]) -> Self {
        let head = String::from_utf8_lossy(head);
        let values = |name: &'static str| {
            let fields = head.lines().filter_map(|line| line.split_once(':'));
            let values = fields.filter(move |(of, _)| of.eq_ignore_ascii_case(name)).map(|(_, value)| value);
            values.flat_map(|value| value.split(',')).map(str::trim)
        };
        let gzip = values("accept-encoding").any(|coding| coding.eq_ignore_ascii_case("gzip"));
        let weight = |wanted: &str| values("accept").filter_map(|range| weight(range, wanted)).fold(0.0, f64::max);
        let open = weight("application/openmetrics-text");
        // As Prometheus has them, which prefers the newer form.
        let is_open = open > 0.0 && open >= weight("text/plain");
        Self { format: if is_open { Format::OpenMetrics } else { Format::Text }, gzip }
    }
}

/// How much a reader wants this media type, if this is the range that has it: RFC 9110, section 12.5.1. A version is
/// that which is written here.
fn weight(range: &str, wanted: &str) -> Option<f64> {
    let mut parts = range.split(';').map(str::trim);
    let mut weight = parts.next()?.eq_ignore_ascii_case(wanted).then_some(1.0)?;
    for (name, value) in parts.filter_map(|part| part.split_once('=')) {
        match name {
            "version" if !["1.0.0", "0.0.4"].contains(&value) => return None,
            "q" => weight = value.parse().unwrap_or(0.0),
            _ => {}
        }
    }
    Some(weight)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(field: &str) -> Accepts {
        Accepts::of(format!("GET /metrics HTTP/1.1\r\nHost: a\r\n{field}\r\n\r\n").as_bytes())
    }

    #[test]
    fn gzip_is_for_those_who_say_so() {
        for (field, expected) in [
            ("Accept-Encoding: gzip", true),
            ("accept-encoding:deflate , GZIP", true),
            ("Accept-Encoding: gzip;q=0", false),
            ("Accept-Encoding: x-gzip2", false),
            ("X-Accept-Encoding: gzip", false),
        ] {
            assert_eq!(of(field).gzip, expected, "{field}");
        }
    }

    #[test]
    fn openmetrics_is_for_those_who_would_rather_have_it() {
        for (accept, expected) in [
            // Prometheus 2.42 and 3.
            (
                "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
                 text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                Format::OpenMetrics,
            ),
            (
                "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
                 text/plain;version=0.0.4;q=0.4,*/*;q=0.1",
                Format::OpenMetrics,
            ),
            ("application/openmetrics-text", Format::OpenMetrics),
            ("text/plain, application/openmetrics-text;q=0.9", Format::Text),
            ("application/openmetrics-text;q=0", Format::Text),
            ("application/openmetrics-text; version=0.0.1", Format::Text),
            ("*/*", Format::Text),
            ("", Format::Text),
        ] {
            assert_eq!(of(&format!("Accept: {accept}")).format, expected, "{accept}");
        }
    }
}
