//! Format 2 is written while an instance still runs that cannot read it.

use std::sync::Arc;

use crate::instance::{In, Instance, No, Step};
use crate::owner::{ACCOUNT, Owner, Pair, refused};
use crate::table::Table;
use crate::{next_version, this_version};

/// An owner, an instance of this version, and one of the next that writes format 2.
fn wrong_order() -> (Owner, Box<dyn Instance>, Box<dyn Instance>) {
    let table = Table::new();
    let old = || Box::new(this_version::Service::writing(1, &table, ACCOUNT));
    let owner = Owner::enrolled(&Pair::new(old(), old()), &table);
    let new = next_version::Service::writing(2, &table, ACCOUNT);
    (owner, old(), Box::new(new))
}

/// The error of this version for a row or a session in format 2.
const NEWER: &str = "format 2 is newer than 1";

#[track_caller]
fn is_newer_record<T: core::fmt::Debug>(answer: Result<T, No>) {
    assert!(matches!(&answer, Err(No::Failed(why)) if why.contains(NEWER)), "{answer:?}");
}

#[track_caller]
fn is_unreadable<T: core::fmt::Debug>(answer: Result<T, No>, because: &str) {
    assert!(matches!(&answer, Err(No::Unreadable(why)) if why.contains(because)), "{answer:?}");
}

/// Runs `requests` and asserts that none of them writes.
fn writes_nothing(table: &Arc<Table>, requests: impl FnOnce()) {
    let (row, writes) = (table.row(ACCOUNT), table.writes());
    requests();
    assert_eq!(table.row(ACCOUNT), row, "the row was overwritten");
    assert_eq!(table.writes(), writes, "something was written");
}

const TOKEN: &str = "not a token of this kind";

#[test]
fn o04_an_older_version_refuses_a_newer_record_and_keeps_it() {
    let (mut owner, old, new) = wrong_order();
    let table = owner.table.clone();
    let from_before = (owner.session.clone(), owner.cookie.clone(), owner.challenge.clone());
    let (before_session, before_cookie, before_challenge) = from_before;
    let (_, before_enrollment) = owner.enrollment.clone();
    // The newer instance serves a complete login, and so writes the row.
    let alone = Pair::new(Box::new(next_version::Service::writing(2, &table, ACCOUNT)), new);
    owner.leave_things_half_done(&alone);
    assert!(table.text(ACCOUNT).starts_with(r#"{"format":2,"#));

    let code = owner.code();
    writes_nothing(&table, || {
        for cookie in [None, Some(&*before_cookie), Some(&*owner.cookie)] {
            is_newer_record(old.log_in(&owner.password, cookie));
        }
        is_newer_record(old.present(&before_challenge, &code, true));
        is_unreadable(old.present(&owner.challenge, &code, true), TOKEN);
        is_newer_record(old.present(&before_challenge, &owner.recovery_codes[0], false));
        is_newer_record(old.is_current(&before_session));
        is_unreadable(old.is_current(&owner.session), NEWER);
        is_newer_record(old.step_up(&before_session, &code));
        is_unreadable(old.step_up(&owner.session, &code), NEWER);
        is_newer_record(old.begin_enrollment(&before_session, &owner.password, &code));
        is_newer_record(old.pending_enrollment(&before_enrollment));
        is_newer_record(old.confirm_enrollment(&before_enrollment, &code));
        is_unreadable(old.confirm_enrollment(&owner.enrollment.1, &code), TOKEN);
        let mut never = || panic!("the password change was begun");
        let typed = (owner.password.as_str(), code.as_str());
        is_newer_record(old.change_password(&before_session, typed, "new", &mut never));
        for (call, answer) in old.operate() {
            assert!(matches!(&answer, Err(No::Failed(why)) if why.contains(NEWER)), "{call}: {answer:?}");
        }
    });

    // Nothing was lost: the code that the older version refused is still valid, like everything else.
    let entered = alone.next().present(&owner.challenge, &code, false).unwrap();
    assert_eq!(alone.next().is_current(&entered.session), Ok(true));
    assert_eq!(alone.next().is_current(&before_session), Ok(true));
    assert!(matches!(alone.next().log_in(&owner.password, Some(&owner.cookie)), Ok(Step::In(_))));
}

/// Calls that write no row also hand out tokens and sessions: a login up to its code, a device that logs in twice within the
/// grace period, an enrollment that is not confirmed.
#[test]
fn o04_an_older_version_asks_again_if_a_token_or_session_is_newer() {
    let (mut owner, old, new) = wrong_order();
    let table = owner.table.clone();
    let new = Pair::new(Box::new(next_version::Service::writing(2, &table, ACCOUNT)), new);
    // The older instance has just remembered a device. The newer one returns the same token in its own format.
    let Ok(Step::Code(challenge)) = old.log_in(&owner.password, None) else { panic!("a code is asked for") };
    let cookie = old.present(&challenge, &owner.code(), true).unwrap().cookie.unwrap();
    let answer = new.next().log_in(&owner.password, Some(&cookie));
    let Ok(Step::In(In { session, cookie: Some(newer_cookie) })) = answer else { panic!("{answer:?}") };
    let challenge = owner.open(&new);
    assert!(table.text(ACCOUNT).starts_with(r#"{"format":1,"#));

    let code = owner.code();
    writes_nothing(&table, || {
        is_unreadable(old.present(&challenge, &code, true), TOKEN);
        is_unreadable(old.is_current(&session), NEWER);
        is_unreadable(old.step_up(&session, &code), NEWER);
        is_unreadable(old.begin_enrollment(&session, &owner.password, &code), NEWER);
        let on_the_device = old.log_in(&owner.password, Some(&newer_cookie));
        assert!(matches!(on_the_device, Ok(Step::Code(_))), "asked for a code: {on_the_device:?}");
    });

    // A new login succeeds at the older instance, and the newer one still remembers the device.
    let Ok(Step::Code(again)) = old.log_in(&owner.password, None) else { panic!("a code is asked for") };
    let _ = old.present(&again, &code, false).unwrap();
    assert_eq!(refused(new.next().present(&challenge, &code, false)), "NotAccepted");
    assert!(matches!(new.next().log_in(&owner.password, Some(&newer_cookie)), Ok(Step::In(_))));
}
