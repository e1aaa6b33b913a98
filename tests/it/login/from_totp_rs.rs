//! The migration of `manual::migration`, step by step, from a system that uses totp-rs.

use core::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};

use second_factor::otp::TimeStep;
use second_factor::{
    AccountId, AdministratorReset, ChallengeToken, FreshFactor, Import, ImportedSecret, Login, Refusal,
    Remember, Requirement, Secret, Session, Totp, TotpParams,
};

use crate::support::{STEP, World, at_once, refusal};

const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/// The account's row in the old table.
#[derive(Clone)]
struct Row {
    secret: String,
    last_step: Option<u64>,
    /// The id of the moved authenticator: `Some` once the account is moved.
    moved: Option<String>,
}

/// A host with both systems.
struct Host {
    world: World,
    row: Mutex<Option<Row>>,
}

/// The next step after the password.
enum Next {
    LoggedIn(Session),
    OldCode,
    Code(ChallengeToken),
    TryAgain,
}

impl Host {
    fn new() -> Self {
        let row = Row { secret: SECRET.to_owned(), last_step: None, moved: None };
        Self { world: World::new(), row: Mutex::new(Some(row)) }
    }

    fn row(&self) -> MutexGuard<'_, Option<Row>> {
        self.row.lock().unwrap()
    }

    /// The code that the app shows.
    fn code(&self) -> String {
        let app = Totp::new(&Secret::from_base32(SECRET).unwrap(), TotpParams::default());
        app.generate(self.world.now()).expose().to_owned()
    }

    fn password(&self) -> Next {
        let proof = self.world.password();
        let proof = match &*self.row() {
            Some(Row { moved: None, .. }) => return Next::OldCode,
            Some(Row { moved: Some(_), .. }) => proof.demanding(Requirement::Enrolled),
            None => proof,
        };
        match self.world.verifier.password_verified(proof, None).unwrap() {
            Login::Complete(accepted) => Next::LoggedIn(accepted.authenticated.into_session()),
            Login::CodeRequired(challenge) => Next::Code(challenge),
            Login::EnrollmentRequired(_) => Next::TryAgain,
        }
    }

    /// Whether the old system accepts a code.
    fn accept(&self, typed: &str) -> bool {
        let secret = totp_rs::Secret::try_from_base32(SECRET).unwrap();
        let totp = totp_rs::Builder::new().with_secret(secret).build().unwrap();
        let Some(step) = totp.check(typed, self.world.now().as_secs()) else { return false };
        let mut row = self.row();
        let row = row.as_mut().unwrap();
        let is_first = row.moved.is_none() && row.last_step.is_none_or(|last| last < step);
        if is_first {
            row.last_step = Some(step);
        }
        is_first
    }

    /// Whether the system in charge accepts a code.
    fn log_in(&self, typed: &str) -> bool {
        match self.password() {
            Next::LoggedIn(session) => panic!("logged in by the password alone: {session:?}"),
            Next::OldCode => self.accept(typed),
            Next::Code(challenge) => self.world.verifier.present(&challenge, typed, Remember::No).is_ok(),
            Next::TryAgain => false,
        }
    }

    fn mark(&self) -> Row {
        let mut row = self.row();
        let row = row.as_mut().unwrap();
        row.moved.get_or_insert_default();
        row.clone()
    }

    fn move_here(&self) {
        let (row, account) = (self.mark(), self.world.account.clone());
        let secret = ImportedSecret::new(Secret::from_base32(&row.secret).unwrap()).unwrap();
        let import = Import::by_host(account, secret, TotpParams::default()).quietly();
        let import = match row.last_step {
            Some(step) => import.last_accepted(TimeStep::new(step)),
            None => import,
        };
        match refusal(self.world.verifier.import(import)) {
            Ok(_) => {
                let id = self.world.first_authenticator().to_string();
                self.row().as_mut().unwrap().moved = Some(id);
            }
            Err(refused) => assert_eq!(refused, Refusal::AlreadyBound),
        }
    }

    /// Moves the account back. Returns whether it could.
    fn move_back(&self) -> bool {
        let status = self.world.verifier.status(&self.world.account).unwrap();
        let bound: Vec<_> = status.authenticators.iter().map(|bound| bound.id.to_string()).collect();
        if self.row().as_ref().unwrap().moved.as_slice() != bound {
            return false;
        }
        // The steps of the window, and a minute for clock differences and delays.
        self.row().as_mut().unwrap().last_step = Some(self.world.now().as_secs() / 30 + 3);
        let operator = AccountId::new("operator").unwrap();
        let reset = AdministratorReset::by_host(self.world.account.clone(), &operator).unwrap();
        let _ = self.world.verifier.administrator_reset(reset).unwrap();
        self.row().as_mut().unwrap().moved = None;
        true
    }

    /// A login in the new system, and then a fresh code in its session.
    fn fresh_factor(&self) -> FreshFactor {
        let Next::Code(challenge) = self.password() else { panic!("no code was asked for") };
        let accepted = self.world.verifier.present(&challenge, &self.code(), Remember::No).unwrap();
        let session = accepted.authenticated.into_session();
        self.wait(1);
        self.world.verifier.fresh_factor(&session, &self.code()).unwrap()
    }

    fn wait(&self, steps: u32) {
        self.world.clock.advance(steps * STEP);
    }
}

#[test]
fn an_owner_who_logged_in_with_totp_rs_logs_in_after_the_move() {
    let host = Host::new();
    assert!(host.log_in(&host.code()));
    host.wait(24 * 60 * 2);
    host.move_here();
    let Next::Code(challenge) = host.password() else { panic!("no code was asked for") };
    let accepted = host.world.verifier.present(&challenge, &host.code(), Remember::No).unwrap();
    assert_eq!(accepted.authenticated.amr(), ["pwd", "otp", "mfa"]);
}

#[test]
fn a_code_of_totp_rs_is_not_accepted_again_after_the_move() {
    let host = Host::new();
    let code = host.code();
    assert!(host.log_in(&code));
    assert!(!host.log_in(&code));
    host.move_here();
    assert!(!host.log_in(&code));
    host.wait(1);
    assert!(!host.log_in(&code), "a used code was accepted again");
    assert!(host.log_in(&host.code()));
}

#[test]
fn a_code_form_from_before_the_move_accepts_nothing_after_it() {
    let host = Host::new();
    assert!(matches!(host.password(), Next::OldCode));
    host.move_here();
    assert!(!host.accept(&host.code()));
    assert!(host.log_in(&host.code()));
}

#[test]
fn in_the_middle_of_the_move_the_password_alone_is_not_enough() {
    let host = Host::new();
    host.mark();
    assert!(matches!(host.password(), Next::TryAgain));
    assert!(!host.accept(&host.code()));
    // The job runs again, twice.
    host.move_here();
    host.move_here();
    assert!(host.log_in(&host.code()));
}

#[test]
fn a_used_code_is_not_accepted_by_totp_rs_after_moving_back() {
    let host = Host::new();
    host.move_here();
    let code = host.code();
    assert!(host.log_in(&code));
    assert!(host.move_back());
    assert!(matches!(host.password(), Next::OldCode));
    assert!(!host.log_in(&code));
    host.wait(4);
    assert!(host.log_in(&host.code()));
    // Moved here again.
    let code = host.code();
    host.move_here();
    assert!(!host.log_in(&code));
    host.wait(1);
    assert!(host.log_in(&host.code()));
}

#[test]
fn an_account_with_another_authenticator_is_not_moved_back() {
    let host = Host::new();
    host.move_here();
    let fresh = host.fresh_factor();
    let begun = host.world.verifier.begin_enrollment(fresh, host.world.in_place_of_first()).unwrap();
    let app = Totp::new(begun.uri.secret(), TotpParams::default());
    let code = app.generate(host.world.now());
    let _ = host.world.verifier.confirm_enrollment(&begun.token, code.expose()).unwrap();
    assert!(!host.move_back());
    assert!(!host.log_in(&host.code()), "a replaced phone was accepted");
}

#[test]
fn the_owner_can_disable_a_factor_that_was_moved() {
    let host = Host::new();
    host.move_here();
    let fresh = host.fresh_factor();
    *host.row() = None;
    assert!(matches!(host.password(), Next::Code(_)), "no code was asked for");
    let _ = host.world.verifier.disable(fresh, Requirement::None).unwrap();
    assert!(matches!(host.password(), Next::LoggedIn(_)));
}

/// One code, many logins, and the move at the same time.
#[test]
fn of_many_logins_with_one_code_during_the_move_one_counts() {
    for _ in 0..50 {
        let host = Host::new();
        let (code, accepted) = (host.code(), AtomicUsize::new(0));
        at_once(8, |n| match n {
            0 => host.move_here(),
            _ => {
                accepted.fetch_add(usize::from(host.log_in(&code)), Ordering::SeqCst);
            }
        });
        let later = usize::from(host.log_in(&code));
        assert!(accepted.into_inner() + later == 1);
    }
}
