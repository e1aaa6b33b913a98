//! Logins with an undefined token key, and look-ups in a record whose digests are undefined.

use second_factor::session::{Keys, Presented, StoreSecretsInClear, TokenKey, TokenKeys};
use second_factor::{
    AccountRecord, ChallengeToken, HostAuthenticatorKind, HostAuthenticatorVerified, Login,
    NewHostAuthenticator, Refusal, Remember, Secret, Session,
};
use second_factor_benches::{Service, valgrind, without_a_seal};
use serde_json::Value;

use crate::secret;

/// Presents every recovery code of the record, and one that is not in it.
pub fn recovery_code() {
    let service = Service::enrolled(without_a_seal());
    let challenge = service.challenge();
    let stored = service.record();
    let undefined = undefined_bytes(&stored, "/record/recovery", 10);

    // Reading what the claimant types branches on every character of it, so here the stored digests are
    // undefined instead.
    let shown = service.recovery_codes.iter().map(|code| (code.as_str(), true));
    for (typed, is_there) in shown.chain([(OF_NOBODY, false)]) {
        service.put(&undefined);
        let outcome = service.verifier.present(&challenge, typed, Remember::No);
        assert_eq!(outcome.is_ok(), is_there);
    }
}

/// Presents the current token of a device and the previous one, within the grace period and after it, and
/// forged tokens.
pub fn device_token() {
    let service = Service::enrolled(undefined_keys());
    let first: Vec<_> = (0..3).map(|_| public(service.remember().expose())).collect();
    service.wait(60);
    let second: Vec<_> = first.iter().map(|cookie| remembered(&service, cookie)).collect();
    let in_grace = service.record();
    for (first, second) in first.iter().zip(&second) {
        for cookie in [first, second] {
            service.put(&in_grace);
            assert_eq!(&remembered(&service, cookie), second);
        }
    }
    service.wait(60);
    for (first, second) in first.iter().zip(&second) {
        service.put(&in_grace);
        assert_ne!(&remembered(&service, second), second);
        for cookie in [first.clone(), forged(second, 0), forged(second, 51)] {
            service.put(&in_grace);
            assert!(matches!(service.log_in(Some(&cookie)), Login::CodeRequired(_)));
        }
    }
}

/// Presents a challenge with the right code and with a wrong one, and forged challenges.
pub fn challenge() {
    let service = Service::enrolled(undefined_keys());
    let text = public(service.challenge().expose());
    let (code, stored) = (service.code(), service.record());
    let present = |text: &str, code: &str| {
        service.put(&stored);
        let challenge = ChallengeToken::parse(text).expect("a challenge");
        service.verifier.present(&challenge, code, Remember::No).map_err(|error| error.refusal())
    };
    assert!(present(&text, &code).is_ok());
    assert_eq!(present(&text, "000000").err(), Some(Some(Refusal::NotAccepted)));
    for place in [0, 51] {
        assert_eq!(present(&forged(&text, place), &code).err(), Some(Some(Refusal::ChallengeOver)));
    }
}

/// Presents the last accepted proof of a passkey again, and another one. The stored digest is undefined.
pub fn host_proof() {
    let service = Service::enrolled(without_a_seal());
    let session = with_passkey(&service);
    let _ = service.verifier.fresh_factor(&session, signed(&service, b"one")).expect("a new proof");
    let stored = service.record();
    let challenge = service.challenge();
    for (challenge_signed, is_new) in [(b"one", false), (b"two", true)] {
        service.put(&undefined_bytes(&stored, "/record/authenticators/1/prover/host/proof", 1));
        let proof = signed(&service, challenge_signed);
        let answer = service.verifier.present(&challenge, proof, Remember::No);
        assert_eq!(answer.map_err(|error| error.refusal()).is_ok(), is_new);
    }
}

/// Sends the form of a step-up again, and another one in the same session. The stored tag of the code, or digest
/// of the proof, is undefined.
pub fn form_sent_twice() {
    let service = Service::enrolled(without_a_seal());
    let session = with_passkey(&service);
    service.wait(30);
    let code = service.code();
    let fresh_factor = |presented: Presented<'_>| {
        service.verifier.fresh_factor(&session, presented).map(drop).map_err(|error| error.refusal())
    };
    assert_eq!(fresh_factor(code.as_str().into()), Ok(()));
    let stored = service.record();
    for (typed, refusal) in [(code.as_str(), Refusal::AlreadyDone), ("000000", Refusal::NotAccepted)] {
        service.put(&undefined_bytes(&stored, "/record/step_up/what/code", 1));
        assert_eq!(fresh_factor(typed.into()), Err(Some(refusal)));
    }

    assert_eq!(fresh_factor(signed(&service, b"one").into()), Ok(()));
    let stored = service.record();
    for (challenge_signed, answer) in [(b"one", Err(Some(Refusal::AlreadyDone))), (b"two", Ok(()))] {
        service.put(&undefined_bytes(&stored, "/record/step_up/what/host/proof", 1));
        assert_eq!(fresh_factor(signed(&service, challenge_signed).into()), answer);
    }
}

/// A recovery code that no account has.
const OF_NOBODY: &str = "MFRGG-ZDFMZ-TWQ2L-KNNWG-23TPOA";

/// Keys whose token key is undefined, and so is everything that it signs.
fn undefined_keys() -> Keys {
    Keys::new(StoreSecretsInClear, TokenKeys::new(1, TokenKey::new(secret([7; 32]))))
}

/// Binds a passkey, and logs in with a code.
fn with_passkey(service: &Service) -> Session {
    let log_in = || {
        let answer = service.verifier.present(&service.challenge(), service.code().as_str(), Remember::No);
        answer.expect("the right code").authenticated.into_session()
    };
    let session = log_in();
    service.wait(30);
    let fresh = service.verifier.fresh_factor(&session, service.code().as_str()).expect("the right code");
    let passkey = NewHostAuthenticator::new(CREDENTIAL, HostAuthenticatorKind::HardwareKey);
    let _ = service.verifier.bind_host_authenticator(fresh, passkey).expect("a fresh factor");
    log_in()
}

const CREDENTIAL: &[u8] = b"a credential";

/// The proof that the passkey signed this challenge.
fn signed(service: &Service, challenge: &[u8]) -> HostAuthenticatorVerified {
    HostAuthenticatorVerified::by_host(service.account.clone(), CREDENTIAL, challenge)
}

/// The token that a remembered device gets when it logs in.
fn remembered(service: &Service, cookie: &str) -> String {
    match service.log_in(Some(cookie)) {
        Login::Complete(accepted) => {
            public(accepted.device.expect("the current token, or the next").expose())
        }
        other => panic!("the device is remembered: {other:?}"),
    }
}

/// Marks the text of a token, including its tag, as public: whoever presents it knows it.
fn public(text: &str) -> String {
    let text = text.to_owned();
    valgrind::make_defined(text.as_bytes());
    text
}

/// The token with the character at `place` of its tag replaced. The last character of a tag stands for one
/// bit.
fn forged(text: &str, place: usize) -> String {
    let (body, tag) = text.rsplit_once('.').expect("a tag");
    let other = if tag[place..].starts_with('A') { "Q" } else { "A" };
    format!("{body}.{}{other}{}", &tag[..place], &tag[place + 1..])
}

/// The record, with the bytes undefined that this field (or each of its `count` entries) has as base32 text. In
/// postcard they are plain bytes, and reading copies them without a branch.
fn undefined_bytes(record: &AccountRecord, field: &str, count: usize) -> AccountRecord {
    let stored = postcard::to_allocvec(record).expect("postcard");
    let json = serde_json::to_value(record).expect("JSON");
    let field = json.pointer(field).expect("the field");
    let texts = field.as_array().map_or(std::slice::from_ref(field), Vec::as_slice);
    assert_eq!(texts.len(), count);
    let mut places = Vec::new();
    for bytes in texts.iter().map(decode) {
        // The digest of a proof occurs twice: in the authenticator, and as the last step-up.
        let is_here = |at: &usize| stored[*at..].starts_with(&bytes);
        let found: Vec<_> = (0..stored.len()).filter(is_here).map(|at| at..at + bytes.len()).collect();
        assert!(!found.is_empty(), "the bytes are not stored as they are");
        places.extend(found);
    }
    // Marked only after the search, which branches on them.
    for place in places {
        valgrind::make_undefined(&stored[place]);
    }
    postcard::from_bytes(&stored).expect("a record")
}

fn decode(text: &Value) -> Vec<u8> {
    Secret::from_base32_strict(text.as_str().expect("base32")).expect("base32").expose().to_vec()
}
