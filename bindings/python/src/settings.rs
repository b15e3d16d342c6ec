//! What Python says of a server, as its configuration; and why there is none, as Python's errors.

use std::path::Path;
use std::time::Duration;

use hanotify::server::{BindError, Config};
use pyo3::exceptions::{PyOSError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use rustix::io::Errno;

use super::limits::Limits;

/// How many users or groups can be let in: more of them is a mistake.
const MOST_IDS: usize = 1 << 16;

/// Each setting by its name in the Rust library.
pub(crate) fn configure(mut config: Config, settings: Option<&Bound<'_, PyDict>>) -> PyResult<Config> {
    for (name, value) in settings.into_iter().flatten() {
        let name: String = name.extract()?;
        let value = &value;
        let time = || seconds(&name, value.extract()?);
        config = match name.as_str() {
            "mode" => config.with_mode(value.extract()?),
            "group" => config.with_group(value.extract()?),
            "default_uids" => config.with_default_uids(value.extract()?),
            "allowed_uids" => config.with_allowed_uids(ids(&name, value)?),
            "allowed_gids" => config.with_allowed_gids(ids(&name, value)?),
            "expected_routers" => config.with_expected_routers(value.extract()?),
            "connections" => config.with_connections(value.extract()?),
            "connections_per_uid" => config.with_connections_per_uid(value.extract()?),
            "lingering" => config.with_lingering(value.extract()?),
            "limits" => config.with_limits(value.cast::<Limits>()?.get().0),
            "total_time" => config.with_total_time(time()?),
            "drain_time" => config.with_drain_time(time()?),
            "drain_bytes" => config.with_drain_bytes(value.extract()?),
            "stop_grace" => config.with_stop_grace(time()?),
            "log_lines" => config.with_log_lines(value.extract()?),
            "log_window" => config.with_log_window(time()?),
            _ => {
                let why = format!("Server() got an unexpected keyword argument {name:?}");
                return Err(PyTypeError::new_err(why));
            }
        };
    }
    Ok(config)
}

/// The ids of a list, one after the other: what a `range` says of its length would be room for them all at once.
fn ids(name: &str, list: &Bound<'_, PyAny>) -> PyResult<Vec<u32>> {
    let mut ids = Vec::new();
    for id in list.try_iter()? {
        if ids.len() == MOST_IDS {
            return Err(PyValueError::new_err(format!("{name}: more than {MOST_IDS} ids")));
        }
        ids.push(id?.extract()?);
    }
    Ok(ids)
}

pub(crate) fn seconds(name: &str, value: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(value)
        .map_err(|_| PyValueError::new_err(format!("{name}: {value} is no time: a number of seconds, from 0 on")))
}

/// The `OSError` for it, which Python makes one of its kinds by the number.
pub(crate) fn bind_error(error: &BindError, path: &Path) -> PyErr {
    let errno = match error {
        BindError::PathTooLong { .. } => Errno::NAMETOOLONG,
        BindError::MissingDirectory { .. } => Errno::NOENT,
        BindError::NotADirectory { .. } => Errno::NOTDIR,
        BindError::NotASocket { .. } | BindError::NotALockFile { .. } => Errno::EXIST,
        BindError::InUse { .. } => Errno::ADDRINUSE,
        BindError::InvalidMode { .. } | BindError::InvalidPath { .. } => {
            return PyValueError::new_err(error.to_string());
        }
        BindError::System { cause, .. } => Errno::from_io_error(cause).unwrap_or(Errno::IO),
        // What others could do to the directory, a link or the lock file.
        _ => Errno::PERM,
    };
    PyOSError::new_err((errno.raw_os_error(), error.to_string(), path.as_os_str().to_owned()))
}
