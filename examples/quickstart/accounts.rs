//! Accounts and their passwords: what a service has before it adds a second factor.

use std::fmt::Write;

use argon2::Argon2;
use argon2::password_hash::{self, PasswordHasher, PasswordVerifier, phc::PasswordHash};
use second_factor::{AccountId, EntropySource, OsEntropy};
use serde::{Deserialize, Serialize};

use crate::json_file::{FileError, JsonFile};
use crate::stop::Stop;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Account {
    /// Random. Unlike a user name, it never changes and is never given to somebody else.
    id: AccountId,
    /// A PHC string: Argon2id, 19 MiB, 2 passes, 1 lane (the crate's default, and OWASP's), with a random
    /// salt.
    password: String,
}

/// Why this cannot be a user name. It is also the account name that the authenticator app shows.
pub(crate) fn user_name_fault(user: &str) -> Option<&'static str> {
    let fine = |c: char| c.is_alphanumeric() || "._-+@".contains(c);
    ((user.len() > 64) || user.is_empty() || !user.chars().all(fine))
        .then_some("A user name has 1 to 64 characters: letters, digits and . _ - + @.")
}

/// Why this cannot be a password. A real service also looks it up in a list of leaked passwords (SP 800-63B
/// §3.1.1.2).
pub(crate) fn password_fault(password: &str) -> Option<&'static str> {
    (password.chars().count() < 8).then_some("A password has 8 characters or more.")
}

impl JsonFile {
    pub(crate) fn register(&self, user: &str, password: &str) -> Result<(), Stop> {
        let mut id = [0; 16];
        OsEntropy.fill(&mut id).map_err(|error| Stop::Failed(error.to_string()))?;
        let id = AccountId::new(hex(&id)).map_err(|error| Stop::Failed(error.to_string()))?;
        let account = Account { id, password: hash(password)? };
        let stored = self.update(|contents| {
            let is_free = !contents.accounts.contains_key(user);
            is_free.then(|| contents.accounts.insert(user.to_owned(), account))
        })?;
        stored.map(|_| ()).ok_or(Stop::Unusable("This user name is taken."))
    }

    /// The account id of this user name. For an unknown name, an id that no account has, so that what follows
    /// takes the same work.
    pub(crate) fn account(&self, user: &str) -> Result<AccountId, Stop> {
        match self.read()?.accounts.remove(user) {
            Some(account) => Ok(account.id),
            None => AccountId::new("nobody").map_err(|error| Stop::Failed(error.to_string())),
        }
    }

    /// The user's hash, if this password matches it. A real service limits the tries here too.
    pub(crate) fn verify_password(&self, user: &str, password: &str) -> Result<Option<String>, FileError> {
        let Some(account) = self.read()?.accounts.remove(user) else {
            // This takes as long as for a known user.
            let _ = hash(password)?;
            return Ok(None);
        };
        let kept = PasswordHash::new(&account.password).map_err(|_| FileError::Hash)?;
        match Argon2::default().verify_password(password.as_bytes(), &kept) {
            Ok(()) => Ok(Some(account.password)),
            Err(password_hash::Error::PasswordInvalid) => Ok(None),
            Err(_) => Err(FileError::Hash),
        }
    }

    /// Replaces the old hash with the new one. If another hash is there, it is left as it is.
    pub(crate) fn replace_hash(&self, user: &str, old: &str, new: String) -> Result<(), FileError> {
        let replaced = self.update(|contents| {
            let account = contents.accounts.get_mut(user).filter(|account| account.password == old);
            account.map(|account| account.password = new)
        })?;
        replaced.ok_or(FileError::Replaced)
    }
}

pub(crate) fn hash(password: &str) -> Result<String, FileError> {
    let hash: PasswordHash =
        Argon2::default().hash_password(password.as_bytes()).map_err(|_| FileError::Hash)?;
    Ok(hash.to_string())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
