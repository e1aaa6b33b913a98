//! Several authenticators on an account, each enrolled, renamed, replaced and removed by its owner.

use second_factor::{AuthenticatorId, EnrollmentToken, NewAuthenticator, QrCode, Refusal};

use super::{AuthenticatorInfo, Member, TwoFactor};
use crate::stop::{Outcome, Stop};
use crate::{browser::Browser, routes::Typed};

impl TwoFactor {
    /// One of the member's authenticators. Called before a code is checked, so that a wrong id does not use up the code.
    pub async fn authenticator(&self, member: &Member<'_>, id: &str) -> Outcome<AuthenticatorInfo> {
        let bound = self.status(member).await?.authenticators;
        let found = bound.into_iter().find(|bound| bound.id.to_string() == id);
        found.ok_or(Refusal::NoAuthenticator.into())
    }

    /// `/account/two-factor/enable`: the first authenticator, another one, or one in the place of another.
    pub async fn enable(&self, member: &Member<'_>, typed: &Typed) -> Outcome {
        let replaced = match typed.replacing.as_str() {
            "" if !self.place(member).await?.has_room => return Err(Refusal::TooManyAuthenticators.into()),
            "" => None,
            id => Some(self.authenticator(member, id).await?),
        };
        let (proof, _) = self.reauthenticate(member, typed).await?;
        let mut new = NewAuthenticator::app(&member.name).label(&typed.label);
        if let Some(replaced) = &replaced {
            let label = if typed.label.trim().is_empty() { &replaced.label } else { &typed.label };
            new = new.label(label).replacing(replaced.id);
        }
        let begun = self.verifier.begin_enrollment(proof, new).await?;
        member.browser.renew("enrollment", begun.token, "/account/two-factor/confirm").await
    }

    /// The QR code as SVG and the setup key, for the page that asks for the first code. `before` is the page before it.
    pub async fn pending(&self, browser: &Browser, before: &'static str) -> Outcome<(String, String)> {
        let token: EnrollmentToken = browser.need("enrollment", before).await?;
        let uri = self.verifier.pending_enrollment(&token).await?;
        let qr = QrCode::new(&uri).map_err(Stop::failed)?;
        Ok((qr.svg().expose().into(), uri.secret().to_base32().grouped().expose().into()))
    }

    /// Checks the first code. Returns whether there are new recovery codes, which are then shown to this browser. All sessions
    /// end: this one here, the others because the account's epoch changed.
    pub async fn confirm(&self, browser: &Browser, before: &'static str, code: &str) -> Outcome<bool> {
        let token: EnrollmentToken = browser.need("enrollment", before).await?;
        let confirmed = self.verifier.confirm_enrollment(&token, code).await?;
        let (codes, _the_others_by_their_epoch) = confirmed.into_parts();
        match &codes {
            Some(codes) => {
                browser.start_with_codes(token.account().as_str(), codes.to_lines().expose()).await?
            }
            None => browser.end("/login").await?,
        }
        Ok(codes.is_some())
    }

    /// `/account/authenticators/rename`
    pub async fn rename(&self, mut member: Member<'_>, id: AuthenticatorId, typed: &Typed) -> Outcome {
        let fresh = self.fresh_factor(&mut member, &typed.code).await?;
        self.verifier.rename_authenticator(fresh, id, &typed.label).await?;
        member.go_on("/account/authenticators").await
    }

    /// `/account/authenticators/remove`: with the last one, two-factor authentication is off.
    pub async fn remove(&self, mut member: Member<'_>, id: AuthenticatorId, code: &str) -> Outcome {
        if self.is_demanded() && self.status(&member).await?.authenticators.len() == 1 {
            return Err(Refusal::FactorRequired.into());
        }
        let fresh = self.fresh_factor(&mut member, code).await?;
        let others = self.verifier.remove_authenticator(fresh, id, self.requirement).await?;
        member.session.continue_after(others);
        member.go_on("/account/authenticators").await
    }
}
