//! What a `main` prints that returns one of the errors: its `Debug`, which a person has to be able to act on.
use std::error::Error;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use hanotify::client;
use hanotify::server::{Config, Server};
use hanotify::sink::SinkError;

/// As the README's example has it.
fn serve(path: &Path) -> Result<(), Box<dyn Error>> {
    Server::bind(Config::new(path))?;
    Ok(())
}

#[test]
fn a_server_that_can_not_bind_says_why_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).unwrap();
    let printed = format!("{:?}", serve(&folder.path().join("socket")).unwrap_err());
    assert!(printed.starts_with("others can write to the directory") && printed.contains("(mode 0777)"), "{printed}");
    assert!(printed.contains("chmod go-w"), "{printed}");
}

#[test]
fn a_system_call_that_failed_is_there_with_the_kernels_word() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    fs::create_dir(path.with_extension("lock")).unwrap();
    let printed = format!("{:?}", serve(&path).unwrap_err());
    assert!(printed.starts_with("can't open the lock file") && printed.contains("Is a directory"), "{printed}");
}

#[test]
fn the_errors_of_sinks_and_clients_have_their_causes() {
    assert_eq!(format!("{:?}", SinkError::failed("no disk")), "the sink failed: no disk");
    let soon = Instant::now() + Duration::from_secs(1);
    let error = client::exchange(Path::new("/nonexistent/socket"), b"", soon).unwrap_err();
    assert_eq!(format!("{error:?}"), error.to_string(), "its text has the cause, which is not there twice");
    assert!(error.to_string().starts_with("No such file or directory"), "{error}");
}
