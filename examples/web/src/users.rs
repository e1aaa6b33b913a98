//! Users and their passwords: what a service has before it adds a second factor.

use std::time::Duration;

use crate::database::{Database, on};
use crate::keys::hex;
use crate::passwords;
use crate::stop::{Outcome, Stop};

/// Why this name is refused, for the form. A colon would end the name in a key URI.
fn name_fault(name: &str) -> Option<&'static str> {
    let fine = |c: char| c.is_alphanumeric() || "._-+@".contains(c);
    (name.is_empty() || name.len() > 64 || !name.chars().all(fine))
        .then_some("A user name has 1 to 64 letters, digits or . _ - + @ in it.")
}

/// Why this password is refused. A real service also compares it with leaked ones (SP 800-63B §3.1.1.2).
fn password_fault(password: &str) -> Option<&'static str> {
    match password.chars().count() {
        ..8 => Some("A password has 8 characters or more."),
        8..=256 => None,
        _ => Some("A password has 256 characters at most."),
    }
}

/// Adds a user. Whoever registers learns whether a *name* is taken; this cannot be hidden. A service that registers
/// e-mail addresses gives the same answer in both cases and sends the rest by mail.
///
/// `form` is the token of the form: if the same form comes twice with the same password, the second one succeeds too.
pub(crate) async fn register(database: &Database, name: &str, password: &str, form: &str) -> Outcome {
    if let Some(fault) = name_fault(name).or_else(|| password_fault(password)) {
        return Err(Stop::unusable(fault));
    }
    const INSERT: &str =
        "INSERT INTO users (id, name, name_key, password_hash, form) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT DO NOTHING";
    const IS_THEIRS: &str = "SELECT password_hash FROM users WHERE name_key = $1 AND form = $2";
    // Random and permanent. A user name may change, or be given to somebody else.
    let id = hex(&random::<16>()?);
    let hash = passwords::hash(password).await?;
    let key = name.to_lowercase();
    let added = on!(database, pool => sqlx::query(INSERT).bind(id).bind(name).bind(&key).bind(hash).bind(form)
        .execute(pool).await?.rows_affected());
    if added == 1 {
        return Ok(());
    }
    let before: Option<(String,)> = on!(database, pool => sqlx::query_as(IS_THEIRS).bind(key).bind(form)
        .fetch_optional(pool).await?);
    match before {
        Some((hash,)) if passwords::verify(password, Some(&hash)).await? => Ok(()),
        _ => Err(Stop::unusable("This user name is taken.")),
    }
}

/// The id of the user of this name. An unknown name gets an id that nobody has, so that the next steps are the same.
pub(crate) async fn id(database: &Database, name: &str) -> Outcome<String> {
    const SELECT: &str = "SELECT id FROM users WHERE name_key = $1";
    let name = name.to_lowercase();
    let row: Option<(String,)> =
        on!(database, pool => sqlx::query_as(SELECT).bind(name).fetch_optional(pool).await?);
    Ok(row.map_or_else(|| "nobody".to_owned(), |(id,)| id))
}

/// Checks the password, and returns the hash that it was compared with.
///
/// An unknown user gets the same answer after the same work: a hash is compared either way. A real service also limits
/// the tries here (SP 800-63B §3.2.2).
pub(crate) async fn verify_password(database: &Database, id: &str, password: &str) -> Outcome<String> {
    const SELECT: &str = "SELECT password_hash FROM users WHERE id = $1";
    let row: Option<(String,)> =
        on!(database, pool => sqlx::query_as(SELECT).bind(id).fetch_optional(pool).await?);
    let hash = row.map(|(hash,)| hash);
    let is_right = passwords::verify(password, hash.as_deref()).await?;
    hash.filter(|_| is_right).ok_or_else(|| Stop::unusable("User name or password is wrong."))
}

/// Hashes a new password. Called before a code is checked, so that a refused password does not use up the code.
pub(crate) async fn new_hash(password: &str) -> Outcome<String> {
    match password_fault(password) {
        None => passwords::hash(password).await,
        Some(fault) => Err(Stop::unusable(fault)),
    }
}

/// Replaces this old hash by the new one. If another hash is stored by now, it stays.
///
/// It gives up after 30 seconds. The limit of the database (20 seconds) then ends a statement that still runs. If the answer of the
/// database is lost, the hash that is stored says whether it was replaced.
pub(crate) async fn replace_hash(database: &Database, id: &str, old: &str, new: &str) -> Outcome {
    const UPDATE: &str = "UPDATE users SET password_hash = $1 WHERE id = $2 AND password_hash = $3";
    const SELECT: &str = "SELECT password_hash FROM users WHERE id = $1";
    const AT_MOST: Duration = Duration::from_secs(30);
    let update = async {
        on!(database, pool => sqlx::query(UPDATE).bind(new).bind(id).bind(old).execute(pool).await
            .map(|done| done.rows_affected()))
    };
    let failure = match tokio::time::timeout(AT_MOST, update).await {
        Ok(Ok(1)) => return Ok(()),
        Ok(Ok(_)) => None,
        Ok(Err(error)) => Some(Stop::from(error)),
        Err(late) => Some(Stop::failed(late)),
    };
    let select = async { on!(database, pool => sqlx::query_as(SELECT).bind(id).fetch_optional(pool).await) };
    let stored: Option<Option<(String,)>> =
        tokio::time::timeout(AT_MOST, select).await.ok().and_then(Result::ok);
    let stored = stored.map(|row| row.map(|(hash,)| hash));
    match (stored, failure) {
        (Some(Some(hash)), Some(_)) if hash == new => Ok(()),
        (Some(Some(hash)), Some(failure)) if hash == old => Err(failure),
        (None, Some(failure)) => {
            tracing::error!(?failure, "it is not known which password is in force");
            Err(Stop::LoggedOut(
                "It is not known whether your password was changed. You have been logged out everywhere: log in with the new \
                 one, or else with the old one.",
            ))
        }
        _ => Err(Stop::LoggedOut(
            "Somebody else has just changed your password, and yours was not stored. You have been logged out everywhere.",
        )),
    }
}

/// The user's name.
pub(crate) async fn name(database: &Database, id: &str) -> Outcome<String> {
    const SELECT: &str = "SELECT name FROM users WHERE id = $1";
    let row: Option<(String,)> =
        on!(database, pool => sqlx::query_as(SELECT).bind(id).fetch_optional(pool).await?);
    row.map(|(name,)| name).ok_or(Stop::GoTo("/login"))
}

/// `N` random bytes from the operating system.
pub(crate) fn random<const N: usize>() -> Outcome<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(Stop::failed)?;
    Ok(bytes)
}
