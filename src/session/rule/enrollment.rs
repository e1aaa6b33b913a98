//! Binding an authenticator: an app by its first code, a host-verified one on the host's word.

use zeroize::Zeroizing;

use super::new_authenticator::{NewAuthenticator, NewHostAuthenticator};
use super::{Context, Draft, Entropy, Stop, require};
use crate::enrollment::{EnrollmentError, KeyUri, RecoveryCodes};
use crate::otp::{Algorithm, Code, Secret, Totp, TotpParams, Verdict};
use crate::session::record::{App, Authenticator, GuessBudget, Host, Prover};
use crate::session::token::{EnrollmentClaims, Place};
use crate::session::{
    AuthenticatorId, Binding, EndAllSessions, EnrollmentProof, EnrollmentToken, EventKind, ForgottenBecause,
    Refusal, RemovedBy, SessionError,
};
use crate::time::{UnixTime, is_alive};

/// An enrollment that was begun: show the QR code, ask for a code.
#[derive(Debug)]
#[non_exhaustive]
#[must_use = "show the secret, or nobody can confirm"]
pub struct EnrollmentBegun {
    /// Confirms the enrollment. Keep it in the session that began the enrollment.
    pub token: EnrollmentToken,
    /// The key URI, to show as a QR code (`QrCode::new`) and as a setup key (`secret().to_base32().grouped()`). An app on the
    /// same phone takes its [text](KeyUri::to_uri) as a link.
    pub uri: KeyUri,
    /// When the enrollment is over unless it was confirmed.
    pub expires_at: UnixTime,
}

/// An authenticator is bound.
#[derive(Debug)]
#[must_use = "show the recovery codes, they cannot be shown again; and end all sessions"]
pub struct EnrollmentConfirmed {
    authenticator: AuthenticatorId,
    recovery_codes: Option<RecoveryCodes>,
    end_sessions: EndAllSessions,
}

impl EnrollmentConfirmed {
    /// The id of the authenticator that was bound.
    pub fn authenticator(&self) -> AuthenticatorId {
        self.authenticator
    }

    /// New recovery codes, to be shown once, and the obligation to end all sessions: the user logs in again,
    /// now with a code. They come as one pair, so that neither is overlooked.
    ///
    /// Codes are made for the first authenticator, for one that replaces another, and if no codes were left.
    /// When an authenticator is added beside others, the owner otherwise keeps their codes.
    pub fn into_parts(self) -> (Option<RecoveryCodes>, EndAllSessions) {
        (self.recovery_codes, self.end_sessions)
    }
}

/// Begins an enrollment: makes a secret and hands it out sealed in a token. Nothing is stored before it is confirmed,
/// and an authenticator that is to be replaced stays until then.
pub(crate) fn begin_enrollment(
    draft: &mut Draft<'_>,
    proof: &EnrollmentProof,
    new: &NewAuthenticator<'_>,
) -> Result<EnrollmentBegun, Stop> {
    let Context { now, policy, .. } = *draft.context;
    let place = permitted(draft, proof, new.replacing)?;
    let secret = draw_secret(&mut draft.entropy, policy.totp().algorithm())?;
    let issuer = new.issuer.unwrap_or(policy.issuer());
    // This refuses names that cannot be enrolled.
    let uri = key_uri(&secret, policy.totp(), issuer, new.account_name)?;
    let id = AuthenticatorId(draft.entropy.take()?);
    let claims = EnrollmentClaims {
        epoch: draft.record.epoch,
        begun_at: now,
        id,
        secret: draft.seal(&id, &secret, policy.totp())?,
        label: new.label_or_default(),
        issuer: issuer.into(),
        account_name: new.account_name.into(),
        place,
        basis: proof.basis(),
    };
    let token = EnrollmentToken(draft.sign(claims));
    let expires_at = now.saturating_add(policy.enrollment_lifetime());
    draft.event(EventKind::EnrollmentBegun);
    Ok(EnrollmentBegun { token, uri, expires_at })
}

/// The key URI of an unconfirmed enrollment again, for a page that is reloaded. Once it is confirmed, no call
/// returns the secret.
pub(crate) fn pending_enrollment(draft: &mut Draft<'_>, token: &EnrollmentToken) -> Result<KeyUri, Stop> {
    let claims = living(draft, token)?;
    let secret = claims.secret.open(&draft.record.account, &claims.id, draft.context.keys.seal())?;
    Ok(key_uri(&secret, claims.secret.params, &claims.issuer, &claims.account_name)?)
}

/// Confirms an enrollment with a code from the new secret: binds the authenticator, uses up the code's step,
/// makes recovery codes if needed, and ends everything from before by a new epoch.
pub(crate) fn confirm_enrollment(
    draft: &mut Draft<'_>,
    token: &EnrollmentToken,
    code: &str,
) -> Result<EnrollmentConfirmed, Stop> {
    let Context { now, policy, keys, .. } = *draft.context;
    let claims = living(draft, token)?;
    let params = claims.secret.params;
    let code = Code::parse(code, params.digits()).map_err(|_| Refusal::Malformed)?;
    let secret = claims.secret.open(&draft.record.account, &claims.id, keys.seal())?;
    let totp = Totp::new(&secret, params);
    let Verdict::Accepted(step) = totp.verify(&code, now, policy.window(), None) else {
        draft.event(EventKind::EnrollmentRefused);
        // Somebody who has the secret learns nothing new from it, and the owner learns what to fix.
        let offset = totp.clock_offset(&code, now);
        return Err(offset.map_or(Refusal::NotAccepted, |(_, offset)| Refusal::ClockOff(offset)).into());
    };
    require(!is_bound(draft, &secret), Refusal::AlreadyBound)?;
    let authenticator = Authenticator {
        id: claims.id,
        label: claims.label.clone(),
        bound_at: now,
        last_used: Some(now),
        prover: Prover::App(App { secret: claims.secret.clone(), last_accepted: Some(step) }),
    };
    bind_and_confirm(draft, authenticator, claims.place)
}

/// Binds an authenticator that the host verifies, on the host's word.
pub(crate) fn bind_host_authenticator(
    draft: &mut Draft<'_>,
    proof: &EnrollmentProof,
    new: &NewHostAuthenticator<'_>,
) -> Result<EnrollmentConfirmed, Stop> {
    let place = permitted(draft, proof, new.replacing)?;
    let id = AuthenticatorId::of_host(proof.account(), new.credential);
    require(draft.record.authenticator(id).is_none(), Refusal::AlreadyBound)?;
    let authenticator = Authenticator {
        id,
        label: new.label_or_default(),
        bound_at: draft.context.now,
        last_used: None,
        prover: Prover::Host(Host { kind: new.kind, last_proof: None }),
    };
    bind_and_confirm(draft, authenticator, place)
}

/// Where a new authenticator goes, if this proof permits binding it.
fn permitted(
    draft: &Draft<'_>,
    proof: &EnrollmentProof,
    replacing: Option<AuthenticatorId>,
) -> Result<Place, Refusal> {
    let Context { now, policy, .. } = *draft.context;
    require(proof.is_current(&draft.record, now, policy), Refusal::StepUpRequired)?;
    draft.wait_for_password_change()?;
    require(!proof.began_during_change(), Refusal::Retry)?;
    let place = match replacing {
        Some(replaced) => Place::Of(replaced),
        None if draft.record.authenticators.is_empty() => Place::First,
        None => Place::Beside,
    };
    has_room(draft, place).map(|()| place)
}

/// Whether the account has this place.
fn has_room(draft: &Draft<'_>, place: Place) -> Result<(), Refusal> {
    let bound = &draft.record.authenticators;
    match place {
        Place::Of(replaced) if draft.record.authenticator(replaced).is_none() => {
            Err(Refusal::NoAuthenticator)
        }
        Place::First if !bound.is_empty() => Err(Refusal::EnrollmentOver),
        Place::Beside if bound.len() >= draft.context.policy.authenticators() => {
            Err(Refusal::TooManyAuthenticators)
        }
        Place::First | Place::Beside | Place::Of(_) => Ok(()),
    }
}

/// Whether an authenticator with this secret is bound. One whose seal does not open cannot be compared.
fn is_bound(draft: &Draft<'_>, secret: &Secret) -> bool {
    let seal = draft.context.keys.seal();
    let apps = draft.record.authenticators.iter().filter_map(|bound| Some((&bound.id, bound.app()?)));
    let opened = apps.filter_map(|(id, app)| app.secret.open(&draft.record.account, id, seal).ok());
    opened.filter(|other| other == secret).count() > 0
}

/// Makes new recovery codes in place of the old ones.
pub(super) fn draw_recovery_codes(draft: &mut Draft<'_>) -> Result<RecoveryCodes, SessionError> {
    let entropy = Zeroizing::new(draft.entropy.take()?);
    let codes = RecoveryCodes::from_entropy(&entropy);
    let account = draft.record.account.clone();
    draft.change().recovery_codes = codes.iter().map(|code| code.digest(account.as_str())).collect();
    Ok(codes)
}

/// The claims of a token, if it is genuine, young enough, of the account's current epoch, and what it depends
/// on still holds.
fn living<'t>(draft: &Draft<'_>, token: &'t EnrollmentToken) -> Result<&'t EnrollmentClaims, Refusal> {
    let Context { now, policy, .. } = *draft.context;
    let claims = &token.0.claims;
    let is_living = draft.is_genuine(&token.0)
        && claims.epoch == draft.record.epoch
        && is_alive(claims.begun_at, policy.enrollment_lifetime(), now)
        && draft.record.upholds(claims.basis, now, policy);
    require(is_living, Refusal::EnrollmentOver)?;
    draft.wait_for_password_change()?;
    has_room(draft, claims.place).map(|()| claims)
}

/// Binds, ends everything from before by a new epoch, and makes recovery codes if the owner needs some.
fn bind_and_confirm(
    draft: &mut Draft<'_>,
    authenticator: Authenticator,
    place: Place,
) -> Result<EnrollmentConfirmed, Stop> {
    let (id, now) = (authenticator.id, draft.context.now);
    draft.next_epoch(ForgottenBecause::CredentialsChanged)?;
    let is_first = draft.record.authenticators.is_empty();
    let label = authenticator.label.clone();
    let record = draft.change();
    let position = match place {
        Place::Of(replaced) => record.authenticators.iter().position(|bound| bound.id == replaced),
        Place::First | Place::Beside => None,
    };
    let replaced = position.map(|position| record.authenticators.remove(position));
    if is_first {
        record.budget = GuessBudget::of_first_binding(now);
    } else if record.authenticators.is_empty() {
        record.budget.rebind();
    }
    record.authenticators.push(authenticator);
    let binding = match (&replaced, is_first) {
        (Some(_), _) => Binding::Replaced,
        (None, true) => Binding::First,
        (None, false) => Binding::Added,
    };
    draft.event(EventKind::AuthenticatorBound { authenticator: id, label, binding });
    if let Some(replaced) = replaced {
        let remaining = draft.record.authenticators.len();
        let (authenticator, label) = (replaced.id, replaced.label);
        draft.event(EventKind::AuthenticatorRemoved {
            authenticator,
            label,
            by: RemovedBy::Owner,
            remaining,
        });
    }
    let needs_codes = binding != Binding::Added || draft.record.recovery_codes.is_empty();
    let recovery_codes = if needs_codes { Some(draw_recovery_codes(draft)?) } else { None };
    let end_sessions = EndAllSessions { account: draft.record.account.clone() };
    Ok(EnrollmentConfirmed { authenticator: id, recovery_codes, end_sessions })
}

/// A secret as long as the algorithm's output.
fn draw_secret(entropy: &mut Entropy, algorithm: Algorithm) -> Result<Secret, SessionError> {
    Secret::filled_by(algorithm, |bytes| {
        for byte in bytes {
            [*byte] = entropy.take()?;
        }
        Ok(())
    })
}

fn key_uri(
    secret: &Secret,
    params: TotpParams,
    issuer: &str,
    account_name: &str,
) -> Result<KeyUri, EnrollmentError> {
    let (algorithm, digits, period) = (params.algorithm(), params.digits(), params.period());
    Ok(KeyUri::totp(issuer, account_name, secret.clone(), algorithm, digits, period)?)
}
