//! The key that the secrets in the accounts file are sealed with, in a separate file.
//!
//! THIS IS A DEVELOPMENT KEY: whoever copies the folder has the file and its key. A real service keeps its
//! key where a copy of the database does not include it: a secret manager, a key service, or at least the
//! environment (`SealingKey::from_hex`, `openssl rand -hex 32`).

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use second_factor::{EntropySource, OsEntropy, SealingKey};
use zeroize::Zeroizing;

use crate::accounts::hex;
use crate::json_file::{JsonFile, create_private, sync_folder};

/// The key in the file beside the accounts; made in the first run, together with them.
pub(crate) fn open(accounts: &JsonFile) -> io::Result<SealingKey> {
    let path = accounts.beside(".key");
    if !accounts.path().exists() {
        make(&path)?;
    }
    let text = Zeroizing::new(fs::read_to_string(&path).map_err(|error| named(&path, &error))?);
    SealingKey::from_hex(&text).map_err(|error| named(&path, &error))
}

/// Makes the key, unless it exists. It is never replaced, since nothing that it sealed would open again.
fn make(path: &Path) -> io::Result<()> {
    let mut key = Zeroizing::new([0; 32]);
    OsEntropy.fill(key.as_mut_slice()).map_err(io::Error::other)?;
    let mut file = match create_private(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
        created => created.map_err(|error| named(path, &error))?,
    };
    file.write_all(Zeroizing::new(hex(key.as_slice())).as_bytes())?;
    file.sync_all()?;
    sync_folder(path)
}

fn named(path: &Path, error: &impl std::fmt::Display) -> io::Error {
    io::Error::other(format!("the sealing key in {}: {error}", path.display()))
}
