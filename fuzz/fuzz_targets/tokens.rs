//! A text is a token of at most one kind, and the only spelling of that token. No changed text of a signed token is valid.
//!
//! The input is a text; or, after a zero byte, an account id (with its length first), and then where and how a signed token is
//! changed.
#![no_main]

use std::sync::{Arc, LazyLock, Mutex};

use libfuzzer_sys::fuzz_target;
use second_factor::session::{AuthenticatorId, DeviceId, EnrollmentToken, NewAuthenticator, SealingKey};
use second_factor::verifier::Error;
use second_factor::{
    AccountId, BlockingVerifier, ChallengeToken, DeviceToken, KeyRing, Login, MemoryStore, PasswordVerified,
    Policy, Refusal, Remember, TotpParams,
};
use second_factor_fuzz::{HandClock, Phone, Repeatable, START};

fuzz_target!(|data: &[u8]| match data.split_first() {
    Some((0, rest)) => signed(rest),
    _ => assert!(read(&String::from_utf8_lossy(data)) <= 1, "the text is a token of several kinds"),
});

/// Parses a text as each kind. Returns as how many kinds it can be parsed.
fn read(text: &str) -> usize {
    let (challenge, enrollment) = (ChallengeToken::parse(text), EnrollmentToken::parse(text));
    let (device, id) = (DeviceToken::parse(text), DeviceId::parse(text));
    // The ids of devices and of authenticators have the same spelling.
    let of_authenticator = AuthenticatorId::parse(text).map(|id| id.to_string());
    assert_eq!(of_authenticator.ok(), id.as_ref().ok().map(ToString::to_string));
    let exposed = [
        challenge.as_ref().ok().map(|token| token.expose().to_owned()),
        enrollment.as_ref().ok().map(|token| token.expose().to_owned()),
        device.as_ref().ok().map(|token| token.expose().to_owned()),
        id.as_ref().ok().map(ToString::to_string),
    ];
    let read: Vec<&String> = exposed.iter().flatten().collect();
    assert!(read.iter().all(|spelling| *spelling == text), "a token has several spellings");
    assert!(read.is_empty() || text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.'));

    let account = [
        challenge.as_ref().ok().map(ChallengeToken::account),
        enrollment.as_ref().ok().map(EnrollmentToken::account),
        device.as_ref().ok().map(DeviceToken::account),
    ];
    for account in account.into_iter().flatten() {
        assert_eq!(AccountId::new(account.as_str()).as_ref(), Ok(account));
    }
    let json = serde_json::to_string(text).expect("JSON");
    assert_eq!(serde_json::from_str::<ChallengeToken>(&json).is_ok(), challenge.is_ok());
    assert_eq!(serde_json::from_str::<EnrollmentToken>(&json).is_ok(), enrollment.is_ok());
    assert_eq!(serde_json::from_str::<DeviceToken>(&json).is_ok(), device.is_ok());
    let kinds = [
        challenge.map(|token| format!("{token:?}")).unwrap_or_default(),
        enrollment.map(|token| format!("{token:?}")).unwrap_or_default(),
        device.map(|token| format!("{token:?}")).unwrap_or_default(),
    ];
    assert!(kinds.iter().all(|said| said.is_empty() || said.ends_with("Token(..)")));
    read.len()
}

/// Signs a token of each kind, and changes one of the texts.
fn signed(data: &[u8]) {
    let Some((length, rest)) = data.split_first() else { return };
    let Some((id, change)) = rest.split_at_checked(usize::from(*length)) else { return };
    let Ok(account) = AccountId::new(String::from_utf8_lossy(id)) else { return };
    let owner = Owner::of(&account);
    assert!(owner.challenge(&owner.open) && owner.device(&owner.cookie));
    assert!(owner.enrollment(&owner.beside) && owner.enrollment(&owner.replacing));

    let texts = [&owner.open, &owner.cookie, &owner.beside, &owner.replacing];
    assert!(texts.iter().all(|text| read(text) == 1));
    let [kind, change @ ..] = change else { return };
    let text = texts[usize::from(kind % 4)];
    // The rest does not depend on the account's id: a token has it itself.
    let Some(changed) = changed(text, &texts, change) else { return };
    assert!(read(&changed) <= 1);
    for changed in [changed.as_str(), &changed.to_lowercase(), &format!("{changed}A")] {
        if !texts.contains(&&changed.to_owned()) {
            assert!(
                !owner.challenge(changed) && !owner.device(changed) && !owner.enrollment(changed),
                "{changed}"
            );
        }
    }
}

/// The text with some bytes replaced, a part taken from another token, or its prefix exchanged.
fn changed(text: &str, others: &[&String; 4], change: &[u8]) -> Option<String> {
    let ([how, at, change @ ..], mut parts) = (change, text.split('.').collect::<Vec<_>>()) else {
        return None;
    };
    let other: Vec<&str> = others[usize::from(at % 4)].split('.').collect();
    if how % 4 < 3 {
        let place = usize::from(how % 4);
        parts[place] = other[place];
        return Some(parts.join("."));
    }
    let mut bytes = text.as_bytes().to_vec();
    for pair in change.chunks_exact(3) {
        let place = usize::from(u16::from_le_bytes([pair[0], pair[1]])) % bytes.len();
        bytes[place] = SYMBOLS[usize::from(pair[2]) % SYMBOLS.len()];
    }
    String::from_utf8(bytes).ok()
}

const SYMBOLS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567.cde1";

/// An account with an open login, a remembered device and two enrollments, one of an additional authenticator and one of a
/// replacement; in a service of its own.
struct Owner {
    verifier: BlockingVerifier<Arc<MemoryStore>>,
    account: AccountId,
    open: String,
    cookie: String,
    beside: String,
    replacing: String,
}

impl Owner {
    fn of(account: &AccountId) -> Self {
        let clock = Arc::new(HandClock::at(START));
        let ring = KeyRing::new(1, SealingKey::new([7; 32]));
        let (store, random) = (Arc::new(MemoryStore::new()), Mutex::new(Repeatable(1)));
        let verifier = BlockingVerifier::with_sources(store, POLICY.clone(), ring, clock.clone(), random);
        let password = || PasswordVerified::by_host(verifier.check_password(account));
        let begun = verifier.begin_enrollment(password(), "somebody@example.com").expect("nothing is bound");
        let phone = Phone::new(begun.uri.secret(), TotpParams::default());
        let code = |secs| phone.code_of(phone.step(secs).expect("after 1970"));
        let _ = verifier.confirm_enrollment(&begun.token, &code(START)).expect("the right code");

        clock.set(START + 30);
        let challenge = || match verifier.password_verified(password(), None) {
            Ok(Login::CodeRequired(challenge)) => challenge,
            other => panic!("{other:?}"),
        };
        let ticked = Remember::ThisDevice { label: "a browser" };
        let accepted = verifier.present(&challenge(), &code(START + 30), ticked).expect("the right code");
        let (cookie, session) = (accepted.device.expect("ticked"), accepted.authenticated.into_session());
        let open = challenge();
        clock.set(START + 60);
        let fresh = verifier.fresh_factor(&session, &code(START + 60)).expect("the right code");
        let beside = verifier.begin_enrollment(fresh, "somebody@example.com").expect("a fresh factor").token;
        clock.set(START + 90);
        let fresh = verifier.fresh_factor(&session, &code(START + 90)).expect("the right code");
        let bound = verifier.status(account).expect("it can be read").authenticators[0].id;
        let new = NewAuthenticator::app("somebody@example.com").label("Tablet").replacing(bound);
        let replacing = verifier.begin_enrollment(fresh, new).expect("a fresh factor").token;
        let texts = [open.expose(), cookie.expose(), beside.expose(), replacing.expose()];
        let [open, cookie, beside, replacing] = texts.map(str::to_owned);
        Self { verifier, account: account.clone(), open, cookie, beside, replacing }
    }

    /// Whether the challenge accepts proofs. No code has the form that is typed here, so none is charged.
    fn challenge(&self, text: &str) -> bool {
        let Ok(token) = ChallengeToken::parse(text) else { return false };
        match self.verifier.present(&token, "no code", Remember::No) {
            Err(Error::Refused(Refusal::Malformed)) => true,
            Err(Error::Refused(Refusal::ChallengeOver)) => false,
            other => panic!("{other:?}"),
        }
    }

    fn device(&self, text: &str) -> bool {
        let password = PasswordVerified::by_host(self.verifier.check_password(&self.account));
        match self.verifier.password_verified(password, Some(text)) {
            Ok(Login::Complete(_)) => true,
            Ok(Login::CodeRequired(_)) => false,
            other => panic!("{other:?}"),
        }
    }

    fn enrollment(&self, text: &str) -> bool {
        let Ok(token) = EnrollmentToken::parse(text) else { return false };
        match self.verifier.pending_enrollment(&token) {
            Ok(_) => true,
            Err(Error::Refused(Refusal::EnrollmentOver)) => false,
            other => panic!("{other:?}"),
        }
    }
}

static POLICY: LazyLock<Policy> = LazyLock::new(|| Policy::new("Example").expect("a policy"));
