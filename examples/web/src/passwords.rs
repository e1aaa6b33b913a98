//! Password hashes: Argon2id, 19 MiB, 2 passes, 1 lane (the default of the crate and of OWASP), with a random salt.

use std::sync::{LazyLock, Mutex, PoisonError};

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{ARGON2ID_IDENT, Argon2, Block, Params, Version};
use subtle::ConstantTimeEq;
use tokio::runtime::{Builder, Runtime};

use crate::stop::{Outcome, Stop};
use crate::users::random;

/// How many passwords are hashed at once.
pub(crate) const PLACES: usize = 4;

/// A hash of this password.
pub(crate) async fn hash(password: &str) -> Outcome<String> {
    let password = password.to_owned();
    at_work(move || hash_now(&password)).await
}

/// Whether this is the password of the hash. Without a hash the answer is no, after the same work.
pub(crate) async fn verify(password: &str, hash: Option<&str>) -> Outcome<bool> {
    static NOBODY: LazyLock<String> =
        LazyLock::new(|| hash_now("nobody has this password").unwrap_or_default());
    let (password, is_there) = (password.to_owned(), hash.is_some());
    let hash = hash.map(str::to_owned);
    let is_right = at_work(move || verify_now(&password, hash.as_deref().unwrap_or(&NOBODY)));
    Ok(is_right.await? && is_there)
}

fn hash_now(password: &str) -> Outcome<String> {
    let (params, salt, mut output) = (Params::default(), random::<16>()?, [0; 32]);
    fill(&params, password, &salt, &mut output)?;
    let hash = PasswordHash {
        algorithm: ARGON2ID_IDENT,
        version: Some(Version::default().into()),
        params: ParamsString::try_from(&params).map_err(Stop::failed)?,
        salt: Some(Salt::new(&salt).map_err(Stop::failed)?),
        hash: Some(Output::new(&output).map_err(Stop::failed)?),
    };
    Ok(hash.to_string())
}

fn verify_now(password: &str, hash: &str) -> Outcome<bool> {
    let hash = PasswordHash::new(hash).map_err(Stop::failed)?;
    let params = Params::try_from(&hash).map_err(Stop::failed)?;
    let (ARGON2ID_IDENT, Some(salt), Some(expected)) = (hash.algorithm, &hash.salt, &hash.hash) else {
        return Err(Stop::Failed("a password hash is not one of ours".into()));
    };
    let mut output = vec![0; expected.len()];
    fill(&params, password, salt, &mut output)?;
    Ok(output.ct_eq(expected.as_bytes()).into())
}

/// Reuses the memory of earlier hashes. Given back to the allocator and requested again, it would be new memory each time:
/// a gigabyte after two hundred logins.
fn fill(params: &Params, password: &str, salt: &[u8], output: &mut [u8]) -> Outcome {
    static MEMORY: Mutex<Vec<Vec<Block>>> = Mutex::new(Vec::new());
    let kept = || MEMORY.lock().unwrap_or_else(PoisonError::into_inner);
    let mut memory = kept().pop().unwrap_or_default();
    memory.resize(params.block_count(), Block::default());
    let filled =
        Argon2::from(params).hash_password_into_with_memory(password.as_bytes(), salt, output, &mut memory);
    kept().push(memory);
    filled.map_err(Stop::failed)
}

/// Hashes on threads of their own, so that a flood of logins does not stop other requests. `guards::queue` lets no more
/// requests in than there are places.
async fn at_work<T: Send + 'static>(work: impl FnOnce() -> Outcome<T> + Send + 'static) -> Outcome<T> {
    static THREADS: LazyLock<std::io::Result<Runtime>> =
        LazyLock::new(|| Builder::new_current_thread().max_blocking_threads(PLACES).build());
    let threads = THREADS.as_ref().map_err(|_| Stop::Failed("there are no threads to hash on".into()))?;
    threads.spawn_blocking(work).await.map_err(Stop::failed)?
}
