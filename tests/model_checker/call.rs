//! A request to the service: what a host does with the verifier, as one future.

use std::sync::Arc;

use second_factor::enrollment::ImportedSecret;
use second_factor::session::{
    AdministratorReset, AuthenticatorId, HostAuthenticatorKind, HostAuthenticatorVerified, Import,
    NewAuthenticator, NewHostAuthenticator, Presented, Remember, Requirement,
};
use second_factor::verifier::{ChangePasswordError, Error};
use second_factor::{
    AccountId, ChallengeToken, DeviceToken, Login, PasswordReset, PasswordVerified, Refusal, Secret, Session,
    TotpParams, UnixTime, Verifier,
};

use crate::state::{Chosen, Device, Enrolling, Held, Key};
use crate::tape::{self, Answer, Op, TapeError, TapeStore};

pub type TapeVerifier = Verifier<TapeStore>;

/// What is presented where a code is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Typed {
    /// The code that the first of the account's apps shows.
    Right,
    /// The last four codes that it showed.
    Row,
    /// The same of the second app.
    Other,
    OtherRow,
    /// The next recovery code.
    Recovery,
    /// A new signature of the authenticator that the host verifies.
    Key,
    Wrong,
    WrongRow,
    WrongRecovery,
    /// What was accepted last, seen over the owner's shoulder.
    Used,
    UsedRow,
    UsedRecovery,
    /// The signature that was accepted last.
    UsedKey,
    /// The code that an app shows now whose authenticator was removed, and a new signature of such a one.
    Removed,
    RemovedKey,
    Nothing,
}

impl Typed {
    /// Something of the owner's that is good.
    pub fn is_right(self) -> bool {
        matches!(self, Self::Right | Self::Row | Self::Other | Self::OtherRow | Self::Recovery | Self::Key)
    }

    /// Several codes.
    pub fn is_row(self) -> bool {
        matches!(self, Self::Row | Self::OtherRow)
    }
}

/// Which of the account's authenticators.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Which {
    /// The first app.
    First,
    /// The second app.
    Second,
    /// The one that the host verifies.
    Key,
}

/// What somebody asks the service for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Deed {
    Login,
    /// Without the device cookie.
    LoginElsewhere,
    Present(Typed),
    /// With the box ticked.
    PresentRemember(Typed),
    Disable(Typed),
    NewCodes(Typed),
    /// An app beside those that are bound.
    Enroll(Typed),
    /// An app in place of this one.
    Replace(Which, Typed),
    Confirm,
    /// An authenticator that the host verifies, beside those that are bound.
    BindKey(Typed),
    Remove(Which, Typed),
    Rename(Which, Typed),
    /// The host brings along the owner's app from another system.
    Import,
    ImportQuietly,
    ChangePassword(Typed),
    Reset,
    EndAll,
    ForgetDevices,
    /// With a fresh factor alone, and no password.
    EnrollFresh(Typed),
    Close(Typed),
    /// An administrator removes the factor.
    AdministratorReset,
}

/// A deed with all that it needs.
#[derive(Clone, Debug)]
pub enum What {
    Login {
        password: Option<u8>,
        cookie: Option<Device>,
    },
    Present {
        challenge: Held<ChallengeToken>,
        chosen: Chosen,
        remember: bool,
    },
    Disable {
        session: Held<Session>,
        chosen: Chosen,
    },
    NewCodes {
        session: Held<Session>,
        chosen: Chosen,
    },
    Enroll {
        session: Held<Session>,
        password: Option<u8>,
        chosen: Chosen,
        replacing: Option<AuthenticatorId>,
    },
    Confirm {
        enrolling: Enrolling,
        chosen: Chosen,
    },
    BindKey {
        session: Held<Session>,
        password: Option<u8>,
        chosen: Chosen,
        key: Key,
    },
    Remove {
        session: Held<Session>,
        chosen: Chosen,
        authenticator: AuthenticatorId,
    },
    Rename {
        session: Held<Session>,
        chosen: Chosen,
        authenticator: AuthenticatorId,
    },
    Import {
        is_quiet: bool,
    },
    ChangePassword {
        session: Held<Session>,
        password: Option<u8>,
        new: u8,
        chosen: Chosen,
    },
    Reset {
        new: u8,
    },
    EndAll {
        session: Held<Session>,
    },
    ForgetDevices,
    EnrollFresh {
        session: Held<Session>,
        chosen: Chosen,
    },
    Close {
        session: Held<Session>,
        password: Option<u8>,
        chosen: Chosen,
    },
    AdministratorReset,
}

impl What {
    pub fn chosen(&self) -> Option<&Chosen> {
        match self {
            Self::Present { chosen, .. }
            | Self::Disable { chosen, .. }
            | Self::NewCodes { chosen, .. }
            | Self::Enroll { chosen, .. }
            | Self::Confirm { chosen, .. }
            | Self::BindKey { chosen, .. }
            | Self::Remove { chosen, .. }
            | Self::Rename { chosen, .. }
            | Self::EnrollFresh { chosen, .. }
            | Self::Close { chosen, .. }
            | Self::ChangePassword { chosen, .. } => Some(chosen),
            Self::Login { .. }
            | Self::Reset { .. }
            | Self::EndAll { .. }
            | Self::ForgetDevices
            | Self::Import { .. }
            | Self::AdministratorReset => None,
        }
    }

    pub fn session(&self) -> Option<&Held<Session>> {
        match self {
            Self::Disable { session, .. }
            | Self::NewCodes { session, .. }
            | Self::Enroll { session, .. }
            | Self::BindKey { session, .. }
            | Self::Remove { session, .. }
            | Self::Rename { session, .. }
            | Self::ChangePassword { session, .. }
            | Self::EnrollFresh { session, .. }
            | Self::Close { session, .. }
            | Self::EndAll { session } => Some(session),
            _ => None,
        }
    }

    /// Whether it builds on something from before a change.
    pub fn is_old(&self) -> bool {
        match self {
            Self::Present { challenge, .. } => challenge.old,
            Self::Confirm { enrolling, .. } => enrolling.token.old,
            other => other.session().is_some_and(|session| session.old),
        }
    }
}

/// A call that was made, and what it was told so far.
#[derive(Clone, Debug)]
pub struct Call {
    pub id: u64,
    pub browser: usize,
    pub instance: usize,
    pub deed: Deed,
    pub what: What,
    pub started: u64,
    /// When it was sent for the first time, by a clock that is right.
    pub sent_at: u64,
    pub tape: Vec<(u64, Answer)>,
    pub waiting: Option<Op>,
    /// A change was made since it began.
    pub old: bool,
    /// The same request, sent again.
    pub again: bool,
    /// A conflict was told that was none.
    pub has_conflict: bool,
    /// An authenticator was imported quietly since it began, so the password alone enrolls nothing any more.
    pub is_overtaken: bool,
    /// From when on the host demands a second factor.
    pub due: Option<u64>,
}

impl Call {
    /// Whether something was presented beside the password.
    pub fn has_factor(&self) -> bool {
        self.what.chosen().is_some_and(|chosen| chosen.typed != Typed::Nothing)
    }

    fn requirement(&self) -> Requirement {
        self.due.map_or(Requirement::None, |due| Requirement::EnrolledBy(UnixTime::from_secs(due)))
    }
}

/// What the service answered.
#[derive(Debug)]
pub enum Released {
    In(Session, Option<DeviceToken>),
    Challenge(ChallengeToken),
    Enrollment(second_factor::session::EnrollmentToken, Secret),
    Bound(Option<Vec<String>>),
    Codes(Vec<String>),
    /// An authenticator was removed, or all.
    Off(Session),
    Renamed,
    Imported,
    Changed(Option<Session>),
    NotWritten,
    Unfinished,
    Ended,
    Closed,
    Forgotten,
    WrongPassword,
    Refused(Refusal),
    Failed(String),
}

impl Released {
    /// Somebody got what they asked for.
    pub fn is_good(&self) -> bool {
        matches!(
            self,
            Self::In(..)
                | Self::Off(_)
                | Self::Codes(_)
                | Self::Bound(_)
                | Self::Changed(_)
                | Self::Enrollment(..)
                | Self::Renamed
                | Self::Imported
                | Self::Closed
        )
    }
}

/// What apps show beside the issuer.
const NAME: &str = "ann@example.com";

/// The secret of the owner's app in another system.
pub fn imported() -> Secret {
    Secret::from_base32("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").unwrap()
}

pub fn account() -> AccountId {
    AccountId::new("ann").unwrap()
}

/// What a host does for this request.
pub async fn serve(call: &Call, service: &TapeVerifier) -> Released {
    match answer(call, service).await {
        Ok(released) | Err(released) => released,
    }
}

async fn answer(call: &Call, service: &TapeVerifier) -> Result<Released, Released> {
    Ok(match &call.what {
        What::Login { password, cookie } => {
            let proof = password_of(service, *password).await?.demanding(call.requirement());
            let cookie = cookie.as_ref().map(|device| device.token.expose());
            match service.password_verified(proof, cookie).await.map_err(refused)? {
                Login::Complete(accepted) => {
                    Released::In(accepted.authenticated.into_session(), accepted.device)
                }
                Login::CodeRequired(challenge) => Released::Challenge(challenge),
                Login::EnrollmentRequired(proof) => {
                    let begun = service.begin_enrollment(proof, NAME).await.map_err(refused)?;
                    Released::Enrollment(begun.token, begun.uri.secret().clone())
                }
            }
        }
        What::Present { challenge, chosen, remember } => {
            let remember = if *remember { Remember::ThisDevice { label: "browser" } } else { Remember::No };
            let accepted =
                service.present(&challenge.value, chosen.presented(), remember).await.map_err(refused)?;
            Released::In(accepted.authenticated.into_session(), accepted.device)
        }
        What::Disable { session, chosen } => {
            let fresh = service.fresh_factor(&session.value, chosen.presented()).await.map_err(refused)?;
            let change = service.disable(fresh, call.requirement()).await.map_err(refused)?;
            let mut session = Session::clone(&session.value);
            session.continue_after(change);
            Released::Off(session)
        }
        What::Remove { session, chosen, authenticator } => {
            let fresh = service.fresh_factor(&session.value, chosen.presented()).await.map_err(refused)?;
            let change = service.remove_authenticator(fresh, *authenticator, call.requirement()).await;
            let mut session = Session::clone(&session.value);
            session.continue_after(change.map_err(refused)?);
            Released::Off(session)
        }
        What::Rename { session, chosen, authenticator } => {
            let fresh = service.fresh_factor(&session.value, chosen.presented()).await.map_err(refused)?;
            service.rename_authenticator(fresh, *authenticator, "renamed").await.map_err(refused)?;
            Released::Renamed
        }
        What::NewCodes { session, chosen } => {
            let fresh = service.fresh_factor(&session.value, chosen.presented()).await.map_err(refused)?;
            Released::Codes(texts(&service.regenerate_recovery_codes(fresh).await.map_err(refused)?))
        }
        What::Enroll { session, password, chosen, replacing } => {
            let proof = password_of(service, *password).await?;
            let proof = service.reauthenticate(&session.value, proof, chosen.presented());
            let proof = proof.await.map_err(refused)?;
            let new = NewAuthenticator::app(NAME);
            let new = replacing.map_or(new, |authenticator| new.replacing(authenticator));
            let begun = service.begin_enrollment(proof, new).await.map_err(refused)?;
            Released::Enrollment(begun.token, begun.uri.secret().clone())
        }
        What::BindKey { session, password, chosen, key } => {
            let proof = password_of(service, *password).await?;
            let proof = service.reauthenticate(&session.value, proof, chosen.presented());
            let proof = proof.await.map_err(refused)?;
            let new =
                NewHostAuthenticator::new(key.credential.as_bytes(), HostAuthenticatorKind::SoftwareKey);
            let bound = service.bind_host_authenticator(proof, new).await.map_err(refused)?;
            Released::Bound(bound.into_parts().0.as_ref().map(texts))
        }
        What::Import { is_quiet } => {
            let secret = ImportedSecret::new(imported()).unwrap();
            let import = Import::by_host(account(), secret, TotpParams::default());
            let import = if *is_quiet { import.quietly() } else { import };
            let _ = service.import(import).await.map_err(refused)?;
            Released::Imported
        }
        What::EnrollFresh { session, chosen } => {
            let fresh = service.fresh_factor(&session.value, chosen.presented()).await.map_err(refused)?;
            let begun = service.begin_enrollment(fresh, NAME).await.map_err(refused)?;
            Released::Enrollment(begun.token, begun.uri.secret().clone())
        }
        What::Close { session, password, chosen } => {
            let proof = password_of(service, *password).await?;
            let proof = service.reauthenticate(&session.value, proof, chosen.presented());
            let proof = proof.await.map_err(refused)?;
            let _ = service.close_account(proof).await.map_err(refused)?;
            Released::Closed
        }
        What::AdministratorReset => {
            let reset = AdministratorReset::by_host(account(), &AccountId::new("admin").unwrap()).unwrap();
            let _ = service.administrator_reset(reset).await.map_err(refused)?;
            Released::Ended
        }
        What::Confirm { enrolling, chosen } => {
            let token = &enrolling.token.value;
            let confirmed = service.confirm_enrollment(token, &chosen.text).await.map_err(refused)?;
            Released::Bound(confirmed.into_parts().0.as_ref().map(texts))
        }
        What::ChangePassword { session, password, new, chosen } => {
            let check = service.check_password(&account()).await;
            let in_force = tape::compare().await;
            if password.is_some_and(|typed| typed != in_force) {
                return Err(Released::WrongPassword);
            }
            let proof = PasswordVerified::by_host(check);
            let proof = service.reauthenticate(&session.value, proof, chosen.presented());
            let proof = proof.await.map_err(refused)?;
            let changed = service.change_password(proof, || tape::write(in_force, *new)).await;
            let change = changed.map_err(not_changed)?;
            let mut session = Session::clone(&session.value);
            session.continue_after(change);
            Released::Changed(Some(session))
        }
        What::Reset { new } => {
            let check = service.check_password(&account()).await;
            let in_force = tape::compare().await;
            let proof = PasswordReset::by_host(check);
            let changed = service.change_password(proof, || tape::write(in_force, *new)).await;
            let _ = changed.map_err(not_changed)?;
            Released::Changed(None)
        }
        What::EndAll { session } => {
            let _ = service.end_all_sessions(&session.value).await.map_err(refused)?;
            Released::Ended
        }
        What::ForgetDevices => {
            service.forget_all_devices(&account()).await.map_err(refused)?;
            Released::Forgotten
        }
    })
}

/// The password is compared; `None` types whatever is in force.
async fn password_of(service: &TapeVerifier, typed: Option<u8>) -> Result<PasswordVerified, Released> {
    let check = service.check_password(&account()).await;
    let in_force = tape::compare().await;
    if typed.is_some_and(|typed| typed != in_force) {
        return Err(Released::WrongPassword);
    }
    Ok(PasswordVerified::by_host(check))
}

fn refused(error: Error<TapeError>) -> Released {
    match error {
        Error::Refused(refusal) => Released::Refused(refusal),
        other => Released::Failed(other.to_string()),
    }
}

fn not_changed(error: ChangePasswordError<TapeError, TapeError>) -> Released {
    match error {
        ChangePasswordError::NotStarted(error) => refused(error),
        ChangePasswordError::NotWritten(_) => Released::NotWritten,
        ChangePasswordError::Unfinished(_) => Released::Unfinished,
        other => Released::Failed(other.to_string()),
    }
}

fn texts(codes: &second_factor::RecoveryCodes) -> Vec<String> {
    codes.iter().map(|code| code.expose().expose().to_owned()).collect()
}

impl Chosen {
    fn presented(&self) -> Presented<'_> {
        match &self.key {
            Some(key) => {
                let (credential, signed) = (key.credential.as_bytes(), self.text.as_bytes());
                HostAuthenticatorVerified::by_host(account(), credential, signed).into()
            }
            None => Presented::from(&*self.text),
        }
    }
}

impl<T> Held<T> {
    pub fn new(value: T, tokens: Vec<crate::canonical::Token>) -> Self {
        Self { value: Arc::new(value), tokens: Arc::new(tokens), old: false }
    }
}
