//! The second factor of this service: login and enrollment. What an account's page offers is in
//! `settings.rs`. No other file decides anything about it; the others are what a service already has:
//! accounts, cookies, sessions.

use std::sync::Arc;

use second_factor::{
    Accepted, AuditEvent, AuthenticatorInfo, BlockingVerifier, ChallengeToken, DeviceToken, EnrollmentProof,
    Error, KeyRing, Login, NewAuthenticator, OsEntropy, PasswordVerified, Policy, PolicyError, QrCode,
    Refusal, Remember, SealingKey,
};

use crate::clock::PretendClock;
use crate::host::{Host, Session};
use crate::json_file::{FileError, JsonFile};
use crate::stop::Stop;
use crate::{menu, security_log, settings, terminal, words};

pub(crate) type Verifier = BlockingVerifier<Arc<JsonFile>>;

/// One verifier for the whole service. With the real clock it is `BlockingVerifier::new(file, policy, ring)`.
pub(crate) fn open(
    file: &Arc<JsonFile>,
    clock: &Arc<PretendClock>,
    key: SealingKey,
) -> Result<Verifier, PolicyError> {
    let (policy, ring) = (Policy::new("Quickstart")?, KeyRing::new(1, key));
    let log = file.beside(".log");
    Ok(BlockingVerifier::with_sources(file.clone(), policy, ring, clock.clone(), OsEntropy)
        .with_events(move |event: &AuditEvent| security_log::note(&log, event)))
}

/// The only place that says that a password was right: it compares the hash, which is read after the check
/// began. Returns that hash too.
pub(crate) fn verify_password(
    host: &Host,
    user: &str,
    prompt: &str,
) -> Result<(PasswordVerified, String), Stop> {
    let password = terminal::ask_password(prompt)?;
    let check = host.verifier.check_password(&host.file.account(user)?);
    let hash = host.file.verify_password(user, &password)?.ok_or(Stop::WrongPassword)?;
    Ok((PasswordVerified::by_host(check), hash))
}

/// The password, then whatever the account asks for on this device.
pub(crate) fn log_in(host: &mut Host, user: &str) -> Result<(), Stop> {
    let (proof, _) = verify_password(host, user, "password: ")?;
    let cookie = host.cookie(&DeviceToken::cookie_name(proof.account(), host.verifier.policy()))?;
    // The service decides whether a second factor is demanded of this account.
    let proof = proof.demanding(host.requirement);
    match host.verifier.password_verified(proof, cookie.as_deref())? {
        Login::Complete(accepted) => start_session(host, user, accepted),
        Login::CodeRequired(challenge) => {
            host.end_session();
            let accepted = present(host, &challenge)?;
            start_session(host, user, accepted)
        }
        // A second factor is demanded and there is none, so the password alone logs nobody in.
        Login::EnrollmentRequired(proof) => {
            terminal::say(words::ENROLLMENT_REQUIRED);
            enroll(host, proof, NewAuthenticator::app(user))
        }
    }
}

fn present(host: &mut Host, challenge: &ChallengeToken) -> Result<Accepted, Stop> {
    let device = host.device.clone();
    let tick = terminal::yes(&format!("remember {device}, so that it needs no code for 30 days? [y/N] "))?;
    let remember = if tick { Remember::ThisDevice { label: &device } } else { Remember::No };
    until_accepted(host, "code (six digits, or a recovery code): ", |verifier, typed| {
        verifier.present(challenge, typed, remember)
    })
}

fn start_session(host: &mut Host, user: &str, accepted: Accepted) -> Result<(), Stop> {
    let Accepted { authenticated, device, recovery_codes_left, enroll_by, .. } = accepted;
    if let Some(token) = device {
        let name = DeviceToken::cookie_name(token.account(), host.verifier.policy());
        host.set_cookie(&name, token.expose())?;
    }
    terminal::say(words::logged_in(user, &host.device, authenticated.method(), recovery_codes_left));
    if let Some(time) = enroll_by {
        terminal::say(words::enroll_by(time));
    }
    host.start_session(Session { user: user.into(), login: authenticated.into_session() });
    Ok(())
}

/// "Enable two-factor authentication": the first authenticator needs the password again; another one needs a
/// fresh code, and is added or, if there is no room, replaces one.
pub(crate) fn enable(host: &mut Host, label: &str) -> Result<(), Stop> {
    let Session { user, login } = settings::session(host)?;
    let new = NewAuthenticator::app(&user).label(label);
    let bound = host.verifier.status(login.account())?.authenticators;
    if bound.is_empty() {
        let (password, _) = verify_password(host, &user, "password again: ")?;
        return enroll(host, password, new);
    }
    // Checked before a code is asked for, which would be used up.
    if bound.len() >= host.verifier.policy().authenticators() {
        terminal::say(words::NO_ROOM);
        let replaced = menu::choose("", &bound)?;
        return replace(host, replaced, label);
    }
    let fresh = settings::step_up(host)?;
    enroll(host, fresh, new)
}

/// Replaces an authenticator. The new one gets the old one's name unless it is given another.
pub(crate) fn replace(host: &mut Host, replaced: &AuthenticatorInfo, label: &str) -> Result<(), Stop> {
    let user = settings::session(host)?.user;
    let label = if label.is_empty() { &replaced.label } else { label };
    let fresh = settings::step_up(host)?;
    enroll(host, fresh, NewAuthenticator::app(&user).label(label).replacing(replaced.id))
}

fn enroll(host: &mut Host, proof: impl Into<EnrollmentProof>, new: NewAuthenticator<'_>) -> Result<(), Stop> {
    let begun = host.verifier.begin_enrollment(proof, new)?;
    let (qr, key) = (QrCode::new(&begun.uri)?, begun.uri.secret().to_base32());
    terminal::say(words::scan(qr.terminal().expose(), key.expose()));
    let confirmed = until_accepted(host, "code (six digits): ", |verifier, typed| {
        verifier.confirm_enrollment(&begun.token, typed)
    })?;
    // An additional authenticator brings no new codes: the owner has some.
    let (recovery_codes, end_sessions) = confirmed.into_parts();
    terminal::say(words::recovery_codes(recovery_codes.as_ref()));
    host.end_all_sessions(end_sessions.account());
    terminal::say(words::ENABLED);
    Ok(())
}

/// Asks for codes until one is accepted, or asking again is useless.
pub(crate) fn until_accepted<T>(
    host: &Host,
    prompt: &str,
    present: impl Fn(&Verifier, &str) -> Result<T, Error<FileError>>,
) -> Result<T, Stop> {
    loop {
        match present(&host.verifier, &host.ask_code(prompt)?) {
            Err(Error::Refused(
                refusal @ (Refusal::NotAccepted
                | Refusal::Malformed
                | Refusal::ClockOff(_)
                | Refusal::Locked { .. }),
            )) => {
                terminal::say(words::refusal(refusal, host));
            }
            outcome => return Ok(outcome?),
        }
    }
}
