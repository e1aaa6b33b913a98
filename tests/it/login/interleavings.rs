//! Two or three actors on one record, with their calls to the store in every possible order.
//!
//! The store yields once before each call, which splits an operation of the verifier into a few steps. The scheduler
//! restarts the actors for every sequence of choices. So a test here covers all orders of these actors, not a sample.

use core::convert::Infallible;
use std::sync::{Arc, Mutex};

use second_factor::session::{
    EnrollmentToken, EventKind, HostAuthenticatorKind, HostAuthenticatorVerified, NewHostAuthenticator,
    RefusedBecause, SealingKey,
};
use second_factor::store::{Change, Expected, Swap, Versioned};
use second_factor::{
    AccountId, AccountRecord, ChallengeToken, FreshFactor, KeyRing, Login, MemoryStore, PasswordReset,
    PasswordVerified, Policy, Refusal, Remember, Session, Store, Verifier,
};

use super::schedule::{self, GiveWay, finish};
use crate::support::{EventLog, PASSKEY, Phone, START, STEP, TestClock, TestRng, code_required, texts};

/// Yields once before each call. With `is_atomic` false it compares, yields, and only then writes.
#[derive(Debug)]
struct Stepped {
    rows: MemoryStore,
    is_atomic: bool,
}

type Failed = <MemoryStore as Store>::Error;

impl Store for Stepped {
    type Error = Failed;

    async fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, Failed> {
        GiveWay::default().await;
        Store::load(&self.rows, account).await
    }

    async fn compare_and_swap(&self, account: &AccountId, change: Change<'_>) -> Result<Swap, Failed> {
        GiveWay::default().await;
        if self.is_atomic {
            return Store::compare_and_swap(&self.rows, account, change).await;
        }
        let revision = |row: Option<Versioned<AccountRecord>>| {
            row.map_or(Expected::Absent, |row| Expected::At(row.revision))
        };
        if revision(Store::load(&self.rows, account).await?) != change.expected() {
            return Ok(Swap::Conflict);
        }
        GiveWay::default().await;
        let now = revision(Store::load(&self.rows, account).await?);
        let change = Change::new(now, change.revision(), change.record(), change.events());
        Store::compare_and_swap(&self.rows, account, change).await
    }
}

/// A service with an enrolled account, and a challenge for each actor.
struct Scene {
    verifier: Arc<Verifier<Arc<Stepped>>>,
    clock: Arc<TestClock>,
    events: Arc<EventLog>,
    account: AccountId,
    phone: Phone,
    recovery_codes: Vec<String>,
    challenges: Vec<ChallengeToken>,
    /// The sessions of those who were let in.
    sessions: Arc<Mutex<Vec<Session>>>,
}

/// The result of an actor.
#[derive(Clone, PartialEq, Eq, Debug)]
enum End {
    Accepted,
    Refused(Refusal),
    Done,
}

type Actor = schedule::Actor<End>;

impl Scene {
    fn new(is_atomic: bool, actors: usize) -> Self {
        let clock = TestClock::at(START);
        let events = Arc::new(EventLog::default());
        let account = AccountId::new("alice").unwrap();
        let store = Arc::new(Stepped { rows: MemoryStore::new(), is_atomic });
        let policy = Policy::new("Example").unwrap();
        let ring = KeyRing::new(1, SealingKey::new([7; 32]));
        let verifier = Verifier::with_sources(store, policy, ring, clock.clone(), Mutex::new(TestRng(1)))
            .with_events(events.clone());
        let proof = || PasswordVerified::by_host(finish(verifier.check_password(&account)));
        let begun = finish(verifier.begin_enrollment(proof(), "alice")).unwrap();
        let phone = Phone::scan(&begun.uri);
        let confirmed = finish(verifier.confirm_enrollment(&begun.token, &phone.code(START))).unwrap();
        clock.advance(2 * STEP);
        let fresh = finish(fresh_factor(&verifier, &account, &phone, &clock));
        let passkey = NewHostAuthenticator::new(PASSKEY, HostAuthenticatorKind::SoftwareKey);
        let _ = finish(verifier.bind_host_authenticator(fresh, passkey)).unwrap();
        let challenges = (0..actors)
            .map(|_| code_required(finish(verifier.password_verified(proof(), None)).unwrap()))
            .collect();
        events.take();
        let verifier = Arc::new(verifier);
        let recovery_codes = texts(&confirmed.into_parts().0);
        let sessions = Arc::default();
        Self { verifier, clock, events, account, phone, recovery_codes, challenges, sessions }
    }

    fn code(&self) -> String {
        self.phone.code(second_factor::verifier::Clock::now(&self.clock))
    }

    fn wrong_code(&self) -> String {
        self.phone.wrong_code(second_factor::verifier::Clock::now(&self.clock))
    }

    fn presents(&self, actor: usize, code: String) -> Actor {
        let (verifier, challenge) = (self.verifier.clone(), self.challenges[actor].clone());
        let sessions = self.sessions.clone();
        Box::pin(async move {
            let accepted = verifier.present(&challenge, &code, Remember::No).await;
            end(accepted.map(|accepted| sessions.lock().unwrap().push(accepted.authenticated.into_session())))
        })
    }

    fn presents_recovery_code(&self, actor: usize) -> Actor {
        let (verifier, challenge) = (self.verifier.clone(), self.challenges[actor].clone());
        let code = self.recovery_codes[0].clone();
        Box::pin(async move { end(verifier.present(&challenge, &code, Remember::No).await.map(drop)) })
    }

    /// The passkey's proof is the same for each actor.
    fn presents_passkey(&self, actor: usize) -> Actor {
        let (verifier, challenge) = (self.verifier.clone(), self.challenges[actor].clone());
        let signed = HostAuthenticatorVerified::by_host(self.account.clone(), PASSKEY, b"a challenge");
        Box::pin(async move { end(verifier.present(&challenge, signed, Remember::No).await.map(drop)) })
    }

    /// Begins to enroll another phone, before any other is confirmed.
    fn begins(&self) -> (EnrollmentToken, Phone) {
        let fresh = finish(fresh_factor(&self.verifier, &self.account, &self.phone, &self.clock));
        let begun = finish(self.verifier.begin_enrollment(fresh, "alice")).unwrap();
        (begun.token, Phone::scan(&begun.uri))
    }

    fn confirms(&self, (token, phone): (EnrollmentToken, Phone)) -> Actor {
        let verifier = self.verifier.clone();
        let code = phone.code(second_factor::verifier::Clock::now(&self.clock));
        Box::pin(async move { end(verifier.confirm_enrollment(&token, &code).await.map(drop)) })
    }

    fn changes_password(&self) -> Actor {
        let (verifier, account) = (self.verifier.clone(), self.account.clone());
        Box::pin(async move {
            let reset = PasswordReset::by_host(verifier.check_password(&account).await);
            let write = async || -> Result<(), Infallible> {
                GiveWay::default().await;
                Ok(())
            };
            let _ = verifier.change_password(reset, write).await.unwrap();
            End::Done
        })
    }

    fn evaluated(&self) -> usize {
        self.events.count(|kind| {
            matches!(
                kind,
                EventKind::CodeRefused { reason: RefusedBecause::Wrong | RefusedBecause::Replayed }
            )
        })
    }

    fn record(&self) -> AccountRecord {
        finish(Store::load(&self.verifier.store().rows, &self.account)).unwrap().unwrap().value
    }

    fn logged_in(&self) -> usize {
        self.events.count(|kind| matches!(kind, EventKind::LoggedIn { .. }))
    }
}

/// Logs in and steps up, with the next two codes.
async fn fresh_factor(
    verifier: &Verifier<Arc<Stepped>>,
    account: &AccountId,
    phone: &Phone,
    clock: &TestClock,
) -> FreshFactor {
    let next_code = || {
        let code = phone.code(second_factor::verifier::Clock::now(clock));
        clock.advance(STEP);
        code
    };
    let proof = PasswordVerified::by_host(verifier.check_password(account).await);
    let challenge = code_required(verifier.password_verified(proof, None).await.unwrap());
    let accepted = verifier.present(&challenge, &next_code(), Remember::No).await.unwrap();
    let session = accepted.authenticated.into_session();
    verifier.fresh_factor(&session, &next_code()).await.unwrap()
}

fn end(result: Result<(), second_factor::verifier::Error<Failed>>) -> End {
    match result {
        Ok(()) => End::Accepted,
        Err(error) => End::Refused(error.refusal().unwrap_or_else(|| panic!("not a refusal but {error:?}"))),
    }
}

/// Runs the actors in every order, and passes each result to `judge`. Returns the number of orders.
fn explore(
    is_atomic: bool,
    count: usize,
    actors: impl Fn(&Scene) -> Vec<Actor>,
    mut judge: impl FnMut(&Scene, &[End]),
) -> usize {
    let start = || {
        let scene = Scene::new(is_atomic, count);
        let actors = actors(&scene);
        (scene, actors)
    };
    schedule::explore(
        start,
        |_, _| {},
        |scene, ends| {
            let ends: Vec<_> = ends.into_iter().map(|end| end.unwrap_or(End::Done)).collect();
            judge(scene, &ends);
        },
    )
}

fn accepted(ends: &[End]) -> usize {
    ends.iter().filter(|end| **end == End::Accepted).count()
}

fn same_code(count: usize) -> impl Fn(&Scene) -> Vec<Actor> {
    move |scene| (0..count).map(|actor| scene.presents(actor, scene.code())).collect()
}

#[test]
fn no_code_is_accepted_twice_in_any_order() {
    for count in [2, 3] {
        let orders = explore(true, count, same_code(count), |scene, ends| {
            assert_eq!(accepted(ends), 1, "{ends:?}");
            assert_eq!(scene.logged_in(), 1);
            assert_eq!(scene.evaluated(), count - 1, "each of the others is a replay and is charged");
            assert!(ends.iter().all(|end| matches!(end, End::Accepted | End::Refused(Refusal::NotAccepted))));
        });
        println!("{count} logins with one code: {orders} interleavings");
        assert!(orders > 2);
    }
}

#[test]
fn no_challenge_is_completed_twice_in_any_order() {
    let both = |scene: &Scene| vec![scene.presents(0, scene.code()), scene.presents(0, scene.code())];
    let orders = explore(true, 1, both, |scene, ends| {
        assert_eq!((accepted(ends), scene.logged_in()), (1, 1));
        assert!(ends.contains(&End::Refused(Refusal::AlreadyDone)));
    });
    println!("2 logins with one code in one challenge: {orders} interleavings");
}

#[test]
fn no_recovery_code_is_spent_twice_in_any_order() {
    for count in [2, 3] {
        let actors = |scene: &Scene| (0..count).map(|actor| scene.presents_recovery_code(actor)).collect();
        let orders = explore(true, count, actors, |scene, ends| {
            assert_eq!((accepted(ends), scene.logged_in()), (1, 1), "{ends:?}");
            let status = finish(scene.verifier.status(&scene.account)).unwrap();
            assert_eq!(status.recovery_codes_left, 9);
        });
        println!("{count} logins with one recovery code: {orders} interleavings");
    }
}

#[test]
fn no_passkey_proof_is_accepted_twice_in_any_order() {
    for count in [2, 3] {
        let actors = |scene: &Scene| (0..count).map(|actor| scene.presents_passkey(actor)).collect();
        let orders = explore(true, count, actors, |scene, ends| {
            assert_eq!((accepted(ends), scene.logged_in()), (1, 1), "{ends:?}");
            let refused = |kind: &EventKind| {
                let reason = RefusedBecause::Replayed;
                *kind == EventKind::HostAuthenticatorRefused { reason }
            };
            assert_eq!(scene.events.count(refused), count - 1);
        });
        println!("{count} logins with one passkey proof: {orders} interleavings");
    }
}

#[test]
fn of_two_enrollments_confirmed_at_once_one_is_bound() {
    let both = |scene: &Scene| {
        let begun = [(); 2].map(|()| scene.begins());
        begun.into_iter().map(|begun| scene.confirms(begun)).collect()
    };
    let orders = explore(true, 0, both, |scene, ends| {
        assert_eq!(accepted(ends), 1, "{ends:?}");
        assert!(ends.contains(&End::Refused(Refusal::EnrollmentOver)), "{ends:?}");
        let status = finish(scene.verifier.status(&scene.account)).unwrap();
        assert_eq!(status.authenticators.len(), 3, "the phone, the passkey and one more");
        assert_eq!(status.recovery_codes_left, 10, "the owner's codes stay");
    });
    println!("2 enrollments confirmed: {orders} interleavings");
}

#[test]
fn no_wrong_guess_goes_uncharged_in_any_order() {
    for count in [2, 3] {
        let actors =
            |scene: &Scene| (0..count).map(|actor| scene.presents(actor, scene.wrong_code())).collect();
        let orders = explore(true, count, actors, |scene, ends| {
            assert_eq!(accepted(ends), 0);
            assert_eq!(scene.evaluated(), count);
            // There are twenty guesses: those made above are missing here.
            let left = (0..21).take_while(|_| guess_again(scene) != Some(RefusedBecause::Locked)).count();
            assert_eq!(left, 20 - count);
        });
        println!("{count} wrong guesses: {orders} interleavings");
    }
}

/// The reason why another wrong guess is refused.
fn guess_again(scene: &Scene) -> Option<RefusedBecause> {
    let proof = PasswordVerified::by_host(finish(scene.verifier.check_password(&scene.account)));
    let Login::CodeRequired(challenge) = finish(scene.verifier.password_verified(proof, None)).unwrap()
    else {
        panic!("no code was asked for");
    };
    scene.events.take();
    let refused = finish(scene.verifier.present(&challenge, &scene.wrong_code(), Remember::No));
    assert!(refused.is_err());
    scene.events.take().into_iter().find_map(|kind| match kind {
        EventKind::CodeRefused { reason } => Some(reason),
        _ => None,
    })
}

#[test]
fn a_password_change_ends_all_logins_before_it_in_any_order() {
    for count in [1, 2] {
        let actors = |scene: &Scene| {
            let mut actors: Vec<Actor> =
                (0..count).map(|actor| scene.presents(actor, scene.code())).collect();
            actors.push(scene.changes_password());
            actors
        };
        let orders = explore(true, count, actors, |scene, ends| {
            assert!(accepted(ends) <= 1, "{ends:?}");
            assert_eq!(scene.logged_in(), accepted(ends));
            let events = scene.events.all();
            let changed = events.iter().position(|event| event.kind == EventKind::PasswordChanged).unwrap();
            let later = events.iter().skip(changed);
            assert!(
                later.clone().all(|event| !matches!(event.kind, EventKind::LoggedIn { .. })),
                "{events:?}"
            );
            let sessions = scene.sessions.lock().unwrap();
            assert_eq!(sessions.len(), accepted(ends));
            assert!(
                sessions.iter().all(|session| !finish(scene.verifier.is_current(session)).unwrap()),
                "a session from before the change is still current"
            );
            let code = scene.code();
            let again = scene.verifier.present(&scene.challenges[0], &code, Remember::No);
            assert_eq!(end(finish(again).map(drop)), End::Refused(Refusal::ChallengeOver));
            let status = finish(scene.verifier.status(&scene.account)).unwrap();
            assert!(status.is_enabled() && !status.is_locked);
        });
        println!("a password change beside {count} logins: {orders} interleavings");
    }
}

#[test]
fn a_store_that_compares_first_and_writes_afterwards_is_caught() {
    let mut twice = 0;
    let orders = explore(false, 2, same_code(2), |_, ends| twice += usize::from(accepted(ends) > 1));
    println!(
        "2 logins with one code over a store that is not atomic: {twice} of {orders} interleavings accept it twice"
    );
    assert!(twice > 0);

    let mut twice = 0;
    let spend = |scene: &Scene| (0..2).map(|actor| scene.presents_recovery_code(actor)).collect();
    let orders = explore(false, 2, spend, |_, ends| twice += usize::from(accepted(ends) > 1));
    println!("2 spends of one recovery code over it: {twice} of {orders}");
    assert!(twice > 0);

    let mut free = 0;
    let guess = |scene: &Scene| (0..2).map(|actor| scene.presents(actor, scene.wrong_code())).collect();
    explore(false, 2, guess, |scene, _| {
        let left = (0..21).take_while(|_| guess_again(scene) != Some(RefusedBecause::Locked)).count();
        free += usize::from(left > 18);
    });
    assert!(free > 0, "no order lost a guess");
}

#[test]
fn the_scheduler_tries_every_order_once() {
    // Two actors of two steps each: 4! / (2! · 2!) orders.
    let steps = |_: &Scene| -> Vec<Actor> {
        (0..2)
            .map(|_| -> Actor {
                Box::pin(async {
                    GiveWay::default().await;
                    GiveWay::default().await;
                    End::Done
                })
            })
            .collect()
    };
    assert_eq!(explore(true, 1, steps, |scene, _| drop(scene.record())), 6);
}
