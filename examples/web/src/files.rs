//! Files that hold secrets: readable by their owner alone.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Result};
use std::path::Path;

/// Makes the file, unless it is there: `None`.
pub(crate) fn create(path: &Path) -> Result<Option<File>> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(None),
        Err(error) => Err(error),
    }
}

/// Takes the file from everybody but its owner, if it is there. A copy that somebody has made already is theirs, so this says so.
pub(crate) fn close(path: &Path) -> Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let Ok(file) = fs::metadata(path) else { return Ok(()) };
        let mut permissions = file.permissions();
        if permissions.mode() & 0o077 != 0 {
            tracing::warn!(path = %path.display(), "OTHERS COULD READ THIS FILE. From now on they cannot.");
            permissions.set_mode(0o600);
            fs::set_permissions(path, permissions)?;
        }
    }
    Ok(())
}

/// A SQLite file, and those beside it, which SQLite makes as readable as the first.
pub(crate) fn close_database(path: &str) -> Result<()> {
    create(Path::new(path))?;
    for beside in ["", "-wal", "-shm", "-journal"] {
        close(Path::new(&[path, beside].concat()))?;
    }
    Ok(())
}
