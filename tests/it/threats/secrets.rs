//! Secrets that leak or are weak, and missing secrets that let everybody in: threat A20, failures F27, F28, F32, F33.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use second_factor::enrollment::{ImportedSecret, SecretTooShort};
use second_factor::session::{
    EventKind, RefusedBecause, Remember, Seal, SealError, Sealed, SealingKey, SessionError,
    StoreSecretsInClear, TokenKey, TokenKeys,
};
use second_factor::store::{Change, Expected, Revision, Swap, Versioned};
use second_factor::verifier::{ChangePasswordError, EntropyError, EntropySource, Error};
use second_factor::{
    AccountId, AccountRecord, Algorithm, AuthMethod, BlockingStore, BlockingVerifier, ChallengeToken, Digits,
    KeyRing, Keys, Login, MemoryStore, PasswordReset, PasswordVerified, Period, Policy, Refusal, Secret,
    TotpParams, UnixTime,
};

use crate::support::tokens::Parts;
use crate::support::{
    EventLog, Phone, START, STEP, TestClock, TestRng, World, code_required, is_refused_because, refusal,
};

#[test]
fn a20a_a_generated_secret_has_at_least_160_bits() {
    for (algorithm, bytes) in [(Algorithm::Sha1, 20), (Algorithm::Sha256, 32), (Algorithm::Sha512, 64)] {
        let totp = TotpParams::new(algorithm, Digits::Six, Period::default());
        let world = World::with_policy(Policy::builder("Example").totp(totp).build().unwrap());
        let begun = world.begin();
        assert_eq!(begun.uri.secret().expose().len(), bytes);
        assert_eq!(begun.uri.secret().bits(), 8 * bytes);
        let generated = Secret::generate(algorithm, &mut TestRng(3)).unwrap();
        assert_eq!(generated.expose().len(), bytes);
    }
    assert_eq!(World::new().begin().uri.secret().bits(), 160, "by default");
}

#[test]
fn a20a_an_imported_secret_has_at_least_128_bits() {
    // `Secret` accepts any length that sites issue. Only two calls import one into an account, and the name of the weaker
    // one says so.
    for bytes in 1..=Secret::MAX_LEN {
        let secret = Secret::new(&vec![7; bytes]).unwrap();
        let found_bits = 8 * bytes;
        let told = |error: SecretTooShort| (error.found_bits, error.floor_bits);
        assert_eq!(
            ImportedSecret::new(secret.clone()).err().map(told),
            (bytes < 16).then_some((found_bits, 128)),
            "{bytes} bytes"
        );
        assert_eq!(
            ImportedSecret::legacy(secret).err().map(told),
            (bytes < 10).then_some((found_bits, 80)),
            "{bytes} bytes"
        );
    }
    // The bits of whole bytes count: 16 base32 characters are 80 bits; 26 are 130, of which 128 count.
    let characters = |count: usize| Secret::from_base32(&"A".repeat(count)).unwrap();
    assert!(ImportedSecret::new(characters(16)).is_err());
    assert!(ImportedSecret::new(characters(24)).is_err());
    assert!(ImportedSecret::new(characters(26)).is_ok());
}

/// Edits the stored record of this account as JSON.
fn edit(store: &MemoryStore, account: &AccountId, edit: impl FnOnce(&mut serde_json::Value)) {
    let row = store.load(account).unwrap().unwrap();
    let mut json = serde_json::to_string(&row.value).and_then(|text| serde_json::from_str(&text)).unwrap();
    edit(&mut json);
    let record: AccountRecord = serde_json::from_str(&json.to_string()).unwrap();
    let next = Revision::new(row.revision.get() ^ 1);
    let change = Change::new(Expected::At(row.revision), next, &record, &[]);
    assert_eq!(store.compare_and_swap(account, change).unwrap(), Swap::Stored);
}

fn sealed_secret(store: &MemoryStore, account: &AccountId) -> serde_json::Value {
    let mut found = serde_json::Value::Null;
    edit(store, account, |json| {
        found = json["record"]["authenticators"][0]["prover"]["app"]["secret"].clone();
    });
    assert!(found["sealed"].is_string());
    found
}

#[test]
fn a20b_a_ciphertext_copied_to_another_account_does_not_open() {
    let (world, phone, _) = World::enrolled();
    let bob = World { account: AccountId::new("bob").unwrap(), ..world };
    let _ = bob.enroll();
    let alice = AccountId::new("alice").unwrap();
    let secret = sealed_secret(bob.verifier.store(), &alice);
    edit(bob.verifier.store(), &bob.account, |json| {
        json["record"]["authenticators"][0]["prover"]["app"]["secret"] = secret;
    });

    let challenge = bob.challenge();
    let presented = bob.verifier.present(&challenge, &phone.code(bob.now()), Remember::No);
    assert!(matches!(presented, Err(Error::Session(SessionError::Seal(SealError::Broken)))), "{presented:?}");
}

#[test]
fn a20b_a_ciphertext_copied_to_another_authenticator_does_not_open() {
    let (world, phone, _) = World::enrolled();
    let old = sealed_secret(world.verifier.store(), &world.account);
    let begun = world.verifier.begin_enrollment(world.fresh(&phone), world.in_place_of_first()).unwrap();
    let new = Phone::scan(&begun.uri);
    let _ = world.verifier.confirm_enrollment(&begun.token, &new.code(world.now())).unwrap();
    world.clock.advance(2 * STEP);
    edit(world.verifier.store(), &world.account, |json| {
        json["record"]["authenticators"][0]["prover"]["app"]["secret"]["sealed"] = old["sealed"].clone();
    });
    let presented = world.verifier.present(&world.challenge(), &phone.code(world.now()), Remember::No);
    assert!(matches!(presented, Err(Error::Session(SessionError::Seal(SealError::Broken)))), "{presented:?}");
}

/// The same service with these keys.
fn rekeyed(world: World, seed: u64, ring: KeyRing) -> World {
    let verifier = BlockingVerifier::with_sources(
        world.verifier.store().clone(),
        Policy::new("Example").unwrap(),
        ring,
        world.clock.clone(),
        Mutex::new(TestRng(seed)),
    );
    World { verifier: verifier.with_events(world.events.clone()), ..world }
}

#[test]
fn a20c_a_retired_key_still_opens_and_secrets_are_resealed_on_use() {
    let (world, phone, _) = World::enrolled();
    let [old, new] = [[7; 32], [8; 32]];
    let before = sealed_secret(world.verifier.store(), &world.account);

    let world =
        rekeyed(world, 2, KeyRing::new(2, SealingKey::new(new)).with_retired(1, SealingKey::new(old)));
    assert_eq!(world.log_in(&phone).authenticated.method(), AuthMethod::Code);
    let after = sealed_secret(world.verifier.store(), &world.account);
    assert_eq!(after["id"], before["id"]);
    // The text starts with the form byte and the key's id: 01 00 00 00 01, then 01 00 00 00 02.
    assert!(before["sealed"].as_str().unwrap().starts_with("AEAAAAAB"), "{before}");
    assert!(after["sealed"].as_str().unwrap().starts_with("AEAAAAAC"), "{after}");

    // When everything is resealed, the old key can be removed.
    let world = rekeyed(world, 3, KeyRing::new(2, SealingKey::new(new)));
    assert_eq!(world.log_in(&phone).authenticated.method(), AuthMethod::Code);
}

#[test]
fn a20c_a_key_that_is_not_on_the_ring_lets_nobody_in() {
    let (world, phone, _) = World::enrolled();
    let code = phone.code(world.now());
    let world = rekeyed(world, 4, KeyRing::new(2, SealingKey::new([8; 32])));
    let presented = world.verifier.present(&world.challenge(), &code, Remember::No);
    let unknown = SealError::UnknownKey { key: 1 };
    assert!(
        matches!(&presented, Err(Error::Session(SessionError::Seal(error))) if *error == unknown),
        "{presented:?}"
    );
    // The same id with another key does not open it. With the right key again, nothing is lost.
    let world = rekeyed(world, 5, KeyRing::new(1, SealingKey::new([8; 32])));
    let presented = world.verifier.present(&world.challenge(), &code, Remember::No);
    assert!(matches!(presented, Err(Error::Session(SessionError::Seal(SealError::Broken)))), "{presented:?}");
    let world = rekeyed(world, 6, KeyRing::new(1, SealingKey::new([7; 32])));
    assert_eq!(world.present(&code).unwrap().authenticated.method(), AuthMethod::Code);
}

/// Rows of JSON text, like a database, with faults that a test can switch on.
#[derive(Debug, Default)]
struct Rows {
    rows: Mutex<BTreeMap<AccountId, (u64, String)>>,
    fault: Mutex<Fault>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Fault {
    #[default]
    None,
    Load,
    Swap,
    /// The row is written, and then the connection is lost.
    AfterSwap,
}

#[derive(Debug, thiserror::Error)]
enum RowsError {
    #[error("the connection was lost")]
    Lost,
    #[error("not a record")]
    Record(#[from] serde_json::Error),
}

impl Rows {
    fn text(&self, account: &AccountId) -> String {
        self.rows.lock().unwrap()[account].1.clone()
    }

    fn set(&self, account: &AccountId, text: String) {
        let mut rows = self.rows.lock().unwrap();
        let row = rows.get_mut(account).unwrap();
        *row = (row.0 + 1, text);
    }

    fn fail(&self, fault: Fault) {
        *self.fault.lock().unwrap() = fault;
    }

    fn is(&self, fault: Fault) -> bool {
        *self.fault.lock().unwrap() == fault
    }
}

impl BlockingStore for Rows {
    type Error = RowsError;

    fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, RowsError> {
        if self.is(Fault::Load) {
            return Err(RowsError::Lost);
        }
        let rows = self.rows.lock().unwrap();
        let Some((revision, text)) = rows.get(account) else { return Ok(None) };
        Ok(Some(Versioned { value: serde_json::from_str(text)?, revision: Revision::new(*revision) }))
    }

    fn compare_and_swap(&self, account: &AccountId, change: Change<'_>) -> Result<Swap, RowsError> {
        if self.is(Fault::Swap) {
            return Err(RowsError::Lost);
        }
        let mut rows = self.rows.lock().unwrap();
        let found = rows
            .get(account)
            .map_or(Expected::Absent, |(revision, _)| Expected::At(Revision::new(*revision)));
        if found != change.expected() {
            return Ok(Swap::Conflict);
        }
        rows.insert(account.clone(), (change.revision().get(), serde_json::to_string(change.record())?));
        if self.is(Fault::AfterSwap) {
            return Err(RowsError::Lost);
        }
        Ok(Swap::Stored)
    }
}

type Failed = Error<RowsError>;

/// An account with an authenticator, on rows of text.
fn enrolled() -> (World<Arc<Rows>>, Phone) {
    let world = World::over(Arc::new(Rows::default()), Policy::new("Example").unwrap());
    let (phone, _) = world.enroll();
    (world, phone)
}

/// The failure of the right code. The row must not change.
fn right_code(world: &World<Arc<Rows>>, phone: &Phone, challenge: &ChallengeToken) -> Failed {
    right_code_under(&world.verifier, world, phone, challenge)
}

fn right_code_under(
    verifier: &BlockingVerifier<Arc<Rows>>,
    world: &World<Arc<Rows>>,
    phone: &Phone,
    challenge: &ChallengeToken,
) -> Failed {
    let before = world.verifier.store().text(&world.account);
    let failed = verifier.present(challenge, &phone.code(world.now()), Remember::No).unwrap_err();
    assert_eq!(world.verifier.store().text(&world.account), before, "the row has changed");
    assert_eq!(world.events.count(|kind| matches!(kind, EventKind::LoggedIn { .. })), 0);
    failed
}

fn challenge_under(verifier: &BlockingVerifier<Arc<Rows>>, world: &World<Arc<Rows>>) -> ChallengeToken {
    let proof = PasswordVerified::by_host(verifier.check_password(&world.account));
    code_required(verifier.password_verified(proof, None).unwrap())
}

/// The text between `"name":"` and the next quote.
fn field<'t>(text: &'t str, name: &str) -> &'t str {
    let (_, rest) = text.split_once(&format!("\"{name}\":\"")).unwrap();
    rest.split_once('"').unwrap().0
}

/// The same service with other keys.
fn with_keys(world: &World<Arc<Rows>>, ring: KeyRing) -> BlockingVerifier<Arc<Rows>> {
    BlockingVerifier::with_sources(
        world.verifier.store().clone(),
        Policy::new("Example").unwrap(),
        ring,
        world.clock.clone(),
        Mutex::new(TestRng(9)),
    )
    .with_events(world.events.clone())
}

#[test]
fn f27_no_call_returns_a_confirmed_secret() {
    let (world, phone) = enrolled();
    let begun = world.verifier.begin_enrollment(world.fresh(&phone), "alice@example.com").unwrap();
    let new_phone = Phone::scan(&begun.uri);
    assert_eq!(
        world.verifier.pending_enrollment(&begun.token).unwrap(),
        begun.uri,
        "the pending secret cannot be shown again"
    );
    let confirmed = world.verifier.confirm_enrollment(&begun.token, &new_phone.code(world.now())).unwrap();
    let again = world.verifier.pending_enrollment(&begun.token);
    assert_eq!(refusal(again).unwrap_err(), Refusal::EnrollmentOver);

    world.clock.advance(STEP);
    let challenge = world.challenge();
    let record = world.verifier.store().load(&world.account).unwrap().unwrap().value;
    let accepted = world.verifier.present(&challenge, &new_phone.code(world.now()), Remember::No).unwrap();
    let debugged = format!(
        "{begun:?} {confirmed:?} {challenge:?} {record:?} {accepted:?} {:?} {:?} {:?}",
        world.verifier,
        world.verifier.status(&world.account).unwrap(),
        world.events.all(),
    );
    let secret = begun.uri.secret();
    let in_base32 = secret.to_base32();
    let in_hex = secret.expose().iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    let in_decimal = format!("{:?}", secret.expose());
    for text in [debugged, world.verifier.store().text(&world.account)] {
        for form in [in_base32.expose(), &in_hex, &in_hex.to_uppercase(), in_decimal.trim_matches(['[', ']'])]
        {
            assert!(!text.contains(form), "{text}");
        }
    }
}

#[test]
fn f27_the_stored_secret_opens_only_with_the_key() {
    let (world, phone) = enrolled();
    let text = world.verifier.store().text(&world.account);
    let sealed =
        second_factor::enrollment::Base32Secret::parse(field(&text, "sealed")).unwrap().into_secret();
    // Form, key id, nonce, ciphertext, tag. The ciphertext is as long as the secret, but different.
    assert_eq!(sealed.expose().len(), 1 + 4 + 24 + 20 + 16);
    let ciphertext = Secret::new(&sealed.expose()[29..49]).unwrap();
    let params = world.verifier.policy().totp();
    let shown = second_factor::Totp::new(&ciphertext, params).generate(world.now());
    assert_ne!(shown.expose(), phone.code(world.now()));
}

#[test]
fn f28_a_sealed_secret_with_any_bit_flipped_lets_nobody_in() {
    let (world, phone) = enrolled();
    let challenge = world.challenge();
    let text = world.verifier.store().text(&world.account);
    let sealed = field(&text, "sealed").to_owned();
    for position in 0..sealed.len() - 1 {
        let other = if sealed.as_bytes()[position] == b'A' { "B" } else { "A" };
        let corrupt = [&sealed[..position], other, &sealed[position + 1..]].concat();
        world.verifier.store().set(&world.account, text.replace(&sealed, &corrupt));
        let failed = right_code(&world, &phone, &challenge);
        assert!(
            matches!(
                failed,
                Error::Session(SessionError::Seal(
                    SealError::Broken | SealError::Malformed | SealError::UnknownKey { .. }
                ))
            ),
            "at {position}: {failed:?}"
        );
    }
    world.verifier.store().set(&world.account, text);
    assert!(world.verifier.present(&challenge, &phone.code(world.now()), Remember::No).is_ok());
}

#[test]
fn f28_a_missing_or_short_secret_lets_nobody_in() {
    let (world, phone) = enrolled();
    let challenge = world.challenge();
    let text = world.verifier.store().text(&world.account);
    let sealed = format!("\"sealed\":\"{}\"", field(&text, "sealed"));
    for missing in ["\"sealed\":null", "\"sealed\":\"\"", "\"sealed\":[]", "\"sealed\":\"==\"", "\"x\":1"] {
        world.verifier.store().set(&world.account, text.replace(&sealed, missing));
        let failed = right_code(&world, &phone, &challenge);
        assert!(matches!(failed, Error::Store(RowsError::Record(_))), "{missing}: {failed:?}");
        let login = world.verifier.password_verified(world.password(), None);
        assert!(
            matches!(login, Err(Error::Store(RowsError::Record(_)))),
            "a missing secret opened a challenge"
        );
    }
    // "AEBAGBA" is four bytes, too short for a seal.
    world.verifier.store().set(&world.account, text.replace(&sealed, "\"sealed\":\"AEBAGBA\""));
    let failed = right_code(&world, &phone, &challenge);
    assert!(matches!(failed, Error::Session(SessionError::Seal(SealError::Malformed))), "{failed:?}");
}

#[test]
fn f28_an_empty_secret_in_clear_lets_nobody_in() {
    let (store, clock, events) =
        (Arc::new(Rows::default()), TestClock::at(START), Arc::new(EventLog::default()));
    let policy = Policy::new("Example").unwrap();
    let verifier = BlockingVerifier::with_sources(
        store.clone(),
        policy,
        Keys::new(StoreSecretsInClear, TokenKeys::new(1, TokenKey::new([7; 32]))),
        clock.clone(),
        Mutex::new(TestRng(1)),
    )
    .with_events(events.clone());
    let account = AccountId::new("alice").unwrap();
    let world = World { verifier, clock, events, account };
    let (phone, _) = world.enroll();
    let challenge = world.challenge();
    let text = store.text(&world.account);
    // "AA" is the form "in clear" with nothing after it.
    store.set(&world.account, text.replace(field(&text, "sealed"), "AA"));
    let failed = right_code(&world, &phone, &challenge);
    assert!(matches!(failed, Error::Session(SessionError::Seal(SealError::Secret(_)))), "{failed:?}");
    // A key ring does not open a secret that was stored in clear either.
    store.set(&world.account, text);
    let ring = with_keys(&world, KeyRing::new(1, SealingKey::new([7; 32])));
    let failed = right_code_under(&ring, &world, &phone, &challenge_under(&ring, &world));
    assert!(matches!(failed, Error::Session(SessionError::Seal(SealError::Malformed))), "{failed:?}");
}

#[test]
fn f28_a_missing_or_wrong_key_lets_nobody_in() {
    let (world, phone) = enrolled();
    let challenge = world.challenge();
    let before = world.verifier.store().text(&world.account);
    let missing = with_keys(&world, KeyRing::new(2, SealingKey::new([7; 32])));
    // With the missing key no challenge is genuine. With another key with the same id the seal does not open.
    let failed = right_code_under(&missing, &world, &phone, &challenge);
    assert!(matches!(failed, Error::Refused(Refusal::ChallengeOver)), "{failed:?}");
    let failed = right_code_under(&missing, &world, &phone, &challenge_under(&missing, &world));
    let unknown = SealError::UnknownKey { key: 1 };
    assert!(matches!(failed, Error::Session(SessionError::Seal(found)) if found == unknown), "{failed:?}");

    let wrong = with_keys(&world, KeyRing::new(1, SealingKey::new([8; 32])));
    let failed = right_code_under(&wrong, &world, &phone, &challenge);
    assert!(matches!(failed, Error::Refused(Refusal::ChallengeOver)), "{failed:?}");
    let failed = right_code_under(&wrong, &world, &phone, &challenge_under(&wrong, &world));
    assert!(matches!(failed, Error::Session(SessionError::Seal(SealError::Broken))), "{failed:?}");

    // The row that did not open is unchanged.
    assert_eq!(world.verifier.store().text(&world.account), before);
    assert!(world.verifier.present(&challenge, &phone.code(world.now()), Remember::No).is_ok());
}

#[test]
fn f28_the_secret_of_another_row_lets_nobody_in() {
    let (world, phone) = enrolled();
    let mallory = AccountId::new("mallory").unwrap();
    let proof = world.password_of(&mallory);
    let begun = world.verifier.begin_enrollment(proof, "mallory@example.com").unwrap();
    let his_phone = Phone::scan(&begun.uri);
    let _ = world.verifier.confirm_enrollment(&begun.token, &his_phone.code(world.now())).unwrap();
    world.clock.advance(STEP);

    let challenge = world.challenge();
    let (hers, his) = (world.verifier.store().text(&world.account), world.verifier.store().text(&mallory));
    // His sealed secret in her row, alone and together with the id that it was sealed for.
    let alone = hers.replace(field(&hers, "sealed"), field(&his, "sealed"));
    let with_id = alone.replace(field(&hers, "id"), field(&his, "id"));
    assert_ne!(alone, with_id);
    for planted in [alone, with_id] {
        world.verifier.store().set(&world.account, planted);
        for phone in [&his_phone, &phone] {
            let failed = right_code(&world, phone, &challenge);
            assert!(matches!(failed, Error::Session(SessionError::Seal(SealError::Broken))), "{failed:?}");
        }
    }
}

#[test]
fn f28_tokens_and_codes_of_another_row_let_nobody_in() {
    let (world, phone) = enrolled();
    let mallory = World { account: AccountId::new("mallory").unwrap(), ..service_beside(&world) };
    let (his_phone, his_codes) = mallory.enroll();
    let device = mallory.remember(&his_phone);
    let his = mallory.challenge();
    let wrong = mallory.verifier.present(&his, &his_phone.wrong_code(mallory.now()), Remember::No);
    assert_eq!(refusal(wrong).unwrap_err(), Refusal::NotAccepted);

    // In this database he can copy his lists into her row.
    let rows = world.verifier.store();
    let row = |account| serde_json::from_str::<serde_json::Value>(&rows.text(account)).unwrap();
    let (mut hers, from) = (row(&world.account), row(&mallory.account));
    for list in ["touched", "devices", "recovery"] {
        assert!(!from["record"][list].as_array().unwrap().is_empty());
        hers["record"][list] = from["record"][list].clone();
    }
    rows.set(&world.account, hers.to_string());

    let challenge = world.challenge();
    let edited = ChallengeToken::parse(&Parts::of(his.expose()).of_account("alice").text()).unwrap();
    let presented = world.verifier.present(&edited, &phone.code(world.now()), Remember::No);
    assert_eq!(refusal(presented).unwrap_err(), Refusal::ChallengeOver);
    assert!(matches!(world.login_on(&device), Login::CodeRequired(_)));
    let presented = world.verifier.present(&challenge, &his_codes[0], Remember::No);
    assert_eq!(refusal(presented).unwrap_err(), Refusal::NotAccepted);
}

/// A second verifier of the same service: its store, its clock, its keys.
fn service_beside(world: &World<Arc<Rows>>) -> World<Arc<Rows>> {
    World {
        verifier: with_keys(world, KeyRing::new(1, SealingKey::new([7; 32]))),
        clock: world.clock.clone(),
        events: world.events.clone(),
        account: world.account.clone(),
    }
}

#[test]
fn f28_the_record_of_another_account_lets_nobody_in() {
    let (world, phone) = enrolled();
    let challenge = world.challenge();
    let hers = world.verifier.store().text(&world.account);
    let his = serde_json::to_string(&AccountRecord::new(AccountId::new("mallory").unwrap())).unwrap();
    world.verifier.store().set(&world.account, his.clone());
    let failed = right_code(&world, &phone, &challenge);
    assert!(matches!(failed, Error::Session(SessionError::WrongAccount)), "{failed:?}");
    // His record has no authenticator, but the password alone is still not enough.
    let login = world.verifier.password_verified(world.password(), None);
    assert!(matches!(login, Err(Error::Session(SessionError::WrongAccount))), "{login:?}");
    let changed = password_reset(&world);
    assert!(matches!(changed, Error::Session(SessionError::WrongAccount)), "{changed:?}");
    assert_eq!(world.verifier.store().text(&world.account), his, "the record was overwritten");
    world.verifier.store().set(&world.account, hers);
    assert!(world.verifier.present(&challenge, &phone.code(world.now()), Remember::No).is_ok());
}

/// The failure of a password reset. The host's write is never called.
fn password_reset(world: &World<Arc<Rows>>) -> Failed {
    let reset = PasswordReset::by_host(world.verifier.check_password(&world.account));
    let changed =
        world.verifier.change_password(reset, || -> Result<(), ()> { panic!("the hash was written") });
    match changed {
        Err(ChangePasswordError::NotStarted(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn f28_a_record_cut_off_anywhere_lets_nobody_in() {
    let (world, phone) = enrolled();
    let challenge = world.challenge();
    let text = world.verifier.store().text(&world.account);
    for length in 0..text.len() {
        let cut = text[..length].to_owned();
        world.verifier.store().set(&world.account, cut.clone());
        let failed = right_code(&world, &phone, &challenge);
        assert!(matches!(failed, Error::Store(RowsError::Record(_))), "{failed:?}");
        let login = world.verifier.password_verified(world.password(), None);
        assert!(matches!(login, Err(Error::Store(RowsError::Record(_)))), "{login:?}");
        let changed = password_reset(&world);
        assert!(matches!(changed, Error::Store(RowsError::Record(_))), "{changed:?}");
        assert_eq!(world.verifier.store().text(&world.account), cut, "the record was overwritten");
    }
    // A record of a newer format is not overwritten either.
    let newer = text.replacen("\"format\":1", "\"format\":2", 1);
    assert_ne!(newer, text);
    world.verifier.store().set(&world.account, newer.clone());
    assert!(matches!(right_code(&world, &phone, &challenge), Error::Store(RowsError::Record(_))));
    assert!(matches!(password_reset(&world), Error::Store(RowsError::Record(_))));
    assert_eq!(world.verifier.store().text(&world.account), newer);
}

#[test]
fn f28_a_store_that_fails_lets_nobody_in_and_answers_no_guess() {
    let (world, phone) = enrolled();
    let challenge = world.challenge();
    world.events.take();
    for fault in [Fault::Load, Fault::Swap] {
        world.verifier.store().fail(fault);
        for code in [phone.code(world.now()), phone.wrong_code(world.now())] {
            let before = world.verifier.store().text(&world.account);
            let failed = world.verifier.present(&challenge, &code, Remember::No);
            assert!(matches!(failed, Err(Error::Store(RowsError::Lost))), "{fault:?}: {failed:?}");
            assert_eq!(world.verifier.store().text(&world.account), before);
        }
        assert!(world.events.take().is_empty(), "an event was reported although nothing was stored");
        // The password step writes nothing, so it fails only if the row cannot be read.
        let login = world.verifier.password_verified(world.password(), None);
        let is_lost = matches!(login, Err(Error::Store(RowsError::Lost)));
        assert_eq!(is_lost, fault == Fault::Load, "{fault:?}: {login:?}");
    }

    // The write succeeds but the reply is lost: nobody is let in, and the code is used up.
    world.verifier.store().fail(Fault::AfterSwap);
    let code = phone.code(world.now());
    let failed = world.verifier.present(&challenge, &code, Remember::No);
    assert!(matches!(failed, Err(Error::Store(RowsError::Lost))), "{failed:?}");
    world.verifier.store().fail(Fault::None);
    let again = world.verifier.present(&challenge, &code, Remember::No);
    assert_eq!(refusal(again).unwrap_err(), Refusal::AlreadyDone);
    assert_eq!(world.present(&code).unwrap_err(), Refusal::NotAccepted);
    assert_eq!(world.events.count(is_refused_because(RefusedBecause::Replayed)), 1);
}

/// Random bytes, until they run out.
#[derive(Debug)]
struct Drying(Mutex<TestRng>, Arc<AtomicBool>);

impl EntropySource for Drying {
    fn fill(&self, to: &mut [u8]) -> Result<(), EntropyError> {
        if self.1.load(Ordering::SeqCst) { Err(EntropyError) } else { self.0.fill(to) }
    }
}

#[test]
fn f28_without_random_bytes_nobody_is_let_in() {
    let is_dry = Arc::new(AtomicBool::new(false));
    let (store, clock, events) =
        (Arc::new(Rows::default()), TestClock::at(START), Arc::new(EventLog::default()));
    let verifier = BlockingVerifier::with_sources(
        store.clone(),
        Policy::new("Example").unwrap(),
        KeyRing::new(1, SealingKey::new([7; 32])),
        clock.clone(),
        Drying(Mutex::new(TestRng(1)), is_dry.clone()),
    )
    .with_events(events.clone());
    let account = AccountId::new("alice").unwrap();
    let world = World { verifier, clock, events, account };
    let (phone, _) = world.enroll();
    let device = world.remember(&phone);
    let challenge = world.challenge();
    world.events.take();
    is_dry.store(true, Ordering::SeqCst);
    assert!(matches!(right_code(&world, &phone, &challenge), Error::Entropy(EntropyError)));
    let login = world.verifier.password_verified(world.password(), Some(device.expose()));
    assert!(matches!(login, Err(Error::Entropy(EntropyError))), "{login:?}");
    let fresh = world.verifier.fresh_factor(&world.session(1), &phone.code(world.now()));
    assert!(matches!(fresh, Err(Error::Entropy(EntropyError))), "{fresh:?}");
    let bob = world.password_of(&AccountId::new("bob").unwrap());
    let begun = world.verifier.begin_enrollment(bob, "bob@example.com");
    assert!(matches!(begun, Err(Error::Entropy(EntropyError))), "an enrollment began without random bytes");
    assert!(world.events.take().is_empty());
    is_dry.store(false, Ordering::SeqCst);
    assert!(world.verifier.present(&challenge, &phone.code(world.now()), Remember::No).is_ok());
}

#[test]
fn f28_a_clock_at_zero_or_before_the_enrollment_accepts_no_code() {
    let (world, phone) = enrolled();
    let right_now = world.now();
    let mut refused = 0;
    for time in [0, 1, 29, 30, START.as_secs() - 86_400, START.as_secs() - 30] {
        world.clock.set(UnixTime::from_secs(time));
        // A code of that time, as from an app whose clock is as wrong as the server's.
        let code = phone.code(world.now());
        let challenge = world.challenge();
        let presented = world.verifier.present(&challenge, &code, Remember::No);
        assert_eq!(refusal(presented).unwrap_err(), Refusal::NotAccepted, "at {time}");
        refused += 1;
        assert_eq!(world.events.count(is_refused_because(RefusedBecause::Replayed)), refused);
    }
    // The clock is right again: the code of the enrollment is still refused.
    world.clock.set(right_now);
    world.clock.back(STEP);
    assert!(world.present(&phone.code(START)).is_err());
    world.clock.set(right_now);
    assert!(world.present(&phone.code(world.now())).is_ok());
}

// The unit tests of `otp/hmac.rs` count the work (`rfc6238_5_2_verify_costs_the_same_whatever_the_outcome`). This test checks
// the answers.
#[test]
fn f32_a_near_miss_is_answered_like_any_other_code() {
    let (world, phone, _) = World::enrolled();
    let right = phone.code(world.now());
    let misses = (0..right.len()).flat_map(|position| {
        let right = &right;
        (0..10).filter_map(move |digit| {
            let miss = [&right[..position], &digit.to_string(), &right[position + 1..]].concat();
            (miss != *right).then_some(miss)
        })
    });
    let mut near = 0;
    let neighbours = [world.now(), world.now().saturating_add(STEP)].map(|at| phone.code(at));
    for miss in misses.filter(|miss| !neighbours.contains(miss)) {
        // A new service for each guess, because each guess is charged.
        let (again, _, _) = World::enrolled();
        assert_eq!(again.present(&miss).unwrap_err(), Refusal::NotAccepted);
        assert_eq!(again.events.count(is_refused_because(RefusedBecause::Wrong)), 1);
        near += 1;
    }
    assert!(near >= 50, "{near}");
    assert!(world.present(&right).is_ok());
}

#[test]
fn f33_a_million_symbols_of_generated_secrets_are_uniform() {
    let mut rng = TestRng(33);
    let mut counts = [0_u32; 32];
    let mut total = 0_u32;
    for _ in 0..31_250 {
        let secret = Secret::generate(Algorithm::Sha1, &mut rng).unwrap();
        let text = secret.to_base32();
        assert_eq!(text.expose().len(), 32, "160 bits, five a symbol");
        for symbol in text.expose().bytes() {
            let value = if symbol.is_ascii_uppercase() { symbol - b'A' } else { symbol - b'2' + 26 };
            counts[usize::from(value)] += 1;
            total += 1;
        }
    }
    assert_eq!(total, 1_000_000);
    let expected = f64::from(total) / 32.0;
    let chi_square: f64 = counts.iter().map(|count| (f64::from(*count) - expected).powi(2) / expected).sum();
    // 31 degrees of freedom: 61.1 is exceeded once in a thousand. A value that is too low would be suspicious too.
    assert!((11.0..61.1).contains(&chi_square), "{chi_square}");
}

#[test]
fn f33_no_secret_is_shorter_than_its_algorithms_output() {
    let (world, _, _) = World::enrolled();
    let new = World::new().begin();
    assert_eq!(new.uri.secret().bits(), 160);
    for (algorithm, bits) in [(Algorithm::Sha1, 160), (Algorithm::Sha256, 256), (Algorithm::Sha512, 512)] {
        let totp = world.verifier.policy().totp();
        let params = TotpParams::new(algorithm, totp.digits(), totp.period());
        let policy = Policy::builder("Example").totp(params).build().unwrap();
        let begun = World::with_policy(policy).begin();
        assert_eq!(begun.uri.secret().bits(), bits, "{algorithm:?}");
        assert_eq!(Secret::generate(algorithm, &mut TestRng(1)).unwrap().bits(), bits);
    }
    // No two accounts have the same secret, and none is all zeros.
    let mut seen = Vec::new();
    for name in 0..20 {
        let proof = world.password_of(&AccountId::new(format!("user {name}")).unwrap());
        let begun = world.verifier.begin_enrollment(proof, "user").unwrap();
        let bytes = begun.uri.secret().expose().to_vec();
        assert!(bytes.iter().any(|byte| *byte != 0));
        assert!(!seen.contains(&bytes));
        seen.push(bytes);
    }
}

#[test]
fn a_sealing_key_is_64_hexadecimal_digits() {
    let (world, phone) = enrolled();
    let ring = KeyRing::new(1, SealingKey::from_hex(&format!(" {}\n", "07".repeat(32))).unwrap());
    let world = World { verifier: with_keys(&world, ring), ..service_beside(&world) };
    let _ = world.present(&phone.code(world.now())).unwrap();
    assert!(SealingKey::from_hex(&"aB".repeat(32)).is_ok());
    for len in (0..=80).filter(|len| *len != 64) {
        assert!(SealingKey::from_hex(&"a".repeat(len)).is_err(), "{len}");
    }
    assert!(SealingKey::from_hex(&"g".repeat(64)).is_err());
}

#[test]
fn a_secret_in_clear_is_never_sealed_anew() {
    let sealed = Sealed::new(vec![0, 1, 2]).unwrap();
    assert!(StoreSecretsInClear.is_current(&sealed));
}
