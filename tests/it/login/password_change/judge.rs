//! What must hold after each step and at the end.

use core::time::Duration;

use second_factor::enrollment::ImportedSecret;
use second_factor::session::{
    AdministratorReset, HostAuthenticatorKind, Import, NewHostAuthenticator, Presented, Session,
};
use second_factor::verifier::{ChangePasswordError, Error};
use second_factor::{AccountId, Login, Refusal, Remember, Secret, TotpParams, UnixTime};
use serde_json::Value;

use crate::support::PASSKEY;

use super::actors::{self, Beside, Change};
use super::scene::{Bound, Host, Password, Proof, Scene};
use crate::login::schedule::finish;

/// The index of the change among the actors.
const CHANGE: usize = 0;

fn is_away(mark: &Value, now: UnixTime) -> bool {
    let (at, now) = (mark["at"].as_u64().unwrap(), now.as_secs());
    if now >= at { now - at >= 60 } else { at - now > 60 }
}

/// Checks after a step of this actor.
pub fn step(scene: &Scene, actor: usize, told: &str) {
    let record = scene.record();
    let after = record["password_change"].clone();
    let before = scene.mark.replace(after.clone());
    if actor == CHANGE && before.is_null() && !after.is_null() {
        *scene.own_mark.borrow_mut() = after.clone();
    }
    if !before.is_null() && before != after {
        assert!(after.is_null(), "a mark was overwritten: {told}");
        let is_own = actor == CHANGE && before == *scene.own_mark.borrow();
        let is_anothers_own = actor != CHANGE && before != *scene.own_mark.borrow();
        assert!(
            is_own || is_anothers_own || is_away(&before, scene.now()),
            "actor {actor} removed the mark: {told}"
        );
    }
    if scene.host == Host::Bounded {
        no_session_of_another_password(scene, told);
    }
}

/// No session is current that began with another password than the present one.
fn no_session_of_another_password(scene: &Scene, told: &str) {
    let in_force = scene.in_force();
    let issued = scene.issued.borrow();
    let old = [&scene.base.own, &scene.base.other].map(|session| (Password::Old, session));
    let sessions = issued.sessions.iter().map(|(typed, session)| (*typed, session)).chain(old);
    for (typed, session) in sessions.filter(|(typed, _)| *typed != in_force) {
        assert!(
            !scene.is_current(session),
            "{in_force:?} is the password, but a session of {typed:?} is current: {told}"
        );
    }
}

/// Checks after all actors have finished.
pub fn at_the_end(scene: &Scene, (proof, change, beside): (Proof, Change, Beside), told: &str) {
    no_session_of_another_password(scene, told);
    let is_written = scene.written_at.get().is_some();
    let mut continued: Option<Session> = None;
    match scene.changed.borrow_mut().take() {
        None => assert!(matches!(change, Change::DroppedAfter(_)), "{told}"),
        Some(Ok(others)) => {
            assert!(is_written, "{told}");
            let mut session = scene.base.own.clone();
            session.continue_after(others);
            continued = Some(session);
        }
        Some(Err(ChangePasswordError::NotStarted(_))) => assert!(!is_written, "{told}"),
        Some(Err(ChangePasswordError::NotWritten(_))) => {
            assert!(!is_written || change == Change::WriteFailsAfterwards, "{told}");
        }
        Some(Err(ChangePasswordError::Unfinished(_))) => assert!(is_written, "{told}"),
        Some(Err(other)) => panic!("{other:?}: {told}"),
    }
    // The session continues, unless another change or an enrollment followed.
    if let Some(session) = continued.filter(|_| beside != Beside::AnotherChange) {
        let goes_on = proof == Proof::Reauthenticated && scene.issued.borrow().bound.is_empty();
        assert_eq!(
            scene.is_current(&session),
            goes_on,
            "whether the session that made the change is current: {told}"
        );
    }
    what_is_left_is_worth_nothing(scene, told);
    the_owner_gets_in(scene, told);
    no_session_of_another_password(scene, told);
}

/// Challenges, devices, enrollments and fresh factors of another password than the present one are void.
fn what_is_left_is_worth_nothing(scene: &Scene, told: &str) {
    let in_force = scene.in_force();
    if in_force == Password::Old {
        return;
    }
    let mut issued = scene.issued.borrow_mut();
    for fresh in issued.fresh.drain(..) {
        let spent = finish(scene.at_once.regenerate_recovery_codes(fresh)).map(drop);
        assert!(matches!(spent, Err(Error::Refused(Refusal::StepUpRequired))), "{spent:?}: {told}");
    }
    assert!(issued.bound.iter().all(|(typed, _)| *typed == in_force), "bound with another password: {told}");
    // The code is right, and its step is unused.
    scene.clock.advance(Duration::from_secs(180));
    let code = scene.base.phone.code(scene.now());
    let older = issued.challenges.iter().filter(|(typed, _)| *typed != in_force).map(|(_, token)| token);
    for challenge in older.chain(&scene.base.challenge) {
        let accepted = finish(scene.at_once.present(challenge, &code, Remember::No)).map(drop);
        assert!(matches!(accepted, Err(Error::Refused(Refusal::ChallengeOver))), "{accepted:?}: {told}");
    }
    let (token, _) = &scene.base.enrollment;
    let shown = finish(scene.at_once.pending_enrollment(token)).map(drop);
    assert!(matches!(shown, Err(Error::Refused(Refusal::EnrollmentOver))), "{shown:?}: {told}");
    let status = finish(scene.at_once.status(&scene.account)).unwrap();
    assert_eq!(status.devices, [], "{told}");
    scene.clock.back(Duration::from_secs(180));
}

/// The owner gets in with the present password, within a minute.
fn the_owner_gets_in(scene: &Scene, told: &str) {
    let mut login = scene.log_in();
    if login.is_err() {
        scene.clock.advance(Duration::from_secs(60));
        login = scene.log_in();
        if login.is_err() {
            // This login found the mark and removed it.
            login = scene.log_in();
        }
    }
    match login {
        Ok(Login::Complete(accepted)) => {
            assert!(scene.is_current(&accepted.authenticated.into_session()), "{told}");
        }
        Ok(Login::CodeRequired(challenge)) => {
            scene.clock.advance(Duration::from_secs(180));
            let issued = scene.issued.borrow();
            let code = match issued.bound.last() {
                None => Some(scene.base.phone.code(scene.now())),
                Some((_, Bound::Phone(phone))) => Some(phone.code(scene.now())),
                Some((_, Bound::Passkey)) => None,
            };
            let presented = code.as_ref().map_or_else(|| scene.signed(b"at the end").into(), Presented::from);
            let accepted = finish(scene.at_once.present(&challenge, presented, Remember::No));
            let session =
                accepted.unwrap_or_else(|error| panic!("{error:?}: {told}")).authenticated.into_session();
            assert!(scene.is_current(&session), "{told}");
        }
        other => panic!("shut out: {other:?}: {told}"),
    }
}

fn crash(scene: &Scene) {
    finish(actors::changes(scene, Proof::Reset, Change::DroppedAfter(2)));
    assert!(!scene.record()["password_change"].is_null());
    *scene.mark.borrow_mut() = scene.record()["password_change"].clone();
}

/// A login at each stop, each so many seconds from the mark.
pub fn mark_under_a_clock(scene: &Scene, stops: [i64; 3]) {
    crash(scene);
    let mut is_marked = true;
    for stop in stops {
        let at = scene.mark.borrow()["at"].as_u64().unwrap();
        scene.clock.set(UnixTime::from_secs(at.saturating_add_signed(stop)));
        let login = scene.log_in();
        if is_marked {
            assert_eq!(login.unwrap_err(), Refusal::Retry, "{stops:?}");
            is_marked = (-60..60).contains(&stop);
            assert_eq!(scene.record()["password_change"].is_null(), !is_marked, "{stops:?} at {stop}");
            assert!(!scene.is_current(&scene.base.own) && !scene.is_current(&scene.base.other));
        } else {
            let _ = login.unwrap_or_else(|refusal| panic!("{refusal:?}: {stops:?} at {stop}"));
        }
    }
    scene.clock.set(scene.base.now.saturating_add(Duration::from_secs(3 * 3_600)));
    the_owner_gets_in(scene, "after the stops");
}

/// The calls that remove a mark that is this many seconds away.
pub fn who_ends_a_mark(has_factor: bool, away: i64) -> Vec<&'static str> {
    type Call = fn(&Scene) -> Option<Refusal>;
    let calls: [(&'static str, Call); 20] = [
        ("check_password", |scene| {
            let _ = scene.password();
            Some(Refusal::Retry)
        }),
        ("password_verified", |scene| scene.log_in().err()),
        ("present", |scene| {
            let challenge = scene.base.challenge.as_ref()?;
            let code = scene.base.phone.code(scene.now());
            told(finish(scene.at_once.present(challenge, &code, Remember::No)))
        }),
        ("fresh_factor", |scene| {
            let code = scene.base.phone.code(scene.now());
            told(finish(scene.at_once.fresh_factor(&scene.base.own, &code)))
        }),
        ("fresh_factor in a session of the present epoch", |scene| {
            let code = scene.base.phone.code(scene.now());
            told(finish(scene.at_once.fresh_factor(&present_session(scene), &code)))
        }),
        ("reauthenticate", |scene| {
            let code = scene.base.phone.code(scene.now());
            let session = present_session(scene);
            told(finish(scene.at_once.reauthenticate(&session, scene.password(), &code)))
        }),
        ("begin_enrollment", |scene| told(finish(scene.at_once.begin_enrollment(scene.password(), "alice")))),
        ("bind_host_authenticator", |scene| {
            let new = NewHostAuthenticator::new(PASSKEY, HostAuthenticatorKind::SoftwareKey);
            told(finish(scene.at_once.bind_host_authenticator(scene.password(), new)))
        }),
        ("present, a passkey's proof", |scene| {
            let challenge = scene.base.challenge.as_ref()?;
            told(finish(scene.at_once.present(
                challenge,
                scene.signed(b"while a mark is there"),
                Remember::No,
            )))
        }),
        ("try_old_recovery_code", |scene| {
            let challenge = scene.base.challenge.as_ref()?;
            told(finish(scene.at_once.try_old_recovery_code(challenge)))
        }),
        ("pending_enrollment", |scene| {
            told(finish(scene.at_once.pending_enrollment(&scene.base.enrollment.0)))
        }),
        ("confirm_enrollment", |scene| {
            let (token, phone) = &scene.base.enrollment;
            told(finish(scene.at_once.confirm_enrollment(token, &phone.code(scene.now()))))
        }),
        ("change_password", |scene| {
            let write = async || -> Result<(), &str> { panic!("the change was begun") };
            match finish(scene.at_once.change_password(scene.reset(), write)) {
                Err(ChangePasswordError::NotStarted(error)) => error.refusal(),
                other => panic!("{other:?}"),
            }
        }),
        ("end_all_sessions", |scene| told(finish(scene.at_once.end_all_sessions(&present_session(scene))))),
        ("import", |scene| {
            let secret = ImportedSecret::new(Secret::new(&[0x5a; 20]).unwrap()).unwrap();
            let import = Import::by_host(scene.account.clone(), secret, TotpParams::default());
            told(finish(scene.at_once.import(import)))
        }),
        ("import, quietly", |scene| {
            let secret = ImportedSecret::new(Secret::new(&[0x5a; 20]).unwrap()).unwrap();
            let import = Import::by_host(scene.account.clone(), secret, TotpParams::default());
            told(finish(scene.at_once.import(import.quietly())))
        }),
        ("administrator_reset", |scene| {
            told(finish(scene.at_once.administrator_reset(administrator(scene))))
        }),
        ("close_account", |scene| told(finish(scene.at_once.close_account(administrator(scene))))),
        ("forget_all_devices", |scene| {
            assert_eq!(finish(scene.at_once.forget_all_devices(&scene.account)).unwrap(), 0);
            Some(Refusal::Retry)
        }),
        ("is_current", |scene| {
            assert!(!scene.is_current(&scene.base.own));
            Some(Refusal::Retry)
        }),
    ];
    let mut ended = vec![];
    for (name, call) in calls {
        let scene = Scene::new(has_factor, Host::Bounded);
        crash(&scene);
        scene.clock.set(UnixTime::from_secs(scene.now().as_secs().saturating_add_signed(away)));
        let before = scene.record();
        let refusal = call(&scene);
        assert!(
            refusal.is_some() || scene.base.challenge.is_none(),
            "{name} succeeded {away} s from the mark"
        );
        let after = scene.record();
        if after["password_change"].is_null() {
            assert_eq!(refusal, Some(Refusal::Retry), "{name}");
            assert_ne!(before["epoch"], after["epoch"], "{name}");
            ended.push(name);
        } else {
            assert_eq!(before, after, "{name} wrote {away} s from the mark");
        }
    }
    ended
}

/// A session of the present epoch. Nobody has one in reality: the change has ended all sessions.
fn present_session(scene: &Scene) -> Session {
    let mut row = serde_json::to_value(&scene.base.other).unwrap();
    row["epoch"] = scene.record()["epoch"].clone();
    serde_json::from_value(row).unwrap()
}

fn administrator(scene: &Scene) -> AdministratorReset {
    let administrator = AccountId::new("administrator").unwrap();
    AdministratorReset::by_host(scene.account.clone(), &administrator).unwrap()
}

fn told<T: core::fmt::Debug, E: core::fmt::Debug>(result: Result<T, Error<E>>) -> Option<Refusal> {
    result.err().map(|error| error.refusal().unwrap_or_else(|| panic!("{error:?}")))
}
