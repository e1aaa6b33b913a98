//! Accounts that are imported from an old system: threats M1 to M7.

mod accounts;
mod imports;
mod old_codes;
mod tries;

use second_factor::enrollment::ImportedSecret;
use second_factor::session::{Import, OldRecoveryCodeTry, Remember};
use second_factor::{
    Accepted, AccountId, BlockingStore, ChallengeToken, KeyUri, Login, Refusal, Secret, Session, TotpParams,
    UnixTime,
};

use crate::support::{Phone, World, complete, refusal};

/// The secret of the old system's authenticator.
const SECRET: &[u8] = b"twenty bytes of seed";

/// The ids of the rows in which the old system stores the hashes of ten recovery codes.
const ROWS: [&str; 10] =
    ["row 1", "row 2", "row 3", "row 4", "row 5", "row 6", "row 7", "row 8", "row 9", "row 10"];

/// The old system's data of an account: an authenticator and ten recovery codes.
fn old_system(account: &AccountId) -> Import {
    let secret = ImportedSecret::new(Secret::new(SECRET).unwrap()).unwrap();
    Import::by_host(account.clone(), secret, TotpParams::default()).recovery_codes(ROWS).unwrap()
}

/// The owner's app.
fn app() -> Phone {
    let secret = Secret::new(SECRET).unwrap().to_base32();
    Phone::scan(&KeyUri::parse(&format!("otpauth://totp/alice?secret={}", secret.expose())).unwrap())
}

/// The code that the app shows.
fn code(at: UnixTime) -> String {
    app().code(at)
}

/// A service with a quietly imported account.
fn imported() -> World {
    let world = World::new();
    let _ = world.verifier.import(old_system(&world.account).quietly()).unwrap();
    world.events.take();
    world
}

fn import<S: BlockingStore>(world: &World<S>, import: Import) -> Result<(), Refusal>
where
    S::Error: core::fmt::Debug,
{
    refusal(world.verifier.import(import)).map(drop)
}

/// A login with the password alone, in an account without a second factor.
fn with_the_password_alone<S: BlockingStore>(world: &World<S>) -> Session
where
    S::Error: core::fmt::Debug,
{
    complete(world.login()).authenticated.into_session()
}

fn tried<S: BlockingStore>(
    world: &World<S>,
    challenge: &ChallengeToken,
) -> Result<OldRecoveryCodeTry, Refusal>
where
    S::Error: core::fmt::Debug,
{
    refusal(world.verifier.try_old_recovery_code(challenge))
}

/// Types an old recovery code that the host finds in this row.
fn with_old_code<S: BlockingStore>(
    world: &World<S>,
    challenge: &ChallengeToken,
    row: &str,
) -> Result<Accepted, Refusal>
where
    S::Error: core::fmt::Debug,
{
    let tried = tried(world, challenge)?;
    refusal(world.verifier.present(challenge, tried.was(row), Remember::No))
}

/// Types an old recovery code that the host finds in no row.
fn with_wrong_old_code<S: BlockingStore>(world: &World<S>, challenge: &ChallengeToken) -> Result<(), Refusal>
where
    S::Error: core::fmt::Debug,
{
    tried(world, challenge).map(drop)
}

fn recovery_codes_left(world: &World) -> usize {
    world.verifier.status(&world.account).unwrap().recovery_codes_left
}

fn is_code_required(login: &Login) -> bool {
    matches!(login, Login::CodeRequired(_))
}
