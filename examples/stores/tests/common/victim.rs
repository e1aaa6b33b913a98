//! An account whose password is known to an attacker, with what its owner has and what was stolen.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use second_factor::testing::{AuthenticatorApp, ManualClock};
use second_factor::{
    Accepted, AccountId, Clock, DeviceToken, KeyRing, Login, OsEntropy, PasswordVerified, Policy, Remember,
    SealingKey, Session, Store, UnixTime, Verifier,
};

use super::STEP;
use super::counting::Counting;

/// Of the form of a recovery code, and nobody's.
pub const NO_RECOVERY_CODE: &str = "MFRGG-ZDFMZ-TWQ2L-KNNWG-23TPOA";

pub type Service<S> = Verifier<Counting<S>>;

/// An instance of the service.
pub fn service<S: Store>(store: Counting<S>, clock: ManualClock) -> Service<S> {
    let (policy, ring) = (Policy::new("Example").unwrap(), KeyRing::new(1, SealingKey::new([7; 32])));
    Verifier::with_sources(store, policy, ring, clock, OsEntropy)
}

/// The owner types it, or the attacker.
pub async fn password<S: Store>(verifier: &Service<S>, account: &AccountId) -> PasswordVerified {
    PasswordVerified::by_host(verifier.check_password(account).await)
}

/// The token with another tag.
pub fn forged(token: &str) -> String {
    let (body, tag) = token.rsplit_once('.').unwrap();
    let other = if tag.starts_with('A') { 'B' } else { 'A' };
    format!("{body}.{other}{}", &tag[1..])
}

pub struct Victim {
    pub id: AccountId,
    pub recovery_code: String,
    phone: AuthenticatorApp,
    /// The token of the device that only its owner has.
    pub desk: String,
    /// That the owner is logged in with.
    pub session: Mutex<Option<Session>>,
    stolen: Mutex<Stolen>,
    hour: Mutex<(UnixTime, String)>,
    guesses: AtomicUsize,
}

/// Copies of what a second device held.
struct Stolen {
    session: Session,
    first: String,
    latest: String,
}

impl Stolen {
    fn from(accepted: Accepted) -> Self {
        let token = accepted.device.as_ref().unwrap().expose().to_owned();
        Self { session: accepted.authenticated.into_session(), first: token.clone(), latest: token }
    }
}

impl Victim {
    /// Accounts with a phone and two remembered devices.
    pub async fn many<S: Store>(verifier: &Service<S>, clock: &ManualClock, count: usize) -> Vec<Self> {
        let mut victims = Vec::new();
        for number in 0..count {
            victims.push(Self::enroll(verifier, clock, &format!("victim-{number}")).await);
        }
        victims
    }

    async fn enroll<S: Store>(verifier: &Service<S>, clock: &ManualClock, id: &str) -> Self {
        let id = AccountId::new(id).unwrap();
        let proof = password(verifier, &id).await;
        let begun = verifier.begin_enrollment(proof, id.as_str()).await.unwrap();
        let phone = AuthenticatorApp::scan(&begun.uri);
        let confirmed = verifier.confirm_enrollment(&begun.token, &phone.code(clock.now())).await.unwrap();
        let (codes, _nobody_is_logged_in) = confirmed.into_parts();
        let recovery_code = codes.unwrap().to_lines().expose().lines().next().unwrap().to_owned();

        let mut devices = Vec::new();
        for label in ["desk", "laptop"] {
            clock.advance(STEP);
            let proof = password(verifier, &id).await;
            let Login::CodeRequired(challenge) = verifier.password_verified(proof, None).await.unwrap()
            else {
                panic!("{id}: no code was asked for");
            };
            let remember = Remember::ThisDevice { label };
            devices.push(verifier.present(&challenge, &phone.code(clock.now()), remember).await.unwrap());
        }
        let laptop = Stolen::from(devices.pop().unwrap());
        let desk = Stolen::from(devices.pop().unwrap()).first;
        Self {
            id,
            recovery_code,
            phone,
            desk,
            session: Mutex::new(None),
            stolen: Mutex::new(laptop),
            hour: Mutex::new((clock.now(), String::new())),
            guesses: AtomicUsize::new(0),
        }
    }

    /// For how long this is the time, the attacker has so many guesses.
    pub fn begin_hour(&self, now: UnixTime, guesses: usize) {
        *self.hour.lock().unwrap() = (now, self.phone.wrong_code(now));
        self.guesses.store(guesses, Ordering::SeqCst);
    }

    pub fn may_guess(&self) -> bool {
        self.guesses.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
    }

    pub fn code(&self) -> String {
        self.phone.code(self.hour.lock().unwrap().0)
    }

    pub fn codes_in_a_row(&self) -> String {
        self.phone.codes_in_a_row(self.hour.lock().unwrap().0)
    }

    pub fn wrong_code(&self) -> String {
        self.hour.lock().unwrap().1.clone()
    }

    pub fn wrong_row(&self) -> String {
        self.wrong_code().repeat(4)
    }

    pub fn stolen_session(&self) -> Session {
        self.stolen.lock().unwrap().session.clone()
    }

    pub fn stolen_token(&self) -> String {
        self.stolen.lock().unwrap().latest.clone()
    }

    pub fn first_stolen_token(&self) -> String {
        self.stolen.lock().unwrap().first.clone()
    }

    /// The attacker has a copy of this, too.
    pub fn steal(&self, accepted: Accepted) {
        *self.stolen.lock().unwrap() = Stolen::from(accepted);
    }

    /// The token that the attacker was given for the one before.
    pub fn keep_stolen(&self, next: Option<DeviceToken>) {
        if let Some(next) = next {
            self.stolen.lock().unwrap().latest = next.expose().to_owned();
        }
    }
}
