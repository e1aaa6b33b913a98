//! Sample records, made by the rules themselves: like those that a store gets in production.

use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use alloc::{format, vec};
use core::convert::Infallible;
use core::time::Duration;

use super::sources::{Counting, keys};
use crate::enrollment::{EnrollmentError, ImportedSecret};
use crate::otp::{Algorithm, Digits, Period, Secret, SecretLengthError, Totp, TotpParams};
use crate::session::proof::{Reader, old_recovery_code};
use crate::session::record::{Authenticator, Epoch, Host, PasswordChangeMark, Prover, TouchedChallenge};
use crate::session::rule::{self, Context, Decision, Draft, Stop};
use crate::session::{
    AccountId, AccountRecord, ChallengeToken, DeviceToken, EnrollmentProof, EnrollmentToken,
    HostAuthenticatorKind, HostAuthenticatorVerified, Import, Keys, Login, NewAuthenticator,
    NewHostAuthenticator, PasswordCheck, PasswordVerified, Policy, PolicyError, Presented, Refusal, Remember,
    Session, SessionError,
};
use crate::store::Revision;
use crate::time::UnixTime;

pub(super) fn account(id: impl Into<String>) -> AccountId {
    #[expect(clippy::expect_used, reason = "the ids of the suite have 1 to 255 bytes")]
    AccountId::new(id).expect("an id of 1 to 255 bytes")
}

/// A record that carries a number and nothing else.
pub(super) fn numbered(account: &AccountId, number: u64) -> AccountRecord {
    AccountRecord::in_epoch(account.clone(), Epoch(u128::from(number).to_be_bytes()))
}

/// The number that such a record carries.
pub(super) fn number_of(record: &AccountRecord) -> u64 {
    u64::try_from(u128::from_be_bytes(record.epoch.0)).unwrap_or(u64::MAX)
}

/// A revision that no row has had, of 63 bits like those that the verifier draws.
pub(super) fn next_revision() -> Revision {
    static DRAWN: Counting = Counting::new();
    Revision::new(DRAWN.number() >> 1)
}

/// A record that is being made, and what the rules need to make it.
struct Making {
    record: AccountRecord,
    policy: Policy,
    now: UnixTime,
    entropy: Arc<Counting>,
    keys: Arc<Keys>,
}

/// Why a sample could not be made. This is a bug in the suite.
#[derive(Debug, thiserror::Error)]
pub(super) enum SampleError {
    #[error(transparent)]
    Session(#[from] SessionError),
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Enrollment(#[from] EnrollmentError),
    #[error(transparent)]
    Secret(#[from] SecretLengthError),
    #[error(transparent)]
    Policy(#[from] PolicyError),
    #[error("the login took another way")]
    Login,
}

type Made<T> = Result<T, SampleError>;

impl Making {
    /// Past 2^53, so that passing the number through a double changes it.
    const NOW: UnixTime = UnixTime::from_secs((1 << 53) + 1);

    fn new(account: AccountId) -> Made<Self> {
        let totp = TotpParams::new(Algorithm::Sha512, Digits::Eight, Period::DEFAULT);
        let policy = Policy::builder("Conformance").totp(totp).devices(Policy::MAX_DEVICES).build()?;
        let record = AccountRecord::new(account);
        Ok(Self { record, policy, now: Self::NOW, entropy: Arc::default(), keys: Arc::new(keys()) })
    }

    fn decide<T>(&mut self, rule: impl FnOnce(&mut Draft<'_>) -> Result<T, Stop>) -> Made<T> {
        let context = Context { now: self.now, policy: &self.policy, keys: &self.keys, origin: None };
        let decision = Decision::by(rule, &self.record, &context, self.entropy.entropy())?;
        if let Some(next) = decision.next {
            self.record = next;
        }
        Ok(decision.outcome?)
    }

    fn password(&self) -> PasswordVerified {
        let read = Ok::<_, Infallible>((self.record.clone(), ()));
        let account = self.record.account().clone();
        PasswordVerified::by_host(PasswordCheck::new(account, self.now, read, Arc::new(Reader)))
    }

    fn enroll(&mut self) -> Made<Totp> {
        let proof = EnrollmentProof::from(self.password());
        let begun =
            self.decide(|draft| rule::begin_enrollment(draft, &proof, &NewAuthenticator::app("a")))?;
        let totp = Totp::new(begun.uri.secret(), self.policy.totp());
        let code = totp.generate(self.now);
        let token: EnrollmentToken = begun.token;
        let _ = self.decide(|draft| rule::confirm_enrollment(draft, &token, code.expose()))?;
        self.step();
        Ok(totp)
    }

    fn step(&mut self) {
        self.now = self.now.saturating_add(Duration::from_secs(Period::DEFAULT.as_secs().into()));
    }

    fn challenge(&mut self) -> Made<ChallengeToken> {
        let proof = self.password();
        match self.decide(|draft| rule::password_verified(draft, &proof, None))? {
            Some(Login::CodeRequired(challenge)) => Ok(challenge),
            _ => Err(SampleError::Login),
        }
    }

    fn remember(&mut self, totp: &Totp, label: &str) -> Made<DeviceToken> {
        let challenge = self.challenge()?;
        let code = totp.generate(self.now);
        let (typed, remember) = (Presented::from(code.expose()), Remember::ThisDevice { label });
        let accepted = self.decide(|draft| rule::present(draft, &challenge, &typed, remember))?;
        self.step();
        accepted.device.ok_or(SampleError::Login)
    }

    /// Gives the device its next token.
    fn use_after_the_grace(&mut self, device: &DeviceToken) -> Made<()> {
        self.now = self.now.saturating_add(self.policy.rotation_grace());
        let proof = self.password();
        match self.decide(|draft| rule::password_verified(draft, &proof, Some(device)))? {
            Some(Login::Complete(_)) => Ok(()),
            _ => Err(SampleError::Login),
        }
    }

    fn session(&mut self, totp: &Totp) -> Made<Session> {
        let challenge = self.challenge()?;
        let code = totp.generate(self.now);
        let typed = Presented::from(code.expose());
        let accepted = self.decide(|draft| rule::present(draft, &challenge, &typed, Remember::No))?;
        self.step();
        Ok(accepted.authenticated.into_session())
    }
}

/// Every list is full, every text is as long as possible, every optional part is there, and the numbers do not fit
/// into a double.
pub(super) fn largest(account: AccountId) -> Made<AccountRecord> {
    let mut making = Making::new(account)?;
    let totp = making.enroll()?;
    // Quotes and backslashes double in JSON; astral characters have four bytes.
    let labels = ["\u{1f511}".repeat(64), "\"\\".repeat(32), "\u{10ffff}é\u{301}漢".repeat(16)];
    for label in labels.iter().cycle().take(Policy::MAX_DEVICES.into()) {
        let device = making.remember(&totp, label)?;
        making.use_after_the_grace(&device)?;
    }
    let session = making.session(&totp)?;
    let code = totp.generate(making.now);
    let typed = Presented::from(code.expose());
    let _ = making.decide(|draft| rule::fresh_factor(draft, &session, &typed))?;
    for number in 0..100_u8 {
        let challenge = making.challenge()?;
        // The code that was just accepted: refused, and charged. The budget is spent before the list is full.
        match making.decide(|draft| rule::present(draft, &challenge, &typed, Remember::No)) {
            Err(SampleError::Refused(_)) => {}
            Err(error) => return Err(error),
            Ok(_) => return Err(SampleError::Login),
        }
        let touched = TouchedChallenge {
            id: [number; 16],
            opened_at: making.now,
            failures: u8::MAX,
            charged: u16::MAX,
            done: number % 2 == 0,
        };
        if making.record.touched.len() < TouchedChallenge::MAX {
            making.record.touched.push(touched);
        }
    }
    fill_authenticators(&mut making, &labels)?;
    making.record.regenerated_at = Some(making.now);
    let epoch = making.record.epoch;
    making.record.password_change = Some(PasswordChangeMark { epoch, at: making.now });
    Ok(making.record)
}

/// As many apps, host-verified authenticators and recovery codes of an old system as there can be.
fn fill_authenticators(making: &mut Making, labels: &[String]) -> Made<()> {
    let account = making.record.account().clone();
    let Some(app) = making.record.authenticators.first().cloned() else { return Err(SampleError::Login) };
    for (number, label) in (1..).zip(labels.iter().cycle()) {
        if making.record.authenticators.len() >= usize::from(Policy::MAX_AUTHENTICATORS) {
            break;
        }
        let signed = [number; 64];
        let kind = HostAuthenticatorKind::HardwareKey;
        let host = HostAuthenticatorVerified::by_host(account.clone(), &signed, &signed);
        let prover = Prover::Host(Host { kind, last_proof: Some(host.digest) });
        let prover = if number % 2 == 0 { prover } else { app.prover.clone() };
        let (id, last_used) = (host.authenticator(), Some(UnixTime::MAX));
        let bound = Authenticator { id, label: label.clone(), bound_at: UnixTime::MAX, last_used, prover };
        making.record.authenticators.push(bound);
    }
    let names = 0..AccountRecord::MAX_RECOVERY_CODES;
    making.record.recovery_codes = names.map(|name| old_recovery_code(&account, &name.to_string())).collect();
    Ok(())
}

/// Records with different optional parts, each with a description.
pub(super) fn varied(account: &AccountId) -> Made<Vec<(&'static str, AccountRecord)>> {
    let closed = AccountRecord::in_epoch(account.clone(), Epoch([0xff; 16]));

    let mut imported = Making::new(account.clone())?;
    let secret = ImportedSecret::new(Secret::new(&[0x5a; 20])?).map_err(EnrollmentError::from)?;
    let import =
        Import::by_host(account.clone(), secret, TotpParams::default().with_t0(UnixTime::from_secs(1)));
    let _ = imported.decide(|draft| rule::import(draft, &import))?;

    let mut passkey = Making::new(account.clone())?;
    let proof = EnrollmentProof::from(passkey.password());
    let new = NewHostAuthenticator::new(b"credential", HostAuthenticatorKind::SoftwareKey);
    let _ = passkey.decide(|draft| rule::bind_host_authenticator(draft, &proof, &new))?;

    let mut enrolled = Making::new(account.clone())?;
    let totp = enrolled.enroll()?;
    let bare = enrolled.record.clone();
    enrolled.remember(&totp, "")?;
    Ok(vec![
        ("a record with nothing in it", AccountRecord::new(account.clone())),
        ("a record of an account that was closed", closed),
        ("a record with an imported authenticator whose first code is still to come", imported.record),
        ("a record with a passkey that was never used", passkey.record),
        ("a record with an authenticator and recovery codes", bare),
        ("a record with a device that has an empty label and was never used again", enrolled.record),
    ])
}

/// Records with labels from all over Unicode.
pub(super) fn labelled(account: &AccountId) -> Made<Vec<(String, AccountRecord)>> {
    let mut making = Making::new(account.clone())?;
    let totp = making.enroll()?;
    LABELS
        .iter()
        .map(|label| {
            let mut labelled = Making {
                record: making.record.clone(),
                policy: making.policy.clone(),
                now: making.now,
                entropy: making.entropy.clone(),
                keys: making.keys.clone(),
            };
            labelled.remember(&totp, label)?;
            Ok((format!("a record with a device labelled {label:?}"), labelled.record))
        })
        .collect()
}

pub(super) const LABELS: [&str; 12] = [
    "Firefox on Linux",
    "Ünïcödé: é",
    "e\u{301} decomposed, \u{e9} composed",
    "漢字かなカナ한글",
    "עברית العربية",
    "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467} \u{1f3f3}\u{fe0f}",
    "\u{10ffff}\u{fffd}\u{feff}",
    "quotes ' \" ` and \\ backslash \\u0041 \\n",
    "'; DROP TABLE accounts; --",
    "$1 ? :name %s {0} {{}} ${x}",
    "trailing space  ",
    " <b>&amp;</b>",
];
