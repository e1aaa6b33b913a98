use super::{Error, Verifier};
use crate::session::rule::{self, Draft};
use crate::session::{
    Accepted, AccountId, ChallengeToken, DeviceToken, FreshFactor, Login, OldRecoveryCodeTry, PasswordCheck,
    PasswordVerified, Presented, Reauthenticated, Remember, Session,
};
use crate::store::Store;

/// Logging in, and stepping up in a session.
impl<S: Store> Verifier<S> {
    /// Reads the account before the host reads its password hash. It never fails:
    /// [`password_verified`](Self::password_verified) reports what went wrong, so that only somebody with the
    /// password learns of it.
    ///
    /// For a user name that does not exist, call it with an id that no account has, so that both cases take
    /// the same work.
    pub async fn check_password(&self, account: &AccountId) -> PasswordCheck {
        let now = self.now();
        let read = self.load(account).await;
        PasswordCheck::new(account.clone(), now, read, self.reader().clone())
    }

    /// The password step: what does this account ask for on this device?
    ///
    /// `device_cookie` is the value of the cookie named [`DeviceToken::cookie_name`], if the browser sent
    /// one. Whatever it holds, at worst a code is asked for.
    ///
    /// It works on what [`check_password`](Self::check_password) read. It writes only if it replaces the
    /// token of a remembered device, finds a token that was replaced before, or ends an interrupted password
    /// change. If the password was checked by a verifier that is not a clone of this one, the account is read
    /// again.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] with [`ChallengeOver`](crate::Refusal::ChallengeOver) if the proof is older than
    /// five minutes, if the challenge that it opens would be over already, or if the account's credentials
    /// have changed since, and with
    /// [`Retry`](crate::Refusal::Retry) while its password is being changed; [`Error::Store`],
    /// [`Error::Session`], [`Error::Contention`] or [`Error::Entropy`].
    pub async fn password_verified(
        &self,
        mut proof: PasswordVerified,
        device_cookie: Option<&str>,
    ) -> Result<Login, Error<S::Error>> {
        let device = device_cookie.and_then(|text| DeviceToken::parse(text).ok());
        // If another verifier read it, this one has to read the account itself.
        let read = proof.check.take_read::<Result<_, Error<S::Error>>>(self.reader()).transpose()?;
        let rule = |draft: &mut Draft<'_>| rule::password_verified(draft, &proof, device.as_ref());
        let login = self.decide_from(read, proof.account(), rule).await?;
        Ok(login.unwrap_or(Login::EnrollmentRequired(proof)))
    }

    /// The second step: takes a code, codes in a row or a recovery code for the challenge, or the proof of an
    /// authenticator that the host verified.
    ///
    /// The form of what the claimant typed tells which it is. After a recovery code all remembered devices
    /// are forgotten, and this one is not remembered.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if it is not accepted; otherwise as for [every call](Verifier).
    pub async fn present<'a>(
        &self,
        challenge: &ChallengeToken,
        presented: impl Into<Presented<'a>>,
        remember: Remember<'_>,
    ) -> Result<Accepted, Error<S::Error>> {
        let presented = presented.into();
        self.decide(challenge.account(), |draft| rule::present(draft, challenge, &presented, remember)).await
    }

    /// Begins a try of a recovery code of an old system, for an account that was [imported](Self::import)
    /// with such codes. The try is charged to the guess budget first. Then the host compares what was typed
    /// with its old hashes. If one matches, the host passes its name to [`OldRecoveryCodeTry::was`] and
    /// [presents](Self::present) the result. The completion of the login gives the charge back.
    ///
    /// Use it if [`present`](Self::present) answered [`Malformed`](crate::Refusal::Malformed): what was typed
    /// is neither a code nor a recovery code of this library. Tries count for the alarm when they are made,
    /// like wrong codes. The fifth ends the challenge, but can still be presented if it was right.
    ///
    /// An old code may look like what this library reads: as many digits as a code of one of the account's
    /// apps, or as codes in a row of it, or 26 letters and digits but no 9, like a recovery code. Then `present`
    /// reads it as such: it answers [`NotAccepted`](crate::Refusal::NotAccepted) or, under a lock,
    /// [`Locked`](crate::Refusal::Locked), and never `Malformed`. If the old system had such codes, give them a
    /// field of their own in the form, and call this for that field without calling `present` first.
    ///
    /// ```
    /// use second_factor::enrollment::ImportedSecret;
    /// use second_factor::session::Import;
    /// use second_factor::{
    ///     AccountId, AuthMethod, KeyRing, Login, MemoryStore, PasswordVerified, Policy, Refusal, Remember, SealingKey, Secret,
    ///     TotpParams, Verifier,
    /// };
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use second_factor::OsEntropy;
    /// # let keys = KeyRing::new(1, SealingKey::generate(&mut OsEntropy)?);
    /// # let verifier = Verifier::new(MemoryStore::new(), Policy::new("Example")?, keys);
    /// // The table of the old system: ids and hashes.
    /// let old_codes = [("31", bcrypt::hash("h7kq-w2mz", 4)?), ("32", bcrypt::hash("p9xd-c4tn", 4)?)];
    /// let alice = AccountId::new("user-7")?;
    /// let secret = ImportedSecret::new(Secret::from_base32("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")?)?;
    /// let import = Import::by_host(alice.clone(), secret, TotpParams::default())
    ///     .recovery_codes(old_codes.iter().map(|(id, _)| id))?
    ///     .quietly();
    /// let _ = verifier.import(import).await?; // sessions go on
    ///
    /// // The login, once the host has compared the password.
    /// let proof = PasswordVerified::by_host(verifier.check_password(&alice).await);
    /// let Login::CodeRequired(challenge) = verifier.password_verified(proof, None).await? else {
    ///     unreachable!("an authenticator is bound");
    /// };
    /// let typed = "p9xd-c4tn";
    /// let presented = verifier.present(&challenge, typed, Remember::No).await;
    /// assert_eq!(presented.unwrap_err().refusal(), Some(Refusal::Malformed));
    ///
    /// // Charged before it is compared.
    /// let tried = verifier.try_old_recovery_code(&challenge).await?;
    /// let right = old_codes.iter().find(|(_, hash)| bcrypt::verify(typed, hash).unwrap_or(false));
    /// let Some((id, _)) = right else {
    ///     return Ok(()); // "not accepted", and the form again
    /// };
    /// let accepted = verifier.present(&challenge, tried.was(id), Remember::No).await?;
    /// assert_eq!(accepted.authenticated.method(), AuthMethod::RecoveryCode);
    /// assert_eq!(accepted.recovery_codes_left, 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the challenge is over, the budget does not cover the try, or no recovery code is
    /// left; otherwise as for [every call](Verifier).
    pub async fn try_old_recovery_code(
        &self,
        challenge: &ChallengeToken,
    ) -> Result<OldRecoveryCodeTry, Error<S::Error>> {
        self.decide(challenge.account(), |draft| rule::try_old_recovery_code(draft, challenge)).await
    }

    /// Takes a fresh factor for something sensitive, from the web form of that step itself: a code,
    /// codes in a row, a recovery code, or the proof of an authenticator that the host verified.
    ///
    /// The form of what the claimant typed tells which it is. A wrong code or recovery code is charged to the
    /// account's guess budget, and nothing refunds it.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if it is not accepted, the session is over, or the account has no authenticator;
    /// with [`AlreadyDone`](crate::Refusal::AlreadyDone) if the same code or proof made this session's last
    /// step-up, less than a minute ago. Otherwise as for [every call](Verifier).
    pub async fn fresh_factor<'a>(
        &self,
        session: &Session,
        presented: impl Into<Presented<'a>>,
    ) -> Result<FreshFactor, Error<S::Error>> {
        let presented = presented.into();
        self.decide(session.account(), |draft| rule::fresh_factor(draft, session, &presented)).await
    }

    /// Takes what a change of credentials needs: the password, just typed again, and, if an authenticator is
    /// bound, a [fresh factor](Self::fresh_factor). If none is bound, what is presented is ignored.
    ///
    /// Somebody who logged in with a recovery code in the last hour must have lost the authenticator. If they
    /// leave the code blank, the password is enough to begin the enrollment of a new one, but for nothing else.
    /// This ends when new recovery codes are made: then one of those must be presented.
    ///
    /// # Errors
    ///
    /// As for [`fresh_factor`](Self::fresh_factor); [`Error::Session`] for the password of another account.
    pub async fn reauthenticate<'a>(
        &self,
        session: &Session,
        password: PasswordVerified,
        presented: impl Into<Presented<'a>>,
    ) -> Result<Reauthenticated, Error<S::Error>> {
        let presented = presented.into();
        let rule = |draft: &mut Draft<'_>| rule::reauthenticate(draft, session, &password, &presented);
        let beside = self.decide(session.account(), rule).await?;
        Ok(Reauthenticated { password, session: session.id(), beside })
    }

    /// Whether this session is still alive. Call it on every request that the session authenticates.
    ///
    /// # Errors
    ///
    /// As for [every call](Verifier), but never refused.
    pub async fn is_current(&self, session: &Session) -> Result<bool, Error<S::Error>> {
        let (record, _) = self.load(session.account()).await?;
        Ok(record.is_current(session, self.now(), self.policy()))
    }
}
