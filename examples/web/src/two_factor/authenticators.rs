//! Several authenticators on an account, each enrolled, renamed, replaced and removed by its owner.

use second_factor::{
    AuthMethod, AuthenticatorId, EnrollmentToken, NewAuthenticator, QrCode, Refusal, Requirement,
};

use super::{AuthenticatorInfo, FactorStatus, Member, TwoFactor, UnixTime};
use crate::stop::{Outcome, Stop};
use crate::{browser::Browser, routes::Typed};

/// Where a new authenticator can go.
pub struct Place {
    /// What is bound, oldest first.
    pub bound: Vec<AuthenticatorInfo>,
    /// Whether there is room beside them.
    pub has_room: bool,
    /// Whether its owner got in by a recovery code, and so may have lost one.
    pub is_one_lost: bool,
}

impl TwoFactor {
    /// What the page of `/account/two-factor/enable` shows.
    pub async fn place(&self, member: &Member) -> Outcome<Place> {
        let bound = self.status(member).await?.authenticators;
        let has_room = bound.len() < self.verifier.policy().authenticators();
        Ok(Place { bound, has_room, is_one_lost: member.session.method() == AuthMethod::RecoveryCode })
    }

    /// One of theirs. Looked for before anything is asked for that is used up by it.
    pub async fn authenticator(&self, member: &Member, id: &str) -> Outcome<AuthenticatorInfo> {
        let bound = self.status(member).await?.authenticators;
        let found = bound.into_iter().find(|bound| bound.id.to_string() == id);
        found.ok_or(Refusal::NoAuthenticator.into())
    }

    /// From when on a second factor is demanded of whoever has none.
    pub fn demanded_from(&self, status: &FactorStatus) -> Option<UnixTime> {
        match self.requirement {
            Requirement::EnrolledBy(time) if !status.is_enabled() => Some(time),
            _ => None,
        }
    }

    /// `/account/two-factor/enable`: the first authenticator, another one, or one in the place of another.
    pub async fn enable(&self, browser: &Browser, member: &Member, typed: &Typed) -> Outcome {
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
        browser.renew("enrollment", begun.token).await
    }

    /// The page that asks for the first code: the QR code as SVG, and the setup key. `before` is the page before it.
    pub async fn pending(&self, browser: &Browser, before: &'static str) -> Outcome<(String, String)> {
        let token: EnrollmentToken = browser.need("enrollment", before).await?;
        let uri = self.verifier.pending_enrollment(&token).await?;
        let qr = QrCode::new(&uri).map_err(Stop::failed)?;
        Ok((qr.svg().expose().into(), uri.secret().to_base32().grouped().expose().into()))
    }

    /// The first code. The recovery codes, a line each, unless the owner has some. All sessions end, the others by their
    /// epoch.
    pub async fn confirm(
        &self,
        browser: &Browser,
        before: &'static str,
        code: &str,
    ) -> Outcome<Option<String>> {
        let token: EnrollmentToken = browser.need("enrollment", before).await?;
        let confirmed = self.verifier.confirm_enrollment(&token, code).await?;
        let (codes, _the_others_by_their_epoch) = confirmed.into_parts();
        browser.end().await?;
        Ok(codes.map(|codes| codes.expose_lines().expose().into()))
    }

    /// `/account/authenticators/rename`
    pub async fn rename(
        &self,
        browser: &Browser,
        mut member: Member,
        id: AuthenticatorId,
        typed: &Typed,
    ) -> Outcome {
        let fresh = self.fresh_factor(&mut member, &typed.code).await?;
        self.verifier.rename_authenticator(fresh, id, &typed.label).await?;
        browser.renew("session", member.session).await
    }

    /// `/account/authenticators/remove`: with the last one, two-factor authentication is off.
    pub async fn remove(
        &self,
        browser: &Browser,
        mut member: Member,
        id: AuthenticatorId,
        code: &str,
    ) -> Outcome {
        let fresh = self.fresh_factor(&mut member, code).await?;
        let others = self.verifier.remove_authenticator(fresh, id, self.requirement).await?;
        member.session.continue_after(others);
        browser.renew("session", member.session).await
    }
}
