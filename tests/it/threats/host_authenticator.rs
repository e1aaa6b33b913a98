//! Authenticators that the host verifies, such as passkeys: they follow the rules for codes, except that their proofs are
//! not guesses. Promises P1, P2, P4, P6 and P9, threats A1, A3, A4, G13, G19 and G38.

use core::time::Duration;

use second_factor::session::{
    AuthenticatorId, AuthenticatorKind, EventKind, FirstFactor, HostAuthenticatorKind,
    HostAuthenticatorVerified, NewHostAuthenticator, Presented, RefusedBecause, Remember, Requirement,
    SessionError,
};
use second_factor::verifier::Error;
use second_factor::{Accepted, AuthMethod, ChallengeToken, FreshFactor, Policy, Refusal, Session};

use super::budget::{BUDGET, exhaust};
use crate::support::sessions::{charged, row};
use crate::support::{
    NEVER_ISSUED, PASSKEY, Phone, STEP, World, at_once, code_required, complete, days, refusal, texts,
};

/// The kind of the owner's factor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Factor {
    Code,
    Key(HostAuthenticatorKind),
}

const FACTORS: [Factor; 3] = [
    Factor::Code,
    Factor::Key(HostAuthenticatorKind::HardwareKey),
    Factor::Key(HostAuthenticatorKind::SoftwareKey),
];

const CREDENTIAL: &[u8] = b"credential of the key";

/// The owner of an account with one authenticator.
struct Owner {
    world: World,
    factor: Factor,
    phone: Option<Phone>,
    codes: Vec<String>,
}

/// A proof. It can be presented again, like by an attacker or a form that is sent twice.
struct Shown {
    typed: Option<String>,
    world: World,
    signed: Vec<u8>,
}

impl Owner {
    fn new(factor: Factor) -> Self {
        Self::under(Policy::new("Example").unwrap(), factor)
    }

    fn under(policy: Policy, factor: Factor) -> Self {
        let world = World::with_policy(policy);
        let (phone, codes) = match factor {
            Factor::Code => {
                let (phone, codes) = world.enroll();
                (Some(phone), codes)
            }
            Factor::Key(kind) => {
                let new = NewHostAuthenticator::new(CREDENTIAL, kind);
                let bound = world.verifier.bind_host_authenticator(world.password(), new).unwrap();
                world.clock.advance(2 * STEP);
                world.events.take();
                (None, texts(&bound.into_parts().0))
            }
        };
        Self { world, factor, phone, codes }
    }

    /// The proof of this time step.
    fn shown(&self) -> Shown {
        let now = self.world.now();
        let typed = self.phone.as_ref().map(|phone| phone.code(now));
        Shown { typed, world: self.world.of("alice"), signed: now.as_secs().to_be_bytes().to_vec() }
    }

    fn method(&self) -> AuthMethod {
        match self.factor {
            Factor::Code => AuthMethod::Code,
            Factor::Key(kind) => AuthMethod::HostAuthenticator(kind),
        }
    }

    fn refused(&self, reason: RefusedBecause) -> EventKind {
        match self.factor {
            Factor::Code => EventKind::CodeRefused { reason },
            Factor::Key(_) => EventKind::HostAuthenticatorRefused { reason },
        }
    }

    /// The charge for a refused proof.
    fn price(&self) -> u64 {
        u64::from(self.factor == Factor::Code)
    }

    fn fresh(&self, session: &Session) -> FreshFactor {
        let fresh = self.world.verifier.fresh_factor(session, &self.shown()).unwrap();
        self.world.clock.advance(STEP);
        fresh
    }
}

impl<'a> From<&'a Shown> for Presented<'a> {
    fn from(shown: &'a Shown) -> Self {
        match &shown.typed {
            Some(code) => code.into(),
            None => by_host(&shown.world, CREDENTIAL, &shown.signed).into(),
        }
    }
}

fn by_host(world: &World, credential: &[u8], signed: &[u8]) -> HostAuthenticatorVerified {
    HostAuthenticatorVerified::by_host(world.account.clone(), credential, signed)
}

/// A login in a new challenge.
fn log_in<'a>(world: &World, presented: impl Into<Presented<'a>>) -> Result<Accepted, Refusal> {
    refusal(world.verifier.present(&world.challenge(), presented, Remember::No))
}

fn step_up<'a>(
    world: &World,
    session: &Session,
    presented: impl Into<Presented<'a>>,
) -> Result<FreshFactor, Refusal> {
    refusal(world.verifier.fresh_factor(session, presented))
}

#[test]
fn a04_an_accepted_proof_is_refused_at_every_other_door() {
    for factor in FACTORS {
        for is_login in [true, false] {
            let owner = Owner::new(factor);
            let (world, shown) = (&owner.world, owner.shown());
            if is_login {
                assert_eq!(log_in(world, &shown).unwrap().authenticated.method(), owner.method());
            } else {
                assert_eq!(step_up(world, &world.session(2), &shown).unwrap().method(), owner.method());
            }
            let replayed = || {
                assert!(world.events.take().contains(&owner.refused(RefusedBecause::Replayed)), "{factor:?}");
            };
            for _ in 0..2 {
                assert_eq!(log_in(world, &shown).unwrap_err(), Refusal::NotAccepted, "{factor:?}");
                replayed();
                assert_eq!(step_up(world, &world.session(1), &shown).unwrap_err(), Refusal::NotAccepted);
                replayed();
                let again = world.verifier.reauthenticate(&world.session(1), world.password(), &shown);
                assert_eq!(refusal(again).unwrap_err(), Refusal::NotAccepted, "{factor:?}");
                world.events.take();
                world.clock.advance(STEP);
            }
            assert_eq!(charged(world).0, 6 * owner.price(), "{factor:?}");
            assert!(log_in(world, &owner.shown()).is_ok(), "the next proof was refused");
        }
    }
}

#[test]
fn a03_one_proof_presented_by_sixteen_at_once_lets_one_in() {
    for factor in FACTORS {
        let owner = Owner::new(factor);
        let (world, shown) = (&owner.world, owner.shown());
        let challenges: Vec<_> = (0..16).map(|_| world.challenge()).collect();
        let answers = at_once(16, |number| {
            if number % 2 == 0 {
                return step_up(world, &world.session(number.try_into().unwrap()), &shown).is_ok();
            }
            refusal(world.verifier.present(&challenges[number], &shown, Remember::No)).is_ok()
        });
        assert_eq!(answers.iter().filter(|is_in| **is_in).count(), 1, "{factor:?}");
    }
}

#[test]
fn g13_a_login_form_posted_twice_logs_in_once_and_says_so() {
    for factor in FACTORS {
        let owner = Owner::new(factor);
        let (world, shown, challenge) = (&owner.world, owner.shown(), owner.world.challenge());
        let present = |shown: &Shown| refusal(world.verifier.present(&challenge, shown, Remember::No));
        assert!(present(&shown).is_ok());
        let before = row(world);
        world.events.take();
        for _ in 0..2 {
            assert_eq!(present(&shown).unwrap_err(), Refusal::AlreadyDone, "{factor:?}");
            world.clock.advance(STEP);
        }
        // A proof that is presented in a completed challenge is not used up.
        let next = owner.shown();
        assert_eq!(present(&next).unwrap_err(), Refusal::AlreadyDone, "{factor:?}");
        assert_eq!((row(world), world.events.take()), (before, vec![]));
        assert!(log_in(world, &next).is_ok());
    }
}

#[test]
fn g38_a_step_up_posted_twice_is_done_once_and_says_so() {
    for factor in FACTORS {
        for (wait, told) in
            [(0, Refusal::AlreadyDone), (59, Refusal::AlreadyDone), (60, Refusal::NotAccepted)]
        {
            let owner = Owner::new(factor);
            let (world, shown, session) = (&owner.world, owner.shown(), owner.world.session(1));
            assert!(step_up(world, &session, &shown).is_ok());
            world.clock.advance(Duration::from_secs(wait));
            let before = charged(world);
            assert_eq!(step_up(world, &session, &shown).unwrap_err(), told, "{factor:?} after {wait} s");
            let again = refusal(world.verifier.reauthenticate(&session, world.password(), &shown));
            assert_eq!(again.unwrap_err(), told, "{factor:?} after {wait} s");
            let charges = if told == Refusal::AlreadyDone { 0 } else { 2 * owner.price() };
            assert_eq!(charged(world), (before.0 + charges, before.1 + charges));
            // Another proof is another form, even within the minute.
            world.clock.advance(STEP);
            assert!(step_up(world, &session, &owner.shown()).is_ok());
        }
    }
}

#[test]
fn g38_the_form_that_removed_the_authenticator_is_already_done() {
    for factor in FACTORS {
        let owner = Owner::new(factor);
        let (world, shown) = (&owner.world, owner.shown());
        let mut session = world.session(1);
        let fresh = step_up(world, &session, &shown).unwrap();
        session.continue_after(world.verifier.disable(fresh, Requirement::None).unwrap());
        assert_eq!(step_up(world, &session, &shown).unwrap_err(), Refusal::AlreadyDone, "{factor:?}");
    }
}

#[test]
fn an_accepted_proof_makes_an_event_a_session_and_a_device() {
    for factor in FACTORS {
        let owner = Owner::new(factor);
        let (world, method) = (&owner.world, owner.method());
        let challenge = world.challenge();
        world.events.take();
        let remember = Remember::ThisDevice { label: "Firefox on Linux" };
        let accepted = world.verifier.present(&challenge, &owner.shown(), remember).unwrap();
        assert!(world.events.take().contains(&EventKind::LoggedIn { method }));
        assert_eq!(accepted.recovery_codes_left, 10);
        let amr = accepted.authenticated.amr();
        assert_eq!(amr, method.amr(FirstFactor::Password));
        assert!(amr.contains(&"mfa") && accepted.authenticated.into_session().is_elevated(world.now(), STEP));

        // The device is remembered for 30 days. A session on it is elevated by a proof that is presented in it.
        world.clock.advance(days(1));
        let login = world.login_on(&accepted.device.unwrap());
        let mut session = complete(login).authenticated.into_session();
        assert_eq!(session.amr(), ["pwd"]);
        assert!(!session.is_elevated(world.now(), STEP));
        world.events.take();
        let fresh = step_up(world, &session, &owner.shown()).unwrap();
        assert_eq!(world.events.take(), [EventKind::SteppedUp { method }]);
        session.elevate(&fresh);
        assert_eq!((session.amr(), session.auth_time()), (amr, world.now()));
        assert!(session.is_elevated(world.now(), STEP));

        // The proof is also a fresh factor for changes.
        world.clock.advance(STEP);
        let mut session = world.session(1);
        let proof = world.verifier.reauthenticate(&session, world.password(), &owner.shown()).unwrap();
        session.continue_after(world.verifier.change_password(proof, || Ok::<(), ()>(())).unwrap());
        assert!(world.is_current(&session));
        world.clock.advance(STEP);
        let made = world.verifier.regenerate_recovery_codes(owner.fresh(&session)).unwrap();
        assert_eq!(texts(&made).len(), 10);
        assert_eq!(world.present(&owner.codes[0]).unwrap_err(), Refusal::NotAccepted);
    }
}

#[test]
fn g19_a_key_counts_as_the_required_factor() {
    for factor in FACTORS {
        let demanding = Policy::builder("Example").require_second_factor().build().unwrap();
        let owner = Owner::under(demanding, factor);
        let world = &owner.world;
        assert!(log_in(world, &owner.shown()).is_ok());
        world.clock.advance(STEP);
        let only = world.first_authenticator();
        let removed =
            world.verifier.remove_authenticator(owner.fresh(&world.session(1)), only, Requirement::None);
        assert_eq!(refusal(removed).unwrap_err(), Refusal::FactorRequired, "{factor:?}");
        let key = NewHostAuthenticator::new(b"another", HostAuthenticatorKind::HardwareKey);
        let fresh = owner.fresh(&world.session(1));
        assert!(world.verifier.bind_host_authenticator(fresh, key.replacing(only)).is_ok(), "{factor:?}");
        assert!(log_in(world, by_host(world, b"another", b"1")).is_ok());
        assert_eq!(
            log_in(world, &owner.shown()).err(),
            Some(match factor {
                Factor::Code => Refusal::Malformed,
                Factor::Key(_) => Refusal::NotAccepted,
            })
        );
    }
}

/// An account with an app and a passkey.
fn beside_an_app() -> (World, Phone, AuthenticatorId, Vec<String>) {
    let (world, phone, codes) = World::enrolled();
    let passkey = world.bind_passkey(&phone);
    world.events.take();
    (world, phone, passkey, codes)
}

#[test]
fn a_spent_budget_does_not_stop_a_passkey_and_it_gives_no_guess() {
    let (world, phone, ..) = beside_an_app();
    assert_eq!(exhaust(&world, phone.wrong_codes(world.now())), BUDGET);
    let before = charged(&world);
    world.events.take();
    for day in 0..40_u32 {
        let signed = world.signed_by_passkey(&day.to_string());
        assert!(log_in(&world, signed).is_ok());
        assert!(
            step_up(&world, &world.session(1), world.signed_by_passkey(&format!("{day}, again"))).is_ok()
        );
        // The passkey does not prove the clock, so it uses up no credit; it refunds nothing either.
        assert_eq!(charged(&world), before);
        let retry_at = world.verifier.status(&world.account).unwrap().retry_at;
        assert_eq!(retry_at.is_some(), day < 3, "day {day}: the wait does not count from the last code");
        world.clock.advance(days(1));
    }
    // At most 99 guesses between two accepted codes, however often the passkey is accepted in between.
    assert_eq!(exhaust(&world, phone.wrong_codes(world.now())), 10);
    for month in 0..12_u32 {
        world.clock.advance(days(31));
        assert!(log_in(&world, world.signed_by_passkey(&format!("month {month}"))).is_ok());
        let typed = phone.wrong_code(world.now());
        assert!(matches!(world.present(&typed), Err(Refusal::Locked { retry_at: None })));
    }
}

#[test]
fn a_passkey_refunds_what_was_typed_in_its_own_challenge() {
    let (world, phone, ..) = beside_an_app();
    let wrong: Vec<_> = phone.wrong_codes(world.now()).take(4).collect();
    let _ = world.present(&wrong[3]).unwrap_err();
    let challenge = world.challenge();
    for typed in &wrong[..3] {
        let _ = refusal(world.verifier.present(&challenge, typed, Remember::No)).unwrap_err();
    }
    assert_eq!(charged(&world), (4, 4));
    let signed = world.signed_by_passkey("1");
    assert!(world.verifier.present(&challenge, signed, Remember::No).is_ok());
    assert_eq!(charged(&world), (1, 1));
    assert!(step_up(&world, &world.session(1), world.signed_by_passkey("2")).is_ok());
    assert_eq!(charged(&world), (1, 1), "a step-up refunded guesses");
}

#[test]
fn an_account_with_only_a_passkey_is_asked_for_it() {
    let owner = Owner::new(Factor::Key(HostAuthenticatorKind::SoftwareKey));
    let world = &owner.world;
    let status = world.verifier.status(&world.account).unwrap();
    assert!(status.is_enabled() && status.recovery_codes_left == 10);
    assert_eq!(status.authenticators[0].kind, AuthenticatorKind::Host(HostAuthenticatorKind::SoftwareKey));
    assert_eq!(
        (status.authenticators[0].label.as_str(), status.authenticators[0].last_used),
        ("Passkey", None)
    );

    let challenge = code_required(world.login());
    let before = row(world);
    for typed in ["123456", "12345678", "123456 123456 123456 123456", "", " "] {
        let refused = refusal(world.verifier.present(&challenge, typed, Remember::No));
        assert_eq!(refused.unwrap_err(), Refusal::Malformed, "{typed:?}");
    }
    assert_eq!(row(world), before);
    // A recovery code lets the owner in; wrong ones are charged although there is no app.
    assert_eq!(world.present(NEVER_ISSUED).unwrap_err(), Refusal::NotAccepted);
    assert_eq!(charged(world), (1, 1));
    let accepted = world.present(&owner.codes[0]).unwrap();
    assert_eq!(
        (accepted.authenticated.method(), accepted.recovery_codes_left),
        (AuthMethod::RecoveryCode, 9)
    );
    // The password alone binds no additional authenticator.
    let begun = refusal(world.verifier.begin_enrollment(world.password(), "alice"));
    assert_eq!(begun.unwrap_err(), Refusal::StepUpRequired);
}

#[test]
fn a_proof_of_an_unbound_key_costs_and_writes_nothing() {
    let (world, phone, passkey, _) = beside_an_app();
    let _ = world.verifier.remove_authenticator(world.fresh(&phone), passkey, Requirement::None).unwrap();
    let before = row(&world);
    let challenge = world.challenge();
    world.events.take();
    // Never bound, or removed. The id of an app is not a credential either.
    let id = world.first_authenticator().to_string();
    let told = EventKind::HostAuthenticatorRefused { reason: RefusedBecause::Wrong };
    for credential in [b"never bound".as_slice(), PASSKEY, b"", id.as_bytes()] {
        for signed in 0..50_u8 {
            let proof = || by_host(&world, credential, &[signed]);
            let refused = refusal(world.verifier.present(&challenge, proof(), Remember::No));
            assert_eq!(refused.unwrap_err(), Refusal::NotAccepted);
            assert_eq!(step_up(&world, &world.session(1), proof()).unwrap_err(), Refusal::NotAccepted);
            assert_eq!(world.events.take(), [told.clone(), told.clone()]);
        }
    }
    assert_eq!(row(&world), before);
    assert!(refusal(world.verifier.present(&challenge, &phone.code(world.now()), Remember::No)).is_ok());
}

#[test]
fn a_proof_of_another_account_is_a_host_error_and_lets_nobody_in() {
    let (world, _, _, _) = beside_an_app();
    let bob = world.of("bob");
    // The same credential is bound to both accounts.
    let key = NewHostAuthenticator::new(PASSKEY, HostAuthenticatorKind::SoftwareKey);
    let bound = bob.verifier.bind_host_authenticator(bob.password(), key).unwrap();
    assert_ne!(bound.authenticator(), world.list()[1].id);
    let before = (row(&world), row(&bob));
    let of_bob = || bob.signed_by_passkey("1");
    let answers = [
        world.verifier.present(&world.challenge(), of_bob(), Remember::No).map(drop),
        world.verifier.fresh_factor(&world.session(1), of_bob()).map(drop),
        world.verifier.reauthenticate(&world.session(1), world.password(), of_bob()).map(drop),
    ];
    for answer in answers {
        let is_mistake = matches!(answer, Err(Error::Session(SessionError::ProofOfAnotherAccount)));
        assert!(is_mistake, "{answer:?}");
    }
    assert_eq!((row(&world), row(&bob)), before);
    assert!(log_in(&bob, of_bob()).is_ok());
}

/// Makes a challenge that is over.
type Over<'a> = &'a dyn Fn(&World, &Phone) -> ChallengeToken;

#[test]
fn a_challenge_that_is_over_refuses_proofs_without_using_them_up() {
    let exhausted = |world: &World, phone: &Phone| {
        let challenge = world.challenge();
        for typed in phone.wrong_codes(world.now()).take(5) {
            let _ = refusal(world.verifier.present(&challenge, &typed, Remember::No)).unwrap_err();
        }
        challenge
    };
    let expired = |world: &World, _: &Phone| {
        let challenge = world.challenge();
        world.clock.advance(world.verifier.policy().challenge_lifetime());
        challenge
    };
    let outdated = |world: &World, _: &Phone| {
        let challenge = world.challenge();
        let _ = world.reset_password();
        challenge
    };
    let forged = |_: &World, _: &Phone| {
        let other = crate::support::tokens::under_another_key();
        let _ = other.enroll();
        other.challenge()
    };
    let over: [(&str, Over<'_>); 4] =
        [("exhausted", &exhausted), ("expired", &expired), ("outdated", &outdated), ("forged", &forged)];
    for (name, over) in over {
        let (world, phone, ..) = beside_an_app();
        let challenge = over(&world, &phone);
        let before = row(&world);
        world.events.take();
        let presented = world.verifier.present(&challenge, world.signed_by_passkey("1"), Remember::No);
        assert_eq!(refusal(presented).unwrap_err(), Refusal::ChallengeOver, "{name}");
        let told = EventKind::HostAuthenticatorRefused { reason: RefusedBecause::NoChallenge };
        assert_eq!((row(&world), world.events.take()), (before, vec![told]), "{name}");
        assert!(log_in(&world, world.signed_by_passkey("1")).is_ok(), "{name}");
    }
}

#[test]
fn binding_a_passkey_needs_the_same_proofs_as_binding_an_app() {
    let (world, phone, _) = World::enrolled();
    let key = || NewHostAuthenticator::new(b"key", HostAuthenticatorKind::HardwareKey).label("Blue key");
    let bind = |fresh: FreshFactor| refusal(world.verifier.bind_host_authenticator(fresh, key()));
    let before = row(&world);
    let by_password = refusal(world.verifier.bind_host_authenticator(world.password(), key()));
    assert_eq!(by_password.unwrap_err(), Refusal::StepUpRequired);
    assert_eq!(row(&world), before);
    let late = world.fresh(&phone);
    world.clock.advance(world.verifier.policy().step_up_age());
    assert_eq!(bind(late).unwrap_err(), Refusal::StepUpRequired);

    let [fresh, earlier] = [world.fresh(&phone), world.fresh(&phone)];
    let (session, device) = (world.log_in(&phone).authenticated.into_session(), world.remember(&phone));
    let bound = bind(fresh).unwrap();
    assert_eq!(bound.authenticator(), AuthenticatorId::of_host(&world.account, b"key"));
    assert_eq!(world.list()[1].label, "Blue key");
    // Everything from before ends, and the same credential is bound only once.
    assert!(!world.is_current(&session));
    let _ = code_required(world.login_on(&device));
    assert_eq!(bind(earlier).unwrap_err(), Refusal::StepUpRequired);
    assert_eq!(bind(world.fresh(&phone)).unwrap_err(), Refusal::AlreadyBound);
    assert_eq!(world.list().len(), 2);
}
