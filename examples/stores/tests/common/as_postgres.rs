//! Runs PostgreSQL's programs. They refuse to run as root, so root runs them as the user `postgres`.

use std::path::Path;
use std::process::Command;

/// A command that runs this program, as the user `postgres` if the test runs as root.
pub fn command(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
    command
}

/// Makes the folder one in which [`command`]s can write. An error, in one line, if the test runs as root and there is no
/// user `postgres`, no `chown` or no `setpriv`.
pub fn give(folder: &Path) -> Result<(), String> {
    if !is_root() {
        return Ok(());
    }
    let mut chown = Command::new("chown");
    chown.arg("postgres").arg(folder);
    for mut command in [chown, command(Path::new("true"))] {
        let done =
            command.output().map_err(|error| format!("{}: {error}", command.get_program().display()))?;
        if !done.status.success() {
            return Err(String::from_utf8_lossy(&done.stderr).trim().replace('\n', "; "));
        }
    }
    Ok(())
}

/// Also if it cannot be found out: then `chown` is missing too, and the test is skipped.
fn is_root() -> bool {
    Command::new("id").arg("-u").output().map_or(true, |id| id.stdout.trim_ascii() == b"0")
}
