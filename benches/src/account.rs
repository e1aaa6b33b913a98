use second_factor::session::{self, Context, Decision, Entropy, Policy, Reauthenticated, Seal};
use second_factor::{
    Accepted, AccountId, AccountRecord, ChallengeToken, DeviceToken, Login, PasswordVerified, RecoveryCodes,
    Refusal, Remember, Totp, TotpParams, UnixTime,
};

use crate::Dice;

/// An account whose owner has an authenticator, as the pure decisions see it: a record, and no store around it.
pub struct Account<S> {
    /// What is stored.
    pub record: AccountRecord,
    /// The time of every decision.
    pub now: UnixTime,
    policy: Policy,
    seal: S,
    phone: Totp,
}

impl<S: Seal> Account<S> {
    /// Enrolls the owner under this seal; the recovery codes are made of `entropy`.
    ///
    /// # Panics
    ///
    /// If that fails.
    pub fn enrolled(seal: S, entropy: Entropy) -> (Self, RecoveryCodes) {
        let policy = Policy::new("Example").expect("an issuer");
        let id = AccountId::new("alice").expect("an id");
        let now = UnixTime::from_secs(1_700_000_010);
        let proof = Reauthenticated::Password(PasswordVerified::by_host(id.clone()));
        let context = Context { now, policy: &policy, seal: &seal };
        let begun = session::begin_enrollment(
            &AccountRecord::new(id),
            &proof,
            "alice@example.com",
            &context,
            random(&mut Dice(1)),
        );
        let Decision { outcome: Ok(begun), next: Some(record), .. } = begun.expect("a decision") else {
            panic!("no authenticator yet")
        };
        let phone = Totp::new(begun.uri.secret(), TotpParams::default());
        let code = phone.generate(now);
        let confirmed = session::confirm_enrollment(&record, &begun.token, code.expose(), &context, entropy);
        let Decision { outcome: Ok(confirmed), next: Some(record), .. } = confirmed.expect("a decision")
        else {
            panic!("the right code")
        };
        (Self { record, now, policy, seal, phone }, confirmed.recovery_codes)
    }

    /// The password step of a browser that is not remembered, one time step later; the record is stored.
    ///
    /// # Panics
    ///
    /// If it asks for no code.
    pub fn challenge(&mut self) -> ChallengeToken {
        self.now = UnixTime::from_secs(self.now.as_secs() + 30);
        match self.password_step(None, random(&mut Dice(self.now.as_secs()))) {
            Decision { outcome: Login::CodeRequired(challenge), next: Some(record), .. } => {
                self.record = record;
                challenge
            }
            other => panic!("no code asked for: {other:?}"),
        }
    }

    /// Logs in with a code and has a device remembered, whose token is made of `entropy`; the record is stored.
    ///
    /// # Panics
    ///
    /// If that fails.
    pub fn remember(&mut self, entropy: Entropy) -> DeviceToken {
        let challenge = self.challenge();
        match self.code_step(&challenge, &self.code(), Remember::ThisDevice { label: "Firefox" }, entropy) {
            Decision { outcome: Ok(Accepted { device: Some(token), .. }), next: Some(record), .. } => {
                self.record = record;
                token
            }
            _ => panic!("the right code"),
        }
    }

    /// Logs in on a remembered device; the record is stored, and this is the device's new token.
    ///
    /// # Panics
    ///
    /// If the token is not the device's present one.
    pub fn rotate(&mut self, token: &DeviceToken, seed: u64) -> DeviceToken {
        match self.password_step(Some(token), random(&mut Dice(seed))) {
            Decision {
                outcome: Login::Complete(Accepted { device: Some(token), .. }),
                next: Some(record),
                ..
            } => {
                self.record = record;
                token
            }
            other => panic!("not the present token: {other:?}"),
        }
    }

    /// The code that the owner reads off the phone now.
    pub fn code(&self) -> String {
        self.phone.generate(self.now).expose().to_owned()
    }

    /// [`session::password_verified`] on the record.
    ///
    /// # Panics
    ///
    /// If nothing is decided, as also below.
    pub fn password_step(&self, device: Option<&DeviceToken>, entropy: Entropy) -> Decision<Login> {
        let proof = PasswordVerified::by_host(self.record.account().clone());
        session::password_verified(&self.record, &proof, device, &self.context(), entropy)
            .expect("a decision")
    }

    /// [`session::present_code`] on the record.
    ///
    /// # Panics
    ///
    /// As above.
    pub fn code_step(
        &self,
        challenge: &ChallengeToken,
        code: &str,
        remember: Remember<'_>,
        entropy: Entropy,
    ) -> Decision<Result<Accepted, Refusal>> {
        session::present_code(&self.record, challenge, code, remember, &self.context(), entropy)
            .expect("a decision")
    }

    /// [`session::present_recovery_code`] on the record.
    ///
    /// # Panics
    ///
    /// As above.
    pub fn recovery_step(
        &self,
        challenge: &ChallengeToken,
        code: &str,
        entropy: Entropy,
    ) -> Decision<Result<Accepted, Refusal>> {
        session::present_recovery_code(&self.record, challenge, code, &self.context(), entropy)
            .expect("a decision")
    }

    fn context(&self) -> Context<'_> {
        Context { now: self.now, policy: &self.policy, seal: &self.seal }
    }
}

/// Random bytes for one decision.
pub fn random(rng: &mut Dice) -> Entropy {
    match Entropy::draw(rng) {
        Ok(entropy) => entropy,
        Err(never) => match never {},
    }
}
