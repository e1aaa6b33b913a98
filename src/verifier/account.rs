use super::{ChangePasswordError, Error, Verifier};
use crate::enrollment::{KeyUri, RecoveryCodes};
use crate::session::rule::{self, Hash};
use crate::session::{
    AccountId, AdministratorReset, AuthenticatorId, CloseProof, DeviceId, EndAllSessions, EndOtherSessions,
    EnrollmentBegun, EnrollmentConfirmed, EnrollmentProof, EnrollmentToken, FactorStatus, FreshFactor,
    Import, NewAuthenticator, NewHostAuthenticator, PasswordChangeProof, Requirement, Session,
};
use crate::store::Store;

/// What an account's page offers.
impl<S: Store> Verifier<S> {
    /// Begins an enrollment. The proof is a [`Reauthenticated`](crate::session::Reauthenticated) or a
    /// [`FreshFactor`], or, if no authenticator is bound, the password that was just verified. In a session prefer
    /// `Reauthenticated`, which also requires that the session is current.
    ///
    /// Nothing is stored: the token holds the enrollment until it is confirmed.
    ///
    /// `new` is at least the name that the app shows beside the issuer: the user name or e-mail address. It
    /// can also have a label, and the authenticator that it replaces.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if a fresh factor is needed, there is no room for another authenticator, or the one
    /// that is to be replaced is not bound; [`Error::Session`] for names that no key URI can hold; otherwise
    /// as for [every call](Verifier).
    pub async fn begin_enrollment<'a>(
        &self,
        proof: impl Into<EnrollmentProof>,
        new: impl Into<NewAuthenticator<'a>>,
    ) -> Result<EnrollmentBegun, Error<S::Error>> {
        let (proof, new) = (proof.into(), new.into());
        self.decide(proof.account(), |draft| rule::begin_enrollment(draft, &proof, &new)).await
    }

    /// The key URI of an unconfirmed enrollment again, for a page that is reloaded.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the enrollment is over; otherwise as for [every call](Verifier).
    pub async fn pending_enrollment(&self, token: &EnrollmentToken) -> Result<KeyUri, Error<S::Error>> {
        self.decide(token.account(), |draft| rule::pending_enrollment(draft, token)).await
    }

    /// Confirms an enrollment with a code of the new secret.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the code is not accepted or the enrollment is over, with
    /// [`ClockOff`](crate::Refusal::ClockOff) if the code is right for another time up to ten minutes away;
    /// otherwise as for [every call](Verifier).
    pub async fn confirm_enrollment(
        &self,
        token: &EnrollmentToken,
        code: &str,
    ) -> Result<EnrollmentConfirmed, Error<S::Error>> {
        self.decide(token.account(), |draft| rule::confirm_enrollment(draft, token, code)).await
    }

    /// Binds an authenticator that the host verifies: a passkey, a security key. The host must have verified
    /// its registration. Binding it needs the same proofs as an app.
    ///
    /// # Errors
    ///
    /// As for [`begin_enrollment`](Self::begin_enrollment), and [`Error::Refused`] with
    /// [`AlreadyBound`](crate::Refusal::AlreadyBound) for one that is bound already.
    pub async fn bind_host_authenticator(
        &self,
        proof: impl Into<EnrollmentProof>,
        new: NewHostAuthenticator<'_>,
    ) -> Result<EnrollmentConfirmed, Error<S::Error>> {
        let proof = proof.into();
        self.decide(proof.account(), |draft| rule::bind_host_authenticator(draft, &proof, &new)).await
    }

    /// Binds an authenticator that was confirmed in another system. All sessions of the account end, unless
    /// it is imported [quietly](Import::quietly): then they go on.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] with [`AlreadyBound`](crate::Refusal::AlreadyBound) if one is bound; otherwise as
    /// for [every call](Verifier).
    pub async fn import(&self, import: Import) -> Result<Option<EndAllSessions>, Error<S::Error>> {
        self.decide(import.account(), |draft| rule::import(draft, &import)).await
    }

    /// Switches two-factor authentication off: removes all authenticators.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the factor is no longer fresh, or the host or the policy demands a second
    /// factor; otherwise as for [every call](Verifier).
    pub async fn disable(
        &self,
        fresh: FreshFactor,
        requirement: Requirement,
    ) -> Result<EndOtherSessions, Error<S::Error>> {
        self.decide(fresh.account(), |draft| rule::disable(draft, &fresh, requirement)).await
    }

    /// Removes one authenticator. Removing the last one switches two-factor authentication off.
    ///
    /// Before you ask for the code, check whether the removal would be refused: a refusal uses the factor up
    /// too, and the same code again within a minute is answered with
    /// [`AlreadyDone`](crate::Refusal::AlreadyDone).
    ///
    /// # Errors
    ///
    /// As for [`disable`](Self::disable), but a demanded second factor protects only the last
    /// authenticator; [`Error::Refused`] with [`NoAuthenticator`](crate::Refusal::NoAuthenticator) if the
    /// authenticator is not bound.
    pub async fn remove_authenticator(
        &self,
        fresh: FreshFactor,
        authenticator: AuthenticatorId,
        requirement: Requirement,
    ) -> Result<EndOtherSessions, Error<S::Error>> {
        self.decide(fresh.account(), |draft| {
            rule::remove_authenticator(draft, &fresh, authenticator, requirement)
        })
        .await
    }

    /// Gives an authenticator another label; its first 64 characters are kept. A blank one changes nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the factor is no longer fresh or the authenticator is not bound; otherwise as
    /// for [every call](Verifier).
    pub async fn rename_authenticator(
        &self,
        fresh: FreshFactor,
        authenticator: AuthenticatorId,
        label: &str,
    ) -> Result<(), Error<S::Error>> {
        self.decide(fresh.account(), |draft| rule::rename_authenticator(draft, &fresh, authenticator, label))
            .await
    }

    /// Makes new recovery codes, to be shown once. The old ones are void.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the factor is no longer fresh; otherwise as for [every call](Verifier).
    pub async fn regenerate_recovery_codes(
        &self,
        fresh: FreshFactor,
    ) -> Result<RecoveryCodes, Error<S::Error>> {
        self.decide(fresh.account(), |draft| rule::regenerate_recovery_codes(draft, &fresh)).await
    }

    /// Changes the password. `write` replaces the old hash, and only that one, with the host's new hash,
    /// which is made beforehand. It is called once, after every session, device and challenge of the account
    /// has ended. It must return an error only if nothing was written and nothing will be. So after a timeout
    /// or a lost reply, read which hash is in force before you return: this library relies on the answer.
    ///
    /// The session that made the change goes on: pass the result to its
    /// [`continue_after`](Session::continue_after). After a [`PasswordReset`](crate::PasswordReset) no
    /// session goes on.
    ///
    /// While the change runs, logins are answered with [`Retry`](crate::Refusal::Retry). If it is interrupted
    /// (by a crash or a cancelled request), this lasts a minute at most, or two if clocks are a minute apart;
    /// then the owner logs in with whichever password is in force. The host must limit its write to 30
    /// seconds: this library cannot see the write, and logins do not wait for one that takes effect more than
    /// a minute after the change began.
    ///
    /// # Errors
    ///
    /// [`ChangePasswordError`] says how far it got.
    pub async fn change_password<F, W>(
        &self,
        proof: impl Into<PasswordChangeProof>,
        write: impl FnOnce() -> F,
    ) -> Result<EndOtherSessions, ChangePasswordError<S::Error, W>>
    where
        F: Future<Output = Result<(), W>>,
    {
        let proof = proof.into();
        let begun = self.decide(proof.account(), |draft| rule::begin_password_change(draft, &proof)).await;
        let change = begun.map_err(ChangePasswordError::NotStarted)?;
        let written = write().await;
        let hash = if written.is_ok() { Hash::Written } else { Hash::NotWritten };
        let finished =
            self.decide(proof.account(), |draft| rule::finish_password_change(draft, &change, hash)).await;
        written.map_err(ChangePasswordError::NotWritten)?;
        match finished {
            Ok(true) => Ok(change.others),
            Ok(false) => Err(ChangePasswordError::Unfinished(None)),
            Err(error) => Err(ChangePasswordError::Unfinished(Some(error))),
        }
    }

    /// Ends all sessions of the account, this one included, and forgets all remembered devices: "log out everywhere".
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the session is over; otherwise as for [every call](Verifier).
    pub async fn end_all_sessions(&self, session: &Session) -> Result<EndAllSessions, Error<S::Error>> {
        self.decide(session.account(), |draft| rule::end_all_sessions(draft, session)).await
    }

    /// Closes the account. Do not delete its row: a small record stays in it, so that sessions and proofs
    /// from before are over even if the id is ever used again.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the owner's proof does not permit it, or while the password is being changed;
    /// otherwise as for [every call](Verifier).
    pub async fn close_account(
        &self,
        proof: impl Into<CloseProof>,
    ) -> Result<EndAllSessions, Error<S::Error>> {
        let proof = proof.into();
        self.decide(proof.account(), |draft| rule::close_account(draft, &proof)).await
    }

    /// Removes the second factor on an administrator's word.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] while the password is being changed; otherwise as for [every call](Verifier).
    pub async fn administrator_reset(
        &self,
        reset: AdministratorReset,
    ) -> Result<EndAllSessions, Error<S::Error>> {
        self.decide(reset.account(), rule::administrator_reset).await
    }

    /// Forgets one remembered device, and returns whether it was there.
    ///
    /// # Errors
    ///
    /// As for [every call](Verifier), but never refused.
    pub async fn forget_device(
        &self,
        account: &AccountId,
        device: DeviceId,
    ) -> Result<bool, Error<S::Error>> {
        self.decide(account, |draft| Ok(rule::forget_device(draft, device))).await
    }

    /// Forgets all remembered devices, and returns how many there were.
    ///
    /// # Errors
    ///
    /// As for [every call](Verifier), but never refused.
    pub async fn forget_all_devices(&self, account: &AccountId) -> Result<usize, Error<S::Error>> {
        self.decide(account, |draft| Ok(rule::forget_all_devices(draft))).await
    }

    /// The state of the account's second factor, to show to its owner: on or off, recovery codes left,
    /// remembered devices.
    ///
    /// # Errors
    ///
    /// As for [every call](Verifier), but never refused.
    pub async fn status(&self, account: &AccountId) -> Result<FactorStatus, Error<S::Error>> {
        let (record, _) = self.load(account).await?;
        Ok(record.status(&self.context()))
    }
}
