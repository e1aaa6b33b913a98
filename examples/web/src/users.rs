//! Users and their passwords: what a service has before it adds a second factor.

use std::sync::LazyLock;
use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::{self, PasswordHasher, PasswordVerifier, phc::PasswordHash};
use tokio::sync::Semaphore;

use crate::database::{Database, on};
use crate::stop::{Outcome, Stop};

/// Why nobody can be called this, for the form. A colon would end the name in a key URI.
fn name_fault(name: &str) -> Option<&'static str> {
    let fine = |c: char| c.is_alphanumeric() || "._-+@".contains(c);
    (name.is_empty() || name.len() > 64 || !name.chars().all(fine))
        .then_some("A user name has 1 to 64 letters, digits or . _ - + @ in it.")
}

/// Why this cannot be a password. A service also looks it up among the leaked ones (SP 800-63B §3.1.1.2).
fn password_fault(password: &str) -> Option<&'static str> {
    match password.chars().count() {
        ..8 => Some("A password has 8 characters or more."),
        8..=256 => None,
        _ => Some("A password has 256 characters at most."),
    }
}

/// Adds a user. That a *name* is taken cannot be hidden from whoever asks for it; a service that registers
/// e-mail addresses says the same in both cases and writes the rest in the mail.
pub(crate) async fn register(database: &Database, name: &str, password: &str) -> Outcome {
    if let Some(fault) = name_fault(name).or_else(|| password_fault(password)) {
        return Err(Stop::unusable(fault));
    }
    const INSERT: &str = "INSERT INTO users (id, name, name_key, password_hash) VALUES ($1, $2, $3, $4)
        ON CONFLICT DO NOTHING";
    // Random, and never changed or given to somebody else, as a user name may be.
    let id = random_hex::<16>()?;
    let hash = hash(password).await?;
    let added = on!(database, pool => sqlx::query(INSERT).bind(id).bind(name).bind(name.to_lowercase()).bind(hash)
        .execute(pool).await?.rows_affected());
    if added == 1 { Ok(()) } else { Err(Stop::unusable("This user name is taken.")) }
}

/// What the password of a user that there is not is compared with.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash_now("nobody has this password").unwrap_or_default());

/// To be called at the start, or the first unknown name would take the work of two hashes.
pub(crate) async fn prepare() -> Outcome {
    let _: bool = at_work(|| Ok(NOBODY.is_empty())).await?;
    Ok(())
}

/// The id of the user of this name. For a name that is not there, one that nobody has: what follows is the same work.
pub(crate) async fn id(database: &Database, name: &str) -> Outcome<String> {
    const SELECT: &str = "SELECT id FROM users WHERE name_key = $1";
    let name = name.to_lowercase();
    let row: Option<(String,)> =
        on!(database, pool => sqlx::query_as(SELECT).bind(name).fetch_optional(pool).await?);
    Ok(row.map_or_else(|| "nobody".to_owned(), |(id,)| id))
}

/// The hash that this password was compared with and is right for.
///
/// The same answer in the same work for a user that there is not: a hash is verified either way. A service
/// limits the tries here, too (SP 800-63B §3.2.2).
pub(crate) async fn verify_password(database: &Database, id: &str, password: &str) -> Outcome<String> {
    const SELECT: &str = "SELECT password_hash FROM users WHERE id = $1";
    let row: Option<(String,)> =
        on!(database, pool => sqlx::query_as(SELECT).bind(id).fetch_optional(pool).await?);
    let password = password.to_owned();
    let right = at_work(move || {
        let hash = row.as_ref().map_or(NOBODY.as_str(), |(hash,)| hash);
        let hash = PasswordHash::new(hash).map_err(Stop::failed)?;
        match Argon2::default().verify_password(password.as_bytes(), &hash) {
            Ok(()) => Ok(row.map(|(hash,)| hash)),
            Err(password_hash::Error::PasswordInvalid) => Ok(None),
            Err(error) => Err(Stop::failed(error)),
        }
    });
    right.await?.ok_or_else(|| Stop::unusable("User name or password is wrong."))
}

/// The hash of a password that can be one, before anything is asked for that is used up by it.
pub(crate) async fn new_hash(password: &str) -> Outcome<String> {
    match password_fault(password) {
        None => hash(password).await,
        Some(fault) => Err(Stop::unusable(fault)),
    }
}

/// Puts the new hash in the place of the old one and of no other.
///
/// It is given up after half a minute; what the database then still does is over 20 seconds later, by its own limit.
pub(crate) async fn replace_hash(database: &Database, id: &str, old: &str, new: &str) -> Outcome {
    const UPDATE: &str = "UPDATE users SET password_hash = $1 WHERE id = $2 AND password_hash = $3";
    const AT_MOST: Duration = Duration::from_secs(30);
    let update = async {
        on!(database, pool => sqlx::query(UPDATE).bind(new).bind(id).bind(old).execute(pool).await
            .map(|done| done.rows_affected()))
    };
    match tokio::time::timeout(AT_MOST, update).await.map_err(Stop::failed)?? {
        1 => Ok(()),
        _ => Err(Stop::unusable("The password has just been changed by somebody else.")),
    }
}

/// What the user is called.
pub(crate) async fn name(database: &Database, id: &str) -> Outcome<String> {
    const SELECT: &str = "SELECT name FROM users WHERE id = $1";
    let row: Option<(String,)> =
        on!(database, pool => sqlx::query_as(SELECT).bind(id).fetch_optional(pool).await?);
    row.map(|(name,)| name).ok_or(Stop::GoTo("/login"))
}

async fn hash(password: &str) -> Result<String, Stop> {
    let password = password.to_owned();
    at_work(move || hash_now(&password)).await
}

/// Argon2id, 19 MiB, 2 passes, 1 lane (the crate's default, and OWASP's), with a random salt.
fn hash_now(password: &str) -> Result<String, Stop> {
    let hash: PasswordHash = Argon2::default().hash_password(password.as_bytes()).map_err(Stop::failed)?;
    Ok(hash.to_string())
}

/// Off the threads that serve requests, and eight at a time: a flood of logins costs time, not memory.
async fn at_work<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Stop> + Send + 'static,
) -> Result<T, Stop> {
    static PLACES: Semaphore = Semaphore::const_new(8);
    let _place = PLACES.acquire().await.map_err(Stop::failed)?;
    tokio::task::spawn_blocking(work).await.map_err(Stop::failed)?
}

/// `N` random bytes of the operating system in hexadecimal.
pub(crate) fn random_hex<const N: usize>() -> Result<String, Stop> {
    use std::fmt::Write as _;
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(Stop::failed)?;
    Ok(bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    }))
}
