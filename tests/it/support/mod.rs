//! Shared helpers: a complete service, stores, random generators, and the crate's own source.

pub mod sessions;
pub mod source;
pub mod tokens;

mod async_world;
mod authenticators;
mod changes;
mod clock;
mod crowd;
mod events;
mod json_store;
mod phone;
mod rng;
mod world;

use core::time::Duration;

use second_factor::session::{EventKind, RefusedBecause};
use second_factor::verifier::Error;
use second_factor::{
    Accepted, AuthMethod, ChallengeToken, HostAuthenticatorKind, Login, RecoveryCodes, Refusal, UnixTime,
};

pub use async_world::AsyncWorld;
pub use clock::TestClock;
pub use crowd::{Interleaved, JsonRow, Meeting, Remote, at_once};
pub use events::{EventLog, Told};
pub use json_store::JsonStore;
pub use phone::Phone;
pub use rng::{Broken, BrokenRng, CountingRng, TestRng};
pub use world::{PASSKEY, TestError, World};

/// 2023-11-14T22:13:20Z, the start of a time step.
pub const START: UnixTime = UnixTime::from_secs(1_700_000_010 / 30 * 30);

pub const STEP: Duration = Duration::from_secs(30);
pub const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A well-formed recovery code that nobody has.
pub const NEVER_ISSUED: &str = "AAAAA-AAAAA-AAAAA-AAAAA-AAAAAA";

/// Every way to log in. A test of the standards compares the list with the enum.
pub const AUTH_METHODS: [AuthMethod; 7] = [
    AuthMethod::SingleFactor,
    AuthMethod::Code,
    AuthMethod::CodesInARow,
    AuthMethod::RecoveryCode,
    AuthMethod::HostAuthenticator(HostAuthenticatorKind::HardwareKey),
    AuthMethod::HostAuthenticator(HostAuthenticatorKind::SoftwareKey),
    AuthMethod::RememberedDevice { since: START },
];

pub fn days(count: u64) -> Duration {
    Duration::from_secs(count * DAY.as_secs())
}

/// Recovery codes as text; empty if there are none.
pub fn texts<'a>(codes: impl Into<Option<&'a RecoveryCodes>>) -> Vec<String> {
    let codes = codes.into().into_iter().flat_map(RecoveryCodes::iter);
    codes.map(|code| code.to_text().expose().to_owned()).collect()
}

/// The challenge of a login that asks for a code. Any other login fails the test.
#[track_caller]
pub fn code_required(login: Login) -> ChallengeToken {
    match login {
        Login::CodeRequired(challenge) => challenge,
        other => panic!("the login did not ask for a code: {other:?}"),
    }
}

/// The result of a complete login. Any other login fails the test.
#[track_caller]
pub fn complete(login: Login) -> Accepted {
    match login {
        Login::Complete(accepted) => accepted,
        other => panic!("the login is not complete: {other:?}"),
    }
}

/// The result or the refusal. Any other error fails the test.
#[track_caller]
pub fn refusal<T, E: core::fmt::Debug>(result: Result<T, Error<E>>) -> Result<T, Refusal> {
    result.map_err(|error| match error {
        Error::Refused(refusal) => refusal,
        other => panic!("not a refusal: {other:?}"),
    })
}

pub fn is_refused_because(reason: RefusedBecause) -> impl Fn(&EventKind) -> bool {
    move |kind| matches!(kind, EventKind::CodeRefused { reason: found } | EventKind::RecoveryCodeRefused { reason: found } if *found == reason)
}
