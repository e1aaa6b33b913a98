//! One JSON file that holds everything, and on top of it the store that the library needs.
//!
//! For a demonstration: every call reads the file and every write replaces it. A real service has a database
//! and makes the swap one conditional statement (`UPDATE … WHERE account = ? AND revision = ?`).

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use second_factor::{AccountId, AccountRecord, BlockingStore, Change, Expected, Revision, Swap, Versioned};
use serde::{Deserialize, Serialize};

use crate::accounts::Account;

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Contents {
    /// By user name.
    pub(crate) accounts: BTreeMap<String, Account>,
    /// What the library stores: a row for each account, as serde writes it.
    records: BTreeMap<AccountId, Row>,
    /// The cookies of each device, by their names. They belong to the browsers, which this demonstration
    /// plays as well.
    pub(crate) cookies: BTreeMap<String, BTreeMap<String, String>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    revision: u64,
    record: AccountRecord,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    #[error("{path}", path = path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("{path} is not a file of this program; it was left as it is", path = path.display())]
    Json { path: PathBuf, source: serde_json::Error },
    #[error("another process holds {path}; if no other quickstart is running, delete it", path = path.display())]
    Locked { path: PathBuf },
    #[error("a password could not be hashed, or a hash could not be read")]
    Hash,
    #[error("the password has just been changed by somebody else")]
    Replaced,
}

pub(crate) struct JsonFile {
    path: PathBuf,
}

impl JsonFile {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The path of `accounts.json` with this suffix.
    pub(crate) fn beside(&self, suffix: &str) -> PathBuf {
        let mut path = self.path.clone().into_os_string();
        path.push(suffix);
        path.into()
    }

    /// What is in the file now. A missing file counts as empty. Since the file is only ever replaced as a
    /// whole, it is never half written.
    pub(crate) fn read(&self) -> Result<Contents, FileError> {
        match fs::read(&self.path) {
            Ok(json) => serde_json::from_slice(&json)
                .map_err(|source| FileError::Json { path: self.path.clone(), source }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Contents::default()),
            Err(source) => Err(FileError::Io { path: self.path.clone(), source }),
        }
    }

    /// Reads, changes and replaces the file while nobody else does, in this process or another. If `change`
    /// returns `None`, the file stays as it is.
    pub(crate) fn update<T>(
        &self,
        change: impl FnOnce(&mut Contents) -> Option<T>,
    ) -> Result<Option<T>, FileError> {
        let _lock = Lock::acquire(self.beside(".lock"))?;
        let mut contents = self.read()?;
        let Some(outcome) = change(&mut contents) else { return Ok(None) };
        let json = serde_json::to_vec_pretty(&contents)
            .map_err(|source| FileError::Json { path: self.path.clone(), source })?;
        self.replace(&json).map_err(|source| FileError::Io { path: self.path.clone(), source })?;
        Ok(Some(outcome))
    }

    /// When this returns `Ok`, the file and its name are on the disk. The old file stays until the new one is complete.
    fn replace(&self, json: &[u8]) -> io::Result<()> {
        let new = self.beside(".new");
        match fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = create_private(&new)?;
        file.write_all(json)?;
        file.sync_all()?;
        fs::rename(&new, &self.path)?;
        sync_folder(&self.path)
    }
}

impl BlockingStore for JsonFile {
    type Error = FileError;

    fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, FileError> {
        let row = self.read()?.records.remove(account);
        Ok(row.map(|row| Versioned { value: row.record, revision: Revision::new(row.revision) }))
    }

    fn compare_and_swap(&self, account: &AccountId, change: Change<'_>) -> Result<Swap, FileError> {
        let stored = self.update(|contents| {
            let found = contents.records.get(account);
            let found = found.map_or(Expected::Absent, |row| Expected::At(Revision::new(row.revision)));
            (found == change.expected()).then(|| {
                let row = Row { revision: change.revision().get(), record: change.record().clone() };
                contents.records.insert(account.clone(), row)
            })
        })?;
        Ok(stored.map_or(Swap::Conflict, |_| Swap::Stored))
    }
}

/// Makes a new file that nobody but its owner may read.
pub(crate) fn create_private(path: &Path) -> io::Result<File> {
    private(OpenOptions::new().write(true).create_new(true)).open(path)
}

/// If these options create a file, nobody but its owner may read it.
pub(crate) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// Makes the name of a new file durable, if the system can open a folder for that.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(not(unix)) {
        return Ok(());
    }
    match path.parent() {
        Some(folder) if folder != Path::new("") => File::open(folder)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

/// A file that exists while somebody writes. (`File::lock` would be better, but this crate builds with Rust
/// 1.88, which does not have it.)
struct Lock(PathBuf);

impl Lock {
    const PATIENCE: Duration = Duration::from_secs(5);

    fn acquire(path: PathBuf) -> Result<Self, FileError> {
        let start = Instant::now();
        loop {
            match create_private(&path) {
                Ok(_) => return Ok(Self(path)),
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                    return Err(FileError::Io { path, source: error });
                }
                Err(_) if start.elapsed() > Self::PATIENCE => return Err(FileError::Locked { path }),
                Err(_) => std::thread::sleep(Duration::from_millis(5)),
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
