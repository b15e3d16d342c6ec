//! The groups of options from arguments in their usual spelling.

use std::time::Duration;

use hanotify::Limits;
use tracing_subscriber::filter::LevelFilter;

use super::{Access, Capacity, Messages, Operation, gid, mode, some_time, uid};
use crate::quick::{ForClap, Options};
use crate::serve::metrics;

impl Access {
    pub(in crate::serve) fn quick(options: &mut Options<'_>) -> Result<Self, ForClap> {
        Ok(Self {
            socket_mode: options.or("socket-mode", 0o600, mode)?,
            socket_group: options.one("socket-group", gid)?,
            allow_uid: options.all("allow-uid", uid)?,
            allow_gid: options.all("allow-gid", gid)?,
        })
    }
}

impl Capacity {
    pub(in crate::serve) fn quick(options: &mut Options<'_>) -> Result<Self, ForClap> {
        Ok(Self {
            expected_routers: options.or("expected-routers", 4_096, str::parse)?,
            connections: options.or("connections", 4_096, str::parse)?,
            connections_per_uid: options.one("connections-per-uid", str::parse)?,
            lingering: options.or("lingering", 256, str::parse)?,
            total_time: options.or("total-time", Duration::from_secs(10), some_time)?,
            drain_time: options.or("drain-time", Duration::from_secs(2), some_time)?,
            drain_bytes: options.or("drain-bytes", 65_536, str::parse)?,
            stop_grace: options.or("stop-grace", Duration::from_secs(1), humantime::parse_duration)?,
        })
    }
}

impl Messages {
    pub(in crate::serve) fn quick(options: &mut Options<'_>) -> Result<Self, ForClap> {
        let limits = Limits::DEFAULT;
        Ok(Self {
            legacy: options.switch("legacy")?,
            max_request_line_len: options.or("max-request-line-len", limits.request_line(), str::parse)?,
            max_fields: options.or("max-fields", limits.fields(), str::parse)?,
            max_field_line_len: options.or("max-field-line-len", limits.field_line(), str::parse)?,
            max_head_len: options.or("max-head-len", limits.head(), str::parse)?,
            max_body_len: options.or("max-body-len", limits.body(), str::parse)?,
        })
    }
}

impl Operation {
    pub(in crate::serve) fn quick(options: &mut Options<'_>) -> Result<Self, ForClap> {
        Ok(Self {
            log: options.or("log", LevelFilter::INFO, str::parse)?,
            log_lines: options.or("log-lines", 10, str::parse)?,
            log_window: options.or("log-window", Duration::from_secs(10), humantime::parse_duration)?,
            metrics: options.one("metrics", metrics::address)?,
            sandbox: options.switch("sandbox")?,
        })
    }
}
