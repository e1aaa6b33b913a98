//! Files that hold secrets: only their owner can read them.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Result};
use std::path::Path;

/// Creates the file. `None` if it exists.
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

/// Makes the file, if it exists, unreadable for others. They may have copied it before, so this logs a warning.
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

/// A SQLite file and the files beside it. SQLite creates those with the permissions of the first.
pub(crate) fn close_database(path: &str) -> Result<()> {
    create(Path::new(path))?;
    for beside in ["", "-wal", "-shm", "-journal"] {
        close(Path::new(&[path, beside].concat()))?;
    }
    Ok(())
}
