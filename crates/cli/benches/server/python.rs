//! Python's server with webob, as Neutron has it, in a virtual environment that is made here.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What the released agent with the thread server brings along.
const WEBOB: &str = "webob==1.8.11";

/// The command of the server at `socket`; nothing, and a word why, where there is no Python or no way to install webob.
pub(crate) fn command(socket: &Path) -> Option<Command> {
    let venv = venv();
    let python = venv.join("bin/python");
    if !succeeds(Command::new(&python).args(["-c", "import webob"])) {
        let made = succeeds(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv))
            && succeeds(Command::new(venv.join("bin/pip")).args(["install", "--quiet", WEBOB]));
        if !made {
            println!("  skipped: Python's server, because this can't make a virtual environment with {WEBOB}");
            return None;
        }
    }
    let mut command = Command::new(python);
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/server/webob_server.py")).arg(socket);
    Some(command)
}

fn venv() -> PathBuf {
    super::program::target().join("webob-venv")
}

fn succeeds(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}
