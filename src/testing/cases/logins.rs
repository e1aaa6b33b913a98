//! What the contract is for: logins through a verifier over the store.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicUsize, Ordering};

use super::races::{arrived, erred};
use crate::session::{
    AccountId, AccountRecord, AuditEvent, ChallengeToken, EventKind, Login, PasswordVerified, Policy,
    Refusal, RefusedBecause, Remember,
};
use crate::store::Store;
use crate::testing::fixture::{Fixture, failed};
use crate::testing::report::Broken;
use crate::testing::samples::account;
use crate::testing::sources::{Counting, keys};
use crate::testing::{AuthenticatorApp, Fault, Faulty, FaultyError, ManualClock};
use crate::time::UnixTime;
use crate::verifier::{Error, Verifier};

type Outcome = Result<(), Broken>;

const NOW: UnixTime = UnixTime::from_secs(1_700_000_010);

/// A power of two, as the number of wrong codes that are tried in turn (512) is.
const CHALLENGES: usize = 8;

pub(super) async fn one_of_64_logins_is_accepted<S: Store + 'static, G>(
    fixture: Fixture<'_, S, G>,
) -> Outcome {
    let service = Service::enrolled(&fixture).await?;
    let code = service.next_code();
    let tries = service.present_by_64(&fixture, &code).await?;
    one_accepted(&fixture, "logins with the same code", tries)
}

pub(super) async fn one_of_64_spends_of_a_recovery_code_is_accepted<S: Store + 'static, G>(
    fixture: Fixture<'_, S, G>,
) -> Outcome {
    let service = Service::enrolled(&fixture).await?;
    let code = service.recovery_code.clone();
    let tries = service.present_by_64(&fixture, &code).await?;
    one_accepted(&fixture, "logins with the same recovery code", tries)?;
    let left = service.row(&fixture).await?.recovery_codes.len();
    if left == 9 { Ok(()) } else { Err(fixture.broken("9 recovery codes left", format!("{left}"))) }
}

fn one_accepted<S: Store, G>(fixture: &Fixture<'_, S, G>, what: &str, tries: Vec<Try>) -> Outcome {
    let mut accepted = 0_usize;
    for found in tries {
        match found {
            Try::Accepted => accepted = accepted.saturating_add(1),
            Try::Refused(
                Refusal::NotAccepted | Refusal::ChallengeOver | Refusal::AlreadyDone | Refusal::Locked { .. },
            ) => {}
            Try::Refused(other) => {
                return Err(fixture.broken("NotAccepted for the 63 others", format!("{other:?}")));
            }
            Try::Failed(error) => return Err(erred(error)),
        }
    }
    if accepted == 1 {
        return Ok(());
    }
    Err(fixture.broken(format!("one acceptance among 64 {what}"), format!("{accepted}")))
}

pub(super) async fn the_budget_holds_against_10_000_guesses<S: Store + 'static, G>(
    fixture: Fixture<'_, S, G>,
) -> Outcome {
    const LANES: usize = 64;
    const GUESSES: usize = 10_000;
    let service = Service::enrolled(&fixture).await?;
    let challenges = service.challenges(&fixture).await?;
    let wrong = Arc::new(service.wrong_codes());
    let made = Arc::new(AtomicUsize::new(0));
    let challenges = Arc::new(challenges);
    service.verifier.store().plan_always(Fault::Delay { polls: 1 });
    let lanes = (0..LANES).map(|_| {
        let (verifier, challenges) = (service.verifier.clone(), challenges.clone());
        let (wrong, made) = (wrong.clone(), made.clone());
        async move {
            loop {
                let guess = made.fetch_add(1, Ordering::Relaxed);
                if guess >= GUESSES {
                    return Ok(());
                }
                let (challenge, code) = (challenges.get(guess & 7), wrong.get(guess & 511));
                let (Some(challenge), Some(code)) = (challenge, code) else { return Ok(()) };
                let Err(error) = verifier.present(challenge, code, Remember::No).await else {
                    return Err(Try::Accepted);
                };
                match Try::of(&error) {
                    Try::Refused(Refusal::NotAccepted | Refusal::ChallengeOver | Refusal::Locked { .. }) => {}
                    other => return Err(other),
                }
            }
        }
    });
    for lane in arrived(&fixture, LANES, fixture.racers.race(lanes).await)? {
        match lane {
            Ok(()) => {}
            Err(Try::Failed(error)) => return Err(erred(error)),
            Err(other) => return Err(fixture.broken("refusals of 10,000 wrong codes", format!("{other:?}"))),
        }
    }
    service.verifier.store().plan([]);
    let budget = usize::from(service.verifier.policy().guess_budget());
    let evaluated = service.evaluated.load(Ordering::SeqCst);
    if evaluated != budget {
        let found = format!("{evaluated} evaluated");
        return Err(fixture.broken(format!("{budget} of 10,000 parallel guesses evaluated"), found));
    }
    let code = service.next_code();
    match service.present(&fixture, &code).await? {
        Try::Refused(Refusal::Locked { .. }) => Ok(()),
        other => {
            Err(fixture
                .broken("the right code refused as Locked once the budget is spent", format!("{other:?}")))
        }
    }
}

pub(super) async fn a_locked_attempt_writes_nothing<S: Store + 'static, G>(
    fixture: Fixture<'_, S, G>,
) -> Outcome {
    let service = Service::enrolled(&fixture).await?;
    let wrong = service.wrong_codes();
    for code in wrong.iter().take(service.verifier.policy().guess_budget().into()) {
        let _ = service.present(&fixture, code).await?;
    }
    let challenge = service.challenge(&fixture).await?;
    let before = fixture.row(&service.absent_row()).await?;
    service.verifier.store().plan([]);
    let code = service.next_code();
    let accepted = service.verifier.present(&challenge, &code, Remember::No).await;
    let found = accepted.map_or_else(|error| Try::of(&error), |_| Try::Accepted);
    let calls = service.verifier.store().calls();
    match found {
        Try::Refused(Refusal::Locked { .. }) if calls == 1 => {}
        other => {
            let found = format!("{other:?} after {calls} calls to the store");
            return Err(fixture.broken("Locked after one call to the store", found));
        }
    }
    let after = fixture.row(&service.absent_row()).await?;
    if before == after {
        return Ok(());
    }
    let revision = |row: Option<crate::store::Versioned<AccountRecord>>| row.map(|row| row.revision.get());
    let (before, after) = (revision(before), revision(after));
    Err(fixture.broken(format!("the row as it was, at revision {before:?}"), format!("revision {after:?}")))
}

pub(super) async fn a_lost_reply_lets_nobody_in<S: Store + 'static, G>(
    fixture: Fixture<'_, S, G>,
) -> Outcome {
    let service = Service::enrolled(&fixture).await?;
    let challenge = service.challenge(&fixture).await?;
    let code = service.next_code();
    service.verifier.store().plan([(2, Fault::LoseReply)]);
    match service.verifier.present(&challenge, &code, Remember::No).await {
        Err(Error::Store(FaultyError::Injected { .. })) => {}
        other => {
            let wanted = "Err(Store) from a login whose write was carried out and whose reply was lost";
            return Err(fixture.broken(wanted, format!("{:?}", other.map(drop))));
        }
    }
    service.verifier.store().plan([]);
    match service.present(&fixture, &code).await? {
        Try::Refused(Refusal::NotAccepted) => Ok(()),
        other => Err(fixture.broken("the code that was stored as used refused", format!("{other:?}"))),
    }
}

pub(super) async fn a_conflict_is_decided_again<S: Store + 'static, G>(
    fixture: Fixture<'_, S, G>,
) -> Outcome {
    let service = Service::enrolled(&fixture).await?;
    let challenge = service.challenge(&fixture).await?;
    let code = service.next_code();
    let before = fixture.row(&service.absent_row()).await?;
    let store = service.verifier.store();
    store.plan_always(Fault::Conflict);
    match service.verifier.present(&challenge, &code, Remember::No).await {
        Err(Error::Contention) if store.calls() == 2 * Verifier::<S>::MAX_ATTEMPTS => {}
        other => {
            let found = format!("{:?} after {} calls", other.map(drop), store.calls());
            return Err(fixture.broken("Err(Contention) after conflicts without end", found));
        }
    }
    if fixture.row(&service.absent_row()).await? != before {
        return Err(fixture.broken("a row that nobody wrote to as it was", "another row"));
    }
    store.plan([(2, Fault::Conflict)]);
    match service.verifier.present(&challenge, &code, Remember::No).await {
        Ok(_) if store.calls() == 4 => Ok(()),
        other => {
            let found = format!("{:?} after {} calls", other.map(drop), store.calls());
            Err(fixture.broken("Ok from a second decision, after 4 calls", found))
        }
    }
}

/// A service with one account, whose authenticator is bound.
struct Service<S> {
    verifier: Arc<Verifier<Faulty<Arc<S>>>>,
    account: AccountId,
    app: AuthenticatorApp,
    recovery_code: String,
    /// Codes that were compared with the right ones, and refused.
    evaluated: Arc<AtomicUsize>,
}

/// How a login went.
#[derive(Debug)]
enum Try {
    Accepted,
    Refused(Refusal),
    Failed(String),
}

impl Try {
    fn of<E: core::error::Error + 'static>(error: &Error<E>) -> Self {
        match error.refusal() {
            Some(refusal) => Self::Refused(refusal),
            None => Self::Failed(failed(error)),
        }
    }
}

impl<S: Store + 'static> Service<S> {
    async fn enrolled<G>(fixture: &Fixture<'_, S, G>) -> Result<Self, Broken> {
        let account = account("alice");
        let evaluated = Arc::new(AtomicUsize::new(0));
        let counted = evaluated.clone();
        let count = move |event: &AuditEvent| {
            if let EventKind::CodeRefused { reason: RefusedBecause::Wrong | RefusedBecause::Replayed } =
                event.kind
            {
                counted.fetch_add(1, Ordering::SeqCst);
            }
        };
        #[expect(clippy::expect_used, reason = "a constant")]
        let policy = Policy::new("Conformance").expect("an issuer");
        let store = Faulty::new(fixture.store.clone());
        let clock = ManualClock::at(NOW);
        let verifier =
            Verifier::with_sources(store, policy, keys(), clock, Counting::default()).with_events(count);

        let proof = PasswordVerified::by_host(verifier.check_password(&account).await);
        let begun =
            verifier.begin_enrollment(proof, "alice").await.map_err(|error| went_wrong(fixture, &error))?;
        let app = AuthenticatorApp::scan(&begun.uri);
        let confirmed = verifier.confirm_enrollment(&begun.token, &app.code(NOW)).await;
        let confirmed = confirmed.map_err(|error| went_wrong(fixture, &error))?;
        let (recovery_codes, _) = confirmed.into_parts();
        let recovery_code = recovery_codes.as_ref().and_then(|codes| codes.iter().next());
        let recovery_code =
            recovery_code.map_or_else(String::new, |code| code.to_text().expose().to_string());
        Ok(Self { verifier: Arc::new(verifier), account, app, recovery_code, evaluated })
    }

    /// The code after the one that confirmed the enrollment: within the window, and not used.
    fn next_code(&self) -> String {
        self.app.code(NOW.saturating_add(core::time::Duration::from_secs(30)))
    }

    /// Some codes that are wrong at this time.
    fn wrong_codes(&self) -> Vec<String> {
        let now = NOW.as_secs();
        let right = [now.saturating_sub(30), now, now.saturating_add(30)]
            .map(|at| self.app.code(UnixTime::from_secs(at)));
        (0..1_000_u32).map(|number| format!("{number:06}")).filter(|code| !right.contains(code)).collect()
    }

    async fn challenge<G>(&self, fixture: &Fixture<'_, S, G>) -> Result<ChallengeToken, Broken> {
        let proof = PasswordVerified::by_host(self.verifier.check_password(&self.account).await);
        match self.verifier.password_verified(proof, None).await {
            Ok(Login::CodeRequired(challenge)) => Ok(challenge),
            Ok(other) => Err(fixture.broken("a login that asks for a code", format!("{other:?}"))),
            Err(error) => Err(went_wrong(fixture, &error)),
        }
    }

    async fn challenges<G>(&self, fixture: &Fixture<'_, S, G>) -> Result<Vec<ChallengeToken>, Broken> {
        let mut challenges = Vec::new();
        for _ in 0..CHALLENGES {
            challenges.push(self.challenge(fixture).await?);
        }
        Ok(challenges)
    }

    /// Presents this code in a new login.
    async fn present<G>(&self, fixture: &Fixture<'_, S, G>, code: &str) -> Result<Try, Broken> {
        let challenge = self.challenge(fixture).await?;
        let accepted = self.verifier.present(&challenge, code, Remember::No).await;
        Ok(accepted.map_or_else(|error| Try::of(&error), |_| Try::Accepted))
    }

    /// 64 at once present the same code, in eight challenges. Each reads before any of them writes, on one
    /// thread or on several.
    async fn present_by_64<G>(&self, fixture: &Fixture<'_, S, G>, typed: &str) -> Result<Vec<Try>, Broken> {
        let challenges = self.challenges(fixture).await?;
        self.verifier.store().plan_always(Fault::Delay { polls: 1 });
        let logins = challenges.into_iter().cycle().take(64).map(|challenge| {
            let (verifier, typed) = (self.verifier.clone(), String::from(typed));
            async move {
                let accepted = verifier.present(&challenge, &typed, Remember::No).await;
                accepted.map_or_else(|error| Try::of(&error), |_| Try::Accepted)
            }
        });
        let tries = arrived(fixture, 64, fixture.racers.race(logins).await)?;
        self.verifier.store().plan([]);
        Ok(tries)
    }

    async fn row<G>(&self, fixture: &Fixture<'_, S, G>) -> Result<AccountRecord, Broken> {
        let row = fixture.row(&self.absent_row()).await?;
        Ok(row.map_or_else(|| self.absent_row(), |row| row.value))
    }

    fn absent_row(&self) -> AccountRecord {
        AccountRecord::new(self.account.clone())
    }
}

fn went_wrong<S: Store, G, E: core::error::Error + 'static>(
    fixture: &Fixture<'_, S, G>,
    error: &Error<E>,
) -> Broken {
    fixture.broken("an account that can be enrolled and asked for a code", failed(error))
}
