//! Users and their passwords, in memory: what a service has before it adds a second factor.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use argon2::Argon2;
use argon2::password_hash::{self, PasswordHasher, PasswordVerifier, phc::PasswordHash};
use second_factor::AccountId;

/// The table of users. Hashing takes long, so an async host calls these methods in `spawn_blocking`.
pub struct Users {
    argon2: Argon2<'static>,
    by_id: RwLock<HashMap<AccountId, User>>,
    /// A hash for users that do not exist: the password is compared with it.
    nobody: (AccountId, String),
}

struct User {
    name: String,
    hash: String,
}

/// The hash that a change wanted to replace is not there any more.
#[derive(Debug, thiserror::Error)]
#[error("the password has just been changed by somebody else")]
pub struct Replaced;

type Fallible<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

impl Users {
    /// A table without users. A service uses `Argon2::default()`; tests use less work.
    pub fn new(argon2: Argon2<'static>) -> Fallible<Self> {
        let nobody = (AccountId::new("nobody")?, hash(&argon2, "nobody has this password")?);
        Ok(Self { argon2, by_id: RwLock::default(), nobody })
    }

    /// Adds a user. The id is random: a name can change hands, an id must not.
    pub fn register(&self, name: &str, password: &str) -> Fallible<()> {
        let id = AccountId::new(random_hex::<16>()?)?;
        let user = User { name: name.to_owned(), hash: self.hash(password)? };
        self.by_id.write().unwrap_or_else(PoisonError::into_inner).insert(id, user);
        Ok(())
    }

    /// The id of the user with this name. For an unknown name it is an id that nobody has, so that the rest takes the same work.
    pub fn id(&self, name: &str) -> AccountId {
        let by_id = self.by_id.read().unwrap_or_else(PoisonError::into_inner);
        let found = by_id.iter().find(|(_, user)| user.name == name);
        found.map_or_else(|| self.nobody.0.clone(), |(id, _)| id.clone())
    }

    /// The name of the user.
    pub fn name(&self, id: &AccountId) -> Option<String> {
        let by_id = self.by_id.read().unwrap_or_else(PoisonError::into_inner);
        by_id.get(id).map(|user| user.name.clone())
    }

    /// The user's hash, if this password matches it. A service limits the tries here.
    pub fn compare(&self, id: &AccountId, password: &str) -> Fallible<Option<String>> {
        let by_id = self.by_id.read().unwrap_or_else(PoisonError::into_inner);
        let found = by_id.get(id).map(|user| user.hash.clone());
        drop(by_id);
        let hash = PasswordHash::new(found.as_ref().unwrap_or(&self.nobody.1))?;
        match self.argon2.verify_password(password.as_bytes(), &hash) {
            Ok(()) => Ok(found),
            Err(password_hash::Error::PasswordInvalid) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The hash of a new password.
    pub fn hash(&self, password: &str) -> Fallible<String> {
        hash(&self.argon2, password)
    }

    /// Replaces the old hash with the new one, only if the old one is still there.
    pub fn replace_hash(&self, id: &AccountId, old: &str, new: &str) -> Result<(), Replaced> {
        let mut by_id = self.by_id.write().unwrap_or_else(PoisonError::into_inner);
        let user = by_id.get_mut(id).filter(|user| user.hash == old).ok_or(Replaced)?;
        new.clone_into(&mut user.hash);
        Ok(())
    }
}

fn hash(argon2: &Argon2<'_>, password: &str) -> Fallible<String> {
    let hash: PasswordHash = argon2.hash_password(password.as_bytes())?;
    Ok(hash.to_string())
}

/// `N` random bytes of the operating system in hexadecimal.
pub(crate) fn random_hex<const N: usize>() -> Result<String, getrandom::Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
