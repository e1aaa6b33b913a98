//! What a host does for a request, using the verifier.

use second_factor::enrollment::ImportedSecret;
use second_factor::session::{
    AdministratorReset, HostAuthenticatorKind, HostAuthenticatorVerified, Import, NewAuthenticator,
    NewHostAuthenticator, Presented, Remember,
};
use second_factor::verifier::{ChangePasswordError, Error};
use second_factor::{
    AccountId, Login, PasswordReset, PasswordVerified, RecoveryCodes, Secret, Session, TotpParams,
};

use crate::call::{Call, Released, TapeVerifier, What};
use crate::state::Chosen;
use crate::tape::{self, TapeError};

/// The account name that apps show.
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

/// Compares the password; `None` means the present one.
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

fn texts(codes: &RecoveryCodes) -> Vec<String> {
    codes.iter().map(|code| code.to_text().expose().to_owned()).collect()
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
