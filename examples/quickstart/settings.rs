//! What an account's page offers to whoever is logged in.

use second_factor::{
    AuthenticatorInfo, DeviceInfo, EndOtherSessions, Error, FactorStatus, FreshFactor, Refusal,
};

use crate::accounts;
use crate::flow::{until_accepted, verify_password};
use crate::host::{Host, Session};
use crate::stop::Stop;
use crate::{terminal, words};

/// Every request of a session calls this first: the password or the second factor may have been changed
/// elsewhere, which ends the session.
pub(crate) fn session(host: &mut Host) -> Result<Session, Stop> {
    let session = host.session().ok_or(Stop::LoggedOut)?;
    if host.verifier.is_current(&session.login)? {
        return Ok(session);
    }
    host.end_session();
    Err(Stop::SessionEnded)
}

pub(crate) fn status(host: &mut Host) -> Result<FactorStatus, Stop> {
    let login = session(host)?.login;
    Ok(host.verifier.status(login.account())?)
}

/// A fresh code, or recovery code, for one sensitive step.
pub(crate) fn step_up(host: &mut Host) -> Result<FreshFactor, Stop> {
    let login = session(host)?.login;
    // Checked before a code is asked for, so that somebody without a second factor is told so.
    if !host.verifier.status(login.account())?.is_enabled() {
        return Err(Error::Refused(Refusal::NoAuthenticator).into());
    }
    let fresh = until_accepted(host, FRESH_CODE, |verifier, typed| verifier.fresh_factor(&login, typed))?;
    if let Some(mut session) = host.session() {
        session.login.elevate(&fresh);
        host.start_session(session);
    }
    Ok(fresh)
}

const FRESH_CODE: &str = "a fresh code (six digits, or a recovery code): ";

pub(crate) fn disable(host: &mut Host) -> Result<(), Stop> {
    let fresh = step_up(host)?;
    let others = host.verifier.disable(fresh, host.requirement)?;
    go_on(host, others);
    terminal::say(words::DISABLED);
    Ok(())
}

/// Removing the last one switches two-factor authentication off, so it is refused while a second factor is
/// demanded.
pub(crate) fn remove(host: &mut Host, removed: &AuthenticatorInfo) -> Result<(), Stop> {
    let fresh = step_up(host)?;
    let others = host.verifier.remove_authenticator(fresh, removed.id, host.requirement)?;
    go_on(host, others);
    terminal::say(words::removed(&status(host)?.authenticators));
    Ok(())
}

pub(crate) fn new_recovery_codes(host: &mut Host) -> Result<(), Stop> {
    let fresh = step_up(host)?;
    let codes = host.verifier.regenerate_recovery_codes(fresh)?;
    terminal::say(words::recovery_codes(Some(&codes)));
    Ok(())
}

/// Asks for the old password, for a fresh code if there is a second factor, and for the new password.
pub(crate) fn change_password(host: &mut Host) -> Result<(), Stop> {
    let Session { user, login } = session(host)?;
    let (password, old) = verify_password(host, &user, "old password: ")?;
    let is_enabled = host.verifier.status(login.account())?.is_enabled();
    let code = if is_enabled { host.ask_code(FRESH_CODE)? } else { String::new() };
    let proof = host.verifier.reauthenticate(&login, password, &code)?;
    let new = accounts::hash(&terminal::ask_new_password("new password: ")?)?;
    // While this runs, nobody can log in with the old password.
    let others = host.verifier.change_password(proof, || host.file.replace_hash(&user, &old, new))?;
    go_on(host, others);
    terminal::say(words::PASSWORD_CHANGED);
    Ok(())
}

pub(crate) fn forget(host: &mut Host, devices: &[DeviceInfo]) -> Result<(), Stop> {
    let login = session(host)?.login;
    for device in devices {
        host.verifier.forget_device(login.account(), device.id)?;
    }
    Ok(())
}

/// The session that made the change goes on in the new epoch; the others of the account are over.
fn go_on(host: &mut Host, others: EndOtherSessions) {
    if let Some(mut session) = host.session() {
        host.end_all_sessions(others.account());
        session.login.continue_after(others);
        host.start_session(session);
    }
}
