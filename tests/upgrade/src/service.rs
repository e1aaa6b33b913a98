//! An instance that uses the library named by the parent module. This file is compiled once for each version.

use std::sync::Arc;

use super::library::enrollment::KeyUri;
use super::library::session::{AuthenticatorId, EnrollmentToken, NewAuthenticator, Requirement};
use super::library::store::{Change, Expected, Revision, Swap, Versioned};
use super::library::verifier::{ChangePasswordError, Clock, Error, OsEntropy};
use super::library::{
    Accepted, AccountId, AccountRecord, BlockingStore, BlockingVerifier, ChallengeToken, KeyRing, Login,
    PasswordReset, PasswordVerified, Policy, Remember, SealingKey, Session, UnixTime,
};
use crate::instance::{In, Instance, No, Status, Step};
use crate::table::Table;

/// An instance.
pub(crate) struct Service {
    verifier: BlockingVerifier<Rows>,
    table: Arc<Table>,
    account: AccountId,
    format: u32,
}

impl Service {
    /// An instance that writes this format.
    pub(crate) fn writing(format: u32, table: &Arc<Table>, account: &str) -> Self {
        let ring = KeyRing::new(1, SealingKey::new([7; 32]));
        let policy = Policy::new("Example").unwrap();
        let (rows, time) = (Rows(table.clone()), Time(table.clone()));
        let verifier = BlockingVerifier::with_sources(rows, policy, ring, time, OsEntropy);
        Self { verifier, table: table.clone(), account: AccountId::new(account).unwrap(), format }
    }

    fn verifier(&self) -> &BlockingVerifier<Rows> {
        super::write(self.format);
        &self.verifier
    }

    /// The host's password check: the record is read before the hash.
    fn password(&self, typed: &str) -> Result<PasswordVerified, No> {
        let check = self.verifier().check_password(&self.account);
        let is_right = self.table.password() == typed;
        is_right.then(|| PasswordVerified::by_host(check)).ok_or_else(|| No::Refused("password".into()))
    }

    fn told(&self, accepted: Accepted) -> In {
        let cookie = accepted.device.map(|device| device.expose().to_owned());
        In { session: self.written(&accepted.authenticated.into_session()), cookie }
    }

    /// The row of a session.
    fn written(&self, session: &Session) -> String {
        super::write(self.format);
        serde_json::to_string(session).unwrap()
    }
}

impl Instance for Service {
    fn name(&self) -> String {
        format!("{}, writing format {}", super::VERSION, self.format)
    }

    fn log_in(&self, password: &str, cookie: Option<&str>) -> Result<Step, No> {
        let proof = self.password(password)?;
        match self.verifier().password_verified(proof, cookie)? {
            Login::Complete(accepted) => Ok(Step::In(self.told(accepted))),
            Login::CodeRequired(challenge) => Ok(Step::Code(challenge.expose().to_owned())),
            Login::EnrollmentRequired(_) => unreachable!("no factor is required"),
        }
    }

    fn present(&self, challenge: &str, typed: &str, remember: bool) -> Result<In, No> {
        let challenge = ChallengeToken::parse(challenge).map_err(unreadable)?;
        let remember = if remember { Remember::ThisDevice { label: "a browser" } } else { Remember::No };
        Ok(self.told(self.verifier().present(&challenge, typed, remember)?))
    }

    fn is_current(&self, session: &str) -> Result<bool, No> {
        Ok(self.verifier().is_current(&read(session)?)?)
    }

    fn step_up(&self, session: &str, code: &str) -> Result<String, No> {
        let mut session = read(session)?;
        let fresh = self.verifier().fresh_factor(&session, code)?;
        session.elevate(&fresh);
        Ok(self.written(&session))
    }

    fn begin_enrollment(&self, session: &str, password: &str, code: &str) -> Result<(String, String), No> {
        let session = read(session)?;
        let proof = self.verifier().reauthenticate(&session, self.password(password)?, code)?;
        let new = NewAuthenticator::app("alice").label("a phone");
        let begun = self.verifier().begin_enrollment(proof, new)?;
        Ok((text(&begun.uri), begun.token.expose().to_owned()))
    }

    fn pending_enrollment(&self, token: &str) -> Result<String, No> {
        let token = EnrollmentToken::parse(token).map_err(unreadable)?;
        Ok(text(&self.verifier().pending_enrollment(&token)?))
    }

    fn confirm_enrollment(&self, token: &str, code: &str) -> Result<(String, Vec<String>), No> {
        let token = EnrollmentToken::parse(token).map_err(unreadable)?;
        let confirmed = self.verifier().confirm_enrollment(&token, code)?;
        let id = confirmed.authenticator().to_string();
        let (codes, _) = confirmed.into_parts();
        let codes = codes.iter().flat_map(|codes| codes.iter());
        Ok((id, codes.map(|code| code.to_text().expose().to_owned()).collect()))
    }

    fn remove_authenticator(&self, session: &str, code: &str, id: &str) -> Result<String, No> {
        let mut session = read(session)?;
        let fresh = self.verifier().fresh_factor(&session, code)?;
        let id = AuthenticatorId::parse(id).map_err(unreadable)?;
        session.continue_after(self.verifier().remove_authenticator(fresh, id, Requirement::None)?);
        Ok(self.written(&session))
    }

    fn change_password(
        &self,
        session: &str,
        (password, code): (&str, &str),
        new: &str,
        meanwhile: &mut dyn FnMut(),
    ) -> Result<String, No> {
        let mut session = read(session)?;
        let proof = self.verifier().reauthenticate(&session, self.password(password)?, code)?;
        let changed = self.verifier().change_password(proof, || {
            meanwhile();
            // `meanwhile` ran another instance on this thread, so set this one's format again.
            super::write(self.format);
            self.table.set_password(new);
            Ok::<(), &str>(())
        });
        session.continue_after(changed.map_err(not_changed)?);
        Ok(self.written(&session))
    }

    fn status(&self) -> Result<Status, No> {
        let status = self.verifier().status(&self.account)?;
        Ok(Status {
            authenticators: status.authenticators.iter().map(|bound| bound.id.to_string()).collect(),
            recovery_codes: status.recovery_codes_left,
            devices: status.devices.len(),
        })
    }

    fn operate(&self) -> Vec<(&'static str, Result<(), No>)> {
        let (verifier, account) = (self.verifier(), &self.account);
        let reset = PasswordReset::by_host(verifier.check_password(account));
        let changed =
            verifier.change_password(reset, || -> Result<(), &str> { panic!("the change was begun") });
        vec![
            ("status", self.status().map(drop)),
            ("forget_all_devices", verifier.forget_all_devices(account).map(drop).map_err(No::from)),
            ("reseal", verifier.reseal(account).map(drop).map_err(No::from)),
            (
                "end_what_a_backup_revived",
                verifier.end_what_a_backup_revived(account).map(drop).map_err(No::from),
            ),
            ("change_password", changed.map(drop).map_err(not_changed)),
        ]
    }
}

fn read(session: &str) -> Result<Session, No> {
    serde_json::from_str(session).map_err(|error| No::Unreadable(error.to_string()))
}

fn unreadable(error: impl core::error::Error) -> No {
    No::Unreadable(error.to_string())
}

fn text(uri: &KeyUri) -> String {
    uri.to_uri().expose().to_owned()
}

fn not_changed(error: ChangePasswordError<serde_json::Error, &str>) -> No {
    match error {
        ChangePasswordError::NotStarted(error) => error.into(),
        other => No::Failed(format!("{other:?}")),
    }
}

impl From<Error<serde_json::Error>> for No {
    fn from(error: Error<serde_json::Error>) -> Self {
        match error {
            Error::Refused(refusal) => Self::Refused(format!("{refusal:?}")),
            Error::Store(cause) => Self::Failed(format!("Store: {cause}")),
            other => Self::Failed(format!("{other:?}")),
        }
    }
}

/// The rows, as this version reads and writes them.
struct Rows(Arc<Table>);

impl BlockingStore for Rows {
    type Error = serde_json::Error;

    fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, serde_json::Error> {
        let row = self.0.row(account.as_str());
        row.map(|(revision, text)| {
            Ok(Versioned { value: serde_json::from_str(&text)?, revision: Revision::new(revision) })
        })
        .transpose()
    }

    fn compare_and_swap(&self, account: &AccountId, change: Change<'_>) -> Result<Swap, serde_json::Error> {
        let expected = match change.expected() {
            Expected::Absent => None,
            Expected::At(revision) => Some(revision.get()),
        };
        let next = (change.revision().get(), serde_json::to_string(change.record())?);
        let is_stored = self.0.swap(account.as_str(), expected, next);
        Ok(if is_stored { Swap::Stored } else { Swap::Conflict })
    }
}

struct Time(Arc<Table>);

impl Clock for Time {
    fn now(&self) -> UnixTime {
        UnixTime::from_secs(self.0.now())
    }
}
