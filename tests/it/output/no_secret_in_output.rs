//! No output contains a secret, code, recovery code, token or key: `Debug` and `Display` of every public type, every
//! error, every event, and what goes to `tracing`.

use core::fmt::{Debug, Display};
use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use second_factor::enrollment::*;
use second_factor::otp::*;
use second_factor::session::*;
use second_factor::store::*;
use second_factor::verifier::*;
use second_factor::{Code, UnixTime, UnixTimeError};

use crate::support::source::{code_of, is_word, sources, variants};
use crate::support::tokens::Parts;
use crate::support::{
    DAY, EventLog, Phone, START, STEP, TestClock, TestRng, World, complete, refusal, texts,
};

/// A value that must not be printed, in every spelling in which it could be.
struct Planted {
    what: &'static str,
    spellings: Vec<String>,
}

impl Planted {
    /// The number of characters of a spelling that counts as a leak.
    const PIECE: usize = 12;

    /// The same for a list of numbers, which takes up to five characters a byte. Records print random ids in this way.
    const PIECE_OF_LIST: usize = 25;

    fn bytes(what: &'static str, bytes: &[u8]) -> Self {
        let each = |print: fn(&u8) -> String, between: &str| {
            bytes.iter().map(print).collect::<Vec<_>>().join(between)
        };
        let base32 = bytes.chunks(100).map(|part| Secret::new(part).unwrap().to_base32().expose().to_owned());
        let base32: String = base32.collect();
        Self {
            what,
            spellings: vec![
                bytes.escape_ascii().to_string(),
                base32.to_lowercase(),
                base32,
                each(|byte| format!("{byte:02x}"), ""),
                each(|byte| format!("{byte:02X}"), ""),
                each(u8::to_string, ","),
                each(|byte| format!("{byte:x}"), ","),
                each(|byte| format!("{byte:X}"), ","),
                each(|byte| format!("{byte:#x}"), ","),
                each(|byte| format!("{byte:#X}"), ","),
            ],
        }
    }

    fn text(what: &'static str, text: &str) -> Self {
        let mut planted = Self::bytes(what, text.as_bytes());
        planted.spellings.extend([text.to_lowercase(), text.to_uppercase()]);
        planted.spellings.iter_mut().for_each(|spelling| spelling.retain(|c| !c.is_whitespace()));
        planted
    }

    /// All pieces of all spellings.
    fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        self.spellings.iter().flat_map(|text| {
            let piece = if text.contains(',') { Self::PIECE_OF_LIST } else { Self::PIECE };
            text.as_bytes().windows(piece.min(text.len()))
        })
    }

    fn is_in(&self, output: &str) -> bool {
        Scanner::new(std::slice::from_ref(self)).finds(output).is_some()
    }
}

/// The pieces of all planted values, by length.
struct Scanner<'a>(BTreeMap<usize, HashMap<&'a [u8], &'static str>>);

impl<'a> Scanner<'a> {
    fn new(planted: &'a [Planted]) -> Self {
        let mut pieces = BTreeMap::<_, HashMap<_, _>>::new();
        for planted in planted {
            for piece in planted.pieces() {
                pieces.entry(piece.len()).or_default().insert(piece, planted.what);
            }
        }
        Self(pieces)
    }

    /// The planted value that `output` contains, even if it is broken into lines.
    fn finds(&self, output: &str) -> Option<&'static str> {
        let output: Vec<u8> = output.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
        self.0
            .iter()
            .find_map(|(length, pieces)| output.windows(*length).find_map(|piece| pieces.get(piece).copied()))
    }
}

#[test]
fn the_scanner_finds_planted_values() {
    let planted = Planted::bytes("bytes", SECRET);
    #[derive(Debug)]
    struct Leaky<T>(#[allow(dead_code, reason = "printed")] T);
    let leaks = [
        format!("{:?}", Leaky(SECRET)),
        format!("{:#?}", Leaky(SECRET)),
        format!("{:x?}", Leaky(SECRET)),
        format!("{:#X?}", Leaky(SECRET)),
        format!("{:?}", Leaky(SECRET.to_vec())),
        format!("{:?}", Leaky(std::str::from_utf8(SECRET).unwrap())),
        format!("{:?}", Leaky(Secret::new(SECRET).unwrap().to_base32().expose())),
        Secret::new(SECRET).unwrap().to_base32().grouped().expose().to_lowercase(),
        SECRET.iter().map(|byte| format!("{byte:02x}")).collect(),
        SECRET.iter().map(|byte| format!("{byte:02X}")).collect(),
        format!("{:?}", &SECRET[4..]),
    ];
    for leak in leaks {
        assert!(planted.is_in(&leak), "{leak}");
    }
    assert!(!planted.is_in(&format!("{:?}", Secret::new(SECRET).unwrap())));
    let code = Planted::text("code", CODE);
    assert!(code.is_in("the code 492731 is wrong") && code.is_in(&format!("{:?}", CODE.as_bytes())));
    assert!(!code.is_in("the code 492732 is wrong"));
    let recovery = Planted::text("recovery code", "ABCDE-FGHIJ-KLMNO-PQRST-UVWXYZ");
    assert!(recovery.is_in("used: abcde-fghij-klmno-pqrst-uvwxyz") && recovery.is_in("FGHIJ-KLMNO-PQ"));
}

const SECRET: &[u8] = b"correct-horse-battery";
const SEALING_KEY: &[u8; 32] = b"wax-and-signet-ring-of-the-house";
const RETIRED_KEY: &[u8; 32] = b"rusty-key-under-an-old-door-mat!";
const RECOVERY: &[u8; 16] = b"umbrella-weather";
const TOKEN_SECRET: &[u8; 32] = b"zebra-crossing-quick-brown-foxes";
const ENTROPY: &[u8; 16] = b"dice-and-lottery";
const PARAMETER: &str = "marzipan-flavour";
const CODE: &str = "492731";

fn base32(bytes: &[u8]) -> String {
    Secret::new(bytes).unwrap().to_base32().expose().to_owned()
}

/// The printed texts, with the names of their types.
#[derive(Default)]
struct Output {
    debug: Vec<(String, String)>,
    display: Vec<(String, String)>,
}

/// The name of a type without its path and its parameters.
fn name_of<T: ?Sized>() -> String {
    let name = std::any::type_name::<T>().split('<').next().unwrap();
    name.rsplit("::").next().unwrap().to_owned()
}

impl Output {
    fn debug<T: Debug + ?Sized>(&mut self, value: &T) {
        for text in
            [format!("{value:?}"), format!("{value:#?}"), format!("{value:x?}"), format!("{value:#X?}")]
        {
            assert!(!text.is_empty(), "{}", name_of::<T>());
            self.debug.push((name_of::<T>(), text));
        }
    }

    fn all<T: Debug>(&mut self, values: impl IntoIterator<Item = T>) {
        values.into_iter().for_each(|value| self.debug(&value));
    }

    fn display<T: Debug + Display + ?Sized>(&mut self, value: &T) {
        self.debug(value);
        assert!(!value.to_string().is_empty(), "{}", name_of::<T>());
        self.display.push((name_of::<T>(), format!("{value}")));
        self.display.push((name_of::<T>(), format!("{value:#}")));
    }

    fn error<E: std::error::Error + ?Sized>(&mut self, error: &E) {
        self.display(error);
        let mut source = error.source();
        while let Some(cause) = source {
            self.debug.push((name_of::<E>(), format!("{cause:?}")));
            self.display.push((name_of::<E>(), cause.to_string()));
            source = cause.source();
        }
    }

    fn errors<E: std::error::Error>(&mut self, errors: impl IntoIterator<Item = E>) {
        errors.into_iter().for_each(|error| self.error(&error));
    }

    #[track_caller]
    fn hides(&self, planted: &[Planted]) {
        let scanner = Scanner::new(planted);
        for (name, text) in self.debug.iter().chain(&self.display) {
            if let Some(what) = scanner.finds(text) {
                panic!("{name} prints the {what}: {text}");
            }
        }
    }
}

/// Everything that was made from the constants above.
fn planted() -> Vec<Planted> {
    vec![
        Planted::bytes("secret", SECRET),
        Planted::text("secret in base32", &base32(SECRET)),
        Planted::bytes("sealing key", SEALING_KEY),
        Planted::bytes("retired key", RETIRED_KEY),
        Planted::bytes("recovery code", RECOVERY),
        Planted::text("recovery code", RecoveryCode::parse(&base32(RECOVERY)).unwrap().to_text().expose()),
        Planted::bytes("token", TOKEN_SECRET),
        Planted::text("token", &base32(TOKEN_SECRET)),
        Planted::bytes("entropy", &ENTROPY.repeat(16)),
        Planted::text("unknown parameter", PARAMETER),
        Planted::text("code", CODE),
    ]
}

/// A generator that returns [`ENTROPY`].
struct PlantedRng;

impl rand_core::TryRng for PlantedRng {
    type Error = core::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok(0)
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Ok(0)
    }

    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), Self::Error> {
        to.iter_mut().zip(ENTROPY.iter().cycle()).for_each(|(byte, planted)| *byte = *planted);
        Ok(())
    }
}

impl rand_core::TryCryptoRng for PlantedRng {}

/// Values of the `otp` layer.
fn otp(out: &mut Output) {
    let secret = Secret::new(SECRET).unwrap();
    out.debug(&secret);
    out.debug(&Code::parse(CODE, Digits::Six).unwrap());
    out.debug(&CodesInARow::parse(&CODE.repeat(4), Digits::Six).unwrap());
    out.debug(&Totp::new(&secret, TotpParams::default()));
    out.debug(&Hotp::new(&secret, Algorithm::Sha512, Digits::Eight));
    for algorithm in [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512] {
        out.display(&algorithm);
    }
    for digits in [Digits::Six, Digits::Seven, Digits::Eight] {
        out.display(&digits);
    }
    out.all([Strength::BelowRequired, Strength::Required, Strength::Recommended]);
    out.all([Verdict::Accepted(TimeStep::new(1)), Verdict::Replayed(TimeStep::new(1)), Verdict::Wrong]);
    out.debug(&TotpParams::default());
    out.debug(&Period::DEFAULT);
    out.debug(&Window::DEFAULT);
    out.debug(&LookAhead::DEFAULT);
    out.debug(&ResyncWindow::DEFAULT);
    out.debug(&Counter::new(1));
    out.debug(&TimeStep::new(1));
    out.display(&START);
    out.errors([UnixTimeError::Format, UnixTimeError::OutOfRange]);
    out.error(&"SHA-1".parse::<Algorithm>().unwrap_err());
    out.error(&Digits::try_from(5).unwrap_err());
    out.error(&Period::from_secs(0).unwrap_err());
    out.error(&Window::new(2, 2).unwrap_err());
    out.error(&LookAhead::new(101).unwrap_err());
    out.error(&ResyncWindow::new(1_001).unwrap_err());
    out.errors([
        OtpError::from(Secret::new(&[]).unwrap_err()),
        AlgorithmError.into(),
        Digits::try_from(5).unwrap_err().into(),
        Period::from_secs(0).unwrap_err().into(),
        Window::new(2, 2).unwrap_err().into(),
        LookAhead::new(101).unwrap_err().into(),
        ResyncWindow::new(1_001).unwrap_err().into(),
        CodeError::Length { expected: 6, found: 5 }.into(),
        CodeError::Character.into(),
    ]);
    // Errors whose input contains planted values.
    for input in [format!("{CODE}1"), format!("{CODE}x"), format!("x{CODE}"), CODE.repeat(100)] {
        out.error(&Code::parse(&input, Digits::Six).unwrap_err());
    }
    out.error(&Secret::new(&SECRET.repeat(10)).unwrap_err());
}

/// Values of the `enrollment` layer.
fn enrollment(out: &mut Output) {
    let secret = Secret::new(SECRET).unwrap();
    let (key, recovery) = (base32(SECRET), base32(RECOVERY));
    out.debug(&secret.to_base32());
    out.debug(&secret.to_base32().grouped());
    out.debug(&Base32Secret::parse(&key.to_lowercase()).unwrap());
    out.debug(&ImportedSecret::new(secret.clone()).unwrap());
    let text = format!("otpauth://totp/ACME:alice?secret={key}&issuer=ACME&sercet={key}&pin={PARAMETER}");
    let uri = KeyUri::parse(&text).unwrap();
    out.debug(&uri);
    out.debug(&uri.to_uri());
    let code = QrCode::new(&uri).unwrap();
    out.debug(&code);
    out.debug(&code.svg());
    let code = RecoveryCode::parse(&recovery).unwrap();
    out.debug(&code);
    out.debug(&code.to_text());
    out.debug(&code.digest("alice"));
    let codes = RecoveryCodes::generate(&mut PlantedRng).unwrap();
    out.debug(&codes);
    out.debug(&codes.to_lines());
    let (algorithm, digits) = (Algorithm::Sha1, Digits::Six);
    out.all([
        KeyUriKind::Totp { algorithm, digits, period: Period::DEFAULT },
        KeyUriKind::Hotp { algorithm, digits, counter: Counter::new(1) },
        KeyUriKind::Steam,
    ]);
    let warnings = [
        KeyUriWarning::IssuerMismatch,
        KeyUriWarning::EmptyIssuer,
        KeyUriWarning::EmptyAccountName,
        KeyUriWarning::ShortSecret,
        KeyUriWarning::TrailingBits,
        KeyUriWarning::SecretSpelling,
        KeyUriWarning::AlgorithmAlias,
        KeyUriWarning::PlusAsSpace,
        KeyUriWarning::RawCharacters,
        KeyUriWarning::ParameterCase,
        KeyUriWarning::MissingCounter,
        KeyUriWarning::IgnoredParameter,
    ];
    warnings.iter().for_each(|warning| out.display(warning));
    let schemes =
        [ForeignScheme::Steam, ForeignScheme::Migration, ForeignScheme::NoAuthority, ForeignScheme::Other];
    schemes.iter().for_each(|scheme| out.display(scheme));
    let types = [ForeignType::Missing, ForeignType::Steam, ForeignType::Yandex, ForeignType::Other];
    types.iter().for_each(|foreign| out.display(foreign));
    let part = LabelPart::Issuer;
    [part, LabelPart::AccountName].iter().for_each(|part| out.display(part));

    let (position, found) = (1, 1);
    let base32_errors = [
        Base32Error::Empty,
        Base32Error::Character { position },
        Base32Error::Padding { position },
        Base32Error::Length { symbols: 1 },
        Base32Error::TooLong,
        Base32Error::TrailingBits,
        Base32Error::Spelling { position },
    ];
    let uri_errors = [
        KeyUriError::TooLong { found },
        KeyUriError::Scheme(ForeignScheme::Other),
        KeyUriError::Type(ForeignType::Other),
        KeyUriError::Escape { position },
        KeyUriError::Utf8 { position },
        KeyUriError::Control { position },
        KeyUriError::EmptyLabel,
        KeyUriError::Duplicate { position },
        KeyUriError::MissingSecret,
        KeyUriError::Secret(Base32Error::Empty),
        KeyUriError::Algorithm { position },
        KeyUriError::Digits { position },
        KeyUriError::Period { position },
        KeyUriError::Counter { position },
        KeyUriError::MissingCounter,
        KeyUriError::UnknownParameter { position },
        KeyUriError::RawCharacter { position },
        KeyUriError::AmbiguousPlus { position },
        KeyUriError::Colon(part),
        KeyUriError::EmptyName(part),
        KeyUriError::NameTooLong { part, found },
        KeyUriError::ControlCharacter(part),
        KeyUriError::SurroundingSpace(part),
        KeyUriError::SteamIssuer,
    ];
    let code_errors = [
        RecoveryCodeError::TooLong,
        RecoveryCodeError::Character { position },
        RecoveryCodeError::Length { found },
        RecoveryCodeError::LastCharacter,
    ];
    out.errors(base32_errors.map(EnrollmentError::Base32));
    out.errors(uri_errors.map(EnrollmentError::KeyUri));
    out.errors(code_errors.map(EnrollmentError::RecoveryCode));
    out.errors(base32_errors);
    out.errors(uri_errors);
    out.errors(code_errors);
    let short = ImportedSecret::new(Secret::new(&SECRET[..1]).unwrap()).unwrap_err();
    out.error(&short);
    out.error(&EnrollmentError::from(short));
    let long = format!("otpauth://totp/A:b?secret={key}&x={}", "y".repeat(2_400));
    let overflow = QrCode::new(&KeyUri::parse(&long).unwrap()).unwrap_err();
    out.error(&overflow);
    out.error(&EnrollmentError::from(overflow));

    // Errors whose input contains planted values.
    for text in [format!("{key}1"), format!("{key}="), format!("{key}=A"), key.repeat(20), format!("{key}A")]
    {
        for error in [Secret::from_base32(&text).err(), Secret::from_base32_strict(&text).err()] {
            out.errors(error);
        }
    }
    for text in
        [format!("{recovery}A"), format!("{recovery}!"), recovery.repeat(20), recovery[1..].to_owned()]
    {
        out.error(&RecoveryCode::parse(&text).unwrap_err());
    }
    for (from, to) in [
        ("otpauth", "https"),
        ("totp/", &format!("{key}/")),
        ("secret=", &format!("secret={key}&secret=")),
        ("secret=", "secret=!"),
        ("secret=", "secrets="),
        ("&issuer=", &format!("&digits={key}&issuer=")),
        ("&issuer=", &format!("&period={key}&issuer=")),
        ("&issuer=", &format!("&algorithm={key}&issuer=")),
        ("ACME", &format!("%zz{key}")),
        ("ACME:", &key.repeat(1_000)),
    ] {
        let text = text.replacen(from, to, 1);
        out.errors([KeyUri::parse(&text).err(), KeyUri::parse_strict(&text).err()].into_iter().flatten());
    }
    let named = |issuer: &str| {
        KeyUri::totp(issuer, "alice", secret.clone(), algorithm, digits, Period::DEFAULT).unwrap_err()
    };
    out.errors([named(&key.repeat(20)), named(&format!("{key}:")), named(&format!(" {key}"))]);
    let long = KeyUri::parse(&format!("{text}&more={}", key.repeat(100))).unwrap();
    out.error(&QrCode::new(&long).unwrap_err());
}

/// Values of the `session` layer that are made without a login.
fn session_values(out: &mut Output) {
    let account = AccountId::new("alice").unwrap();
    out.display(&account);
    let (id, secret) = (base32(b"an-id-of-16-byte"), base32(TOKEN_SECRET));
    let planted = |text: &str| Parts { tag: TOKEN_SECRET.to_vec(), ..Parts::of(text) }.text();
    let world = World::new();
    out.debug(&EnrollmentToken::parse(&planted(world.begin().token.expose())).unwrap());
    let (phone, _) = world.enroll();
    out.debug(&DeviceToken::parse(&planted(world.remember(&phone).expose())).unwrap());
    let text = planted(world.challenge().expose());
    out.debug(&ChallengeToken::parse(&text).unwrap());
    out.display(&DeviceId::parse(&id).unwrap());
    for text in
        [text.replace("c1", "c2"), text.to_lowercase(), text + "A", secret.clone(), secret.repeat(500)]
    {
        out.error(&ChallengeToken::parse(&text).unwrap_err());
        out.error(&DeviceToken::parse(&text).unwrap_err());
        out.error(&DeviceId::parse(&text).unwrap_err());
    }

    let key = SealingKey::new(*SEALING_KEY);
    let in_hex: String = SEALING_KEY.iter().map(|byte| format!("{byte:02x}")).collect();
    out.debug(&SealingKey::from_hex(&in_hex).unwrap());
    out.debug(&key);
    for text in [&in_hex[1..], &in_hex.replace('7', "g"), &in_hex.repeat(2)] {
        out.error(&SealingKey::from_hex(text).unwrap_err());
    }
    let ring = || {
        let keys = [SEALING_KEY, RETIRED_KEY].map(|key| SealingKey::new(*key));
        let [key, retired] = keys;
        KeyRing::new(2, key).with_retired(1, retired)
    };
    out.debug(&ring());
    out.debug(&Keys::from(ring()));
    out.debug(&TokenKey::new(*TOKEN_SECRET));
    let tokens = TokenKeys::new(2, TokenKey::new(*TOKEN_SECRET)).with_retired(1, TokenKey::new(*RETIRED_KEY));
    out.debug(&tokens);
    out.debug(&Keys::new(StoreSecretsInClear, tokens));
    out.debug(&StoreSecretsInClear);
    out.debug(&Sealed::new([b"\0", SECRET].concat()).unwrap());
    out.error(&Sealed::new(SECRET.repeat(100)).unwrap_err());

    let policy = Policy::new("Example").unwrap();
    out.debug(&policy);
    out.debug(&Policy::builder("Example"));
    out.display(&policy.guess_odds(Duration::from_secs(1)));
    let check = || world.verifier.check_password(&account);
    let reset = || AdministratorReset::by_host(account.clone(), &AccountId::new("root").unwrap()).unwrap();
    out.debug(&check());
    out.debug(&PasswordVerified::by_host(check()));
    out.debug(&PasswordReset::by_host(check()));
    out.debug(&PasswordChangeProof::from(PasswordReset::by_host(check())));
    out.debug(&EnrollmentProof::from(PasswordVerified::by_host(check())));
    out.debug(&EnrollmentProof::from(world.fresh(&phone)));
    out.debug(&reset());
    out.debug(&CloseProof::from(reset()));
    let session = world.session(1);
    let proof = world.verifier.reauthenticate(&session, world.password(), &phone.code(world.now())).unwrap();
    out.debug(&CloseProof::from(proof));
    let imported = ImportedSecret::new(Secret::new(SECRET).unwrap()).unwrap();
    out.debug(
        &Import::by_host(account.clone(), imported, TotpParams::default()).recovery_codes(["1"]).unwrap(),
    );
    several_authenticators(&world, &phone, out);
    out.debug(&AccountRecord::new(account));
    out.all([Remember::No, Remember::ThisDevice { label: "Firefox" }]);
    out.all([
        AuthMethod::SingleFactor,
        AuthMethod::Code,
        AuthMethod::CodesInARow,
        AuthMethod::RecoveryCode,
        AuthMethod::RememberedDevice { since: START },
        AuthMethod::HostAuthenticator(HostAuthenticatorKind::HardwareKey),
    ]);
    out.all([FirstFactor::Password, FirstFactor::Other]);
    out.all([HostAuthenticatorKind::HardwareKey, HostAuthenticatorKind::SoftwareKey]);
    out.all([Requirement::None, Requirement::EnrolledBy(START), Requirement::Enrolled]);
    out.all([Binding::First, Binding::Added, Binding::Replaced, Binding::Imported, Binding::ImportedQuietly]);
    out.all([RemovedBy::Owner, RemovedBy::Administrator]);
    for reason in [
        ForgottenBecause::Revoked,
        ForgottenBecause::CredentialsChanged,
        ForgottenBecause::TooMany,
        ForgottenBecause::Expired,
        ForgottenBecause::Outdated,
        ForgottenBecause::Stolen,
        ForgottenBecause::Restored,
    ] {
        out.display(&reason);
    }
    for reason in [
        RefusedBecause::Wrong,
        RefusedBecause::Replayed,
        RefusedBecause::ClockOff(ClockOffset::from_secs(-90)),
        RefusedBecause::NoChallenge,
        RefusedBecause::Locked,
    ] {
        out.display(&reason);
    }
    let refusals = [
        Refusal::NotAccepted,
        Refusal::Malformed,
        Refusal::ChallengeOver,
        Refusal::Locked { retry_at: Some(START) },
        Refusal::Locked { retry_at: None },
        Refusal::EnrollmentOver,
        Refusal::StepUpRequired,
        Refusal::AlreadyDone,
        Refusal::Retry,
        Refusal::FactorRequired,
        Refusal::NoAuthenticator,
        Refusal::ClockOff(ClockOffset::from_secs(90)),
        Refusal::TooManyAuthenticators,
        Refusal::AlreadyBound,
    ];
    out.all(refusals.map(|refusal| refusal.answer(START)));
    out.errors(refusals);
    out.error(&TooManyRecoveryCodes);
    let seal_errors = || {
        [
            SealError::Malformed,
            SealError::UnknownKey { key: 1 },
            SealError::Broken,
            SealError::Unavailable,
            SealError::Secret(Secret::new(&[]).unwrap_err()),
        ]
    };
    let session_errors = || {
        [
            SessionError::WrongAccount,
            SessionError::ProofOfAnotherAccount,
            SessionError::Enrollment(EnrollmentError::KeyUri(KeyUriError::SteamIssuer)),
            SessionError::EntropyExhausted,
        ]
    };
    out.errors(seal_errors());
    out.errors(seal_errors().map(SessionError::Seal));
    out.errors(session_errors());
    out.errors([AccountIdError::Length { found: 0 }, AccountIdError::ControlCharacter]);
    for id in [base32(SECRET).repeat(20), base32(SECRET) + "\0"] {
        out.error(&AccountId::new(id).unwrap_err());
    }
    out.error(&AdministratorOfOneself);
    out.errors([
        PolicyError::Issuer(KeyUriError::SteamIssuer),
        PolicyError::Namespace,
        PolicyError::T0,
        PolicyError::OutOfBounds { setting: "devices", bounds: "0 to 20" },
        PolicyError::TooManyGuesses { guesses: 100 },
        PolicyError::GuessOdds { one_in: 1 },
    ]);
    out.errors(session_errors().map(Error::<MemoryStoreError>::Session));
    out.error(&Error::<MemoryStoreError>::Refused(Refusal::NotAccepted));
    out.error(&Error::<MemoryStoreError>::Store(MemoryStoreError));
    out.error(&Error::<MemoryStoreError>::Contention);
    out.error(&Error::<MemoryStoreError>::Entropy(EntropyError));
    out.errors([
        ChangePasswordError::NotStarted(Error::Store(MemoryStoreError)),
        ChangePasswordError::NotWritten(MemoryStoreError),
        ChangePasswordError::Unfinished(Some(Error::Contention)),
        ChangePasswordError::Unfinished(None),
    ]);
}

/// Values of the `store` and `verifier` layers that hold no secret.
fn edges(out: &mut Output) {
    out.error(&MemoryStoreError);
    out.error(&EntropyError);
    out.error(&SealingKeyError);
    out.error(&TokenError);
    #[cfg(feature = "json")]
    out.errors([
        JsonError::CutOff { line: 1, column: 2 },
        JsonError::NotJson { line: 1, column: 2 },
        JsonError::NewerFormat { format: 2 },
        JsonError::Malformed { line: 1, column: 2 },
        JsonError::Unwritable,
    ]);
    out.display(&Revision::new(1));
    out.all([Expected::Absent, Expected::At(Revision::new(1))]);
    out.all([Swap::Conflict, Swap::Stored]);
    let record = AccountRecord::new(AccountId::new("alice").unwrap());
    out.debug(&Change::new(Expected::Absent, Revision::new(1), &record, &[]));
    out.debug(&SystemClock);
    out.debug(&OsEntropy);
    out.debug(&NoEvents);
    #[cfg(feature = "tracing")]
    out.debug(&TracingEvents);
    out.debug(&DynStore::new(MemoryStore::new()));

    struct Failing;
    impl BlockingStore for Failing {
        type Error = MemoryStoreError;
        fn load(&self, _: &AccountId) -> Result<Option<Versioned<AccountRecord>>, MemoryStoreError> {
            Err(MemoryStoreError)
        }
        fn compare_and_swap(&self, _: &AccountId, _: Change<'_>) -> Result<Swap, MemoryStoreError> {
            Err(MemoryStoreError)
        }
    }
    let failing = DynStore::new(Blocking(Failing));
    let account = AccountId::new("alice").unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    out.error(&runtime.block_on(failing.load(&account)).unwrap_err());
}

/// With a seal of the host and a token key.
fn keys(seal: impl Seal + 'static) -> Keys {
    Keys::new(seal, TokenKeys::new(1, TokenKey::new(*TOKEN_SECRET)))
}

/// Runs a service with these keys and does everything that it can do. The secrets that it hands out are added to `planted`.
fn flow(keys: Keys, out: &mut Output, planted: &mut Vec<Planted>, sink: impl EventSink + 'static) {
    let (clock, events) = (TestClock::at(START), Arc::new(EventLog::default()));
    let policy = Policy::builder("Example").guess_budget(6, 3 * DAY).devices(2).build().unwrap();
    let store = Arc::new(MemoryStore::new());
    let verifier = BlockingVerifier::with_sources(
        store.clone(),
        policy.clone(),
        keys,
        clock.clone(),
        Mutex::new(TestRng(7)),
    );
    let origin = Origin::new().with_address("192.0.2.1").with_user_agent("Firefox");
    out.debug(&origin);
    let log = events.clone();
    let both = move |event: &AuditEvent| {
        log.record(event);
        sink.record(event);
    };
    let world = World {
        verifier: verifier.with_events(both).on_behalf_of(origin),
        clock,
        events,
        account: AccountId::new("alice").unwrap(),
    };
    let row = || BlockingStore::load(&*store, &world.account).unwrap();
    let half = |token: &str| token.split('.').nth(2).unwrap().to_owned();

    let begun = world.begin();
    let phone = Phone::scan(&begun.uri);
    planted.push(Planted::bytes("enrolled secret", begun.uri.secret().expose()));
    planted.push(Planted::text("enrollment token", &half(begun.token.expose())));
    out.debug(&begun);
    out.all(row());
    out.debug(&world.verifier.pending_enrollment(&begun.token).unwrap());
    let wrong = |world: &World| phone.wrong_code(world.now());
    let typed = phone.code(world.now());
    planted.push(Planted::text("typed code", &typed));
    assert!(world.verifier.confirm_enrollment(&begun.token, &wrong(&world)).is_err());
    let confirmed = world.verifier.confirm_enrollment(&begun.token, &typed).unwrap();
    out.debug(&confirmed);
    let (recovery_codes, end_sessions) = confirmed.into_parts();
    out.debug(&end_sessions);
    let codes = texts(&recovery_codes);
    for code in &codes {
        planted.push(Planted::text("recovery code", code));
        planted.push(Planted::text("recovery code", &code.replace('-', "")));
    }
    world.clock.advance(2 * STEP);

    let challenge = world.challenge();
    planted.push(Planted::text("challenge", &half(challenge.expose())));
    let never_issued = base32(RECOVERY);
    for typed in [&typed, &wrong(&world), &codes[0][1..], &never_issued, &"x".repeat(300), challenge.expose()]
    {
        out.error(&world.verifier.present(&challenge, typed, Remember::No).unwrap_err());
    }
    let typed = phone.code(world.now());
    planted.push(Planted::text("typed code", &typed));
    let challenge = world.challenge();
    let accepted =
        world.verifier.present(&challenge, &typed, Remember::ThisDevice { label: "Firefox" }).unwrap();
    out.debug(&accepted);
    out.debug(&accepted.authenticated);
    let device = accepted.device.unwrap();
    planted.push(Planted::text("device token", &half(device.expose())));
    planted.push(Planted::bytes("device series", &Parts::of(device.expose()).fields[2]));
    // Not a secret, but the id of a session does not belong into a log either.
    let session = accepted.authenticated.into_session();
    let kept = serde_json::to_value(&session).unwrap();
    planted.push(Planted::text("session id", kept["id"].as_str().unwrap()));
    out.debug(&session);
    out.debug(&session.info());
    out.debug.push(("SessionInfo".to_owned(), serde_json::to_string(&session.info()).unwrap()));
    world.clock.advance(2 * STEP);
    let login = world.login_on(&device);
    out.debug(&login);
    let rotated = complete(login).device.unwrap();
    planted.push(Planted::text("device token", &half(rotated.expose())));
    out.all(row());
    out.all(row());
    out.debug(&row().unwrap().value);
    let status = world.verifier.status(&world.account).unwrap();
    out.debug(&status);
    out.debug.push(("FactorStatus".to_owned(), serde_json::to_string(&status).unwrap()));
    out.debug(&status.devices[0]);
    world.clock.advance(Duration::from_secs(61));
    let login = world.login_on(&device);
    out.debug(&login);
    let _ = world.login_on(&device);
    let mut stolen = world.remember(&phone);
    let first = stolen.clone();
    for _ in 0..2 {
        world.clock.advance(2 * STEP);
        stolen = complete(world.login_on(&stolen)).device.unwrap();
    }
    out.debug(&world.login_on(&first));
    assert_eq!(world.events.count(|kind| matches!(kind, EventKind::DeviceTokenStolen { .. })), 1);
    assert!(!world.is_current(&session), "a theft ends the sessions");
    let session = world.session(9);
    for _ in 0..3 {
        let _ = world.remember(&phone);
    }
    assert!(
        world
            .verifier
            .forget_device(&world.account, world.verifier.status(&world.account).unwrap().devices[0].id)
            .unwrap()
    );

    let fresh = world.fresh(&phone);
    out.debug(&fresh);
    let regenerated = world.verifier.regenerate_recovery_codes(fresh).unwrap();
    out.debug(&regenerated);
    let codes = texts(&regenerated);
    codes.iter().for_each(|code| planted.push(Planted::text("recovery code", code)));
    for typed in [&wrong(&world), &typed, &"x".repeat(300), &challenge.expose().to_owned()] {
        out.error(&world.verifier.fresh_factor(&session, typed).unwrap_err());
    }
    let typed = phone.code(world.now());
    planted.push(Planted::text("typed code", &typed));
    let proof = world.verifier.reauthenticate(&session, world.password(), &typed).unwrap();
    out.debug(&proof);
    out.all(row());
    world.clock.advance(STEP);
    let other = world.password_of(&AccountId::new("bob").unwrap());
    out.error(&world.verifier.reauthenticate(&session, other, &phone.code(world.now())).unwrap_err());
    out.debug(&PasswordChangeProof::from(proof));
    world.clock.advance(STEP);
    let typed = phone.code(world.now());
    planted.push(Planted::text("typed code", &typed));
    let proof = world.verifier.reauthenticate(&session, world.password(), &typed).unwrap();
    out.debug(&EnrollmentProof::from(proof));

    // Locked, changed and removed.
    for _ in 0..6 {
        out.errors(world.present(&wrong(&world)).err());
    }
    out.all(row());
    let typed = phone.codes_in_a_row(world.now());
    planted.push(Planted::text("codes in a row", &typed.replace(' ', "")));
    out.error(&world.verifier.present(&world.challenge(), &typed, Remember::No).unwrap_err());
    world.clock.advance(4 * STEP);
    let typed = phone.codes_in_a_row(world.now());
    planted.push(Planted::text("codes in a row", &typed.replace(' ', "")));
    out.debug(&world.verifier.present(&world.challenge(), &typed, Remember::No).unwrap());
    world.clock.advance(STEP);
    out.errors(refusal(world.verifier.present(&world.challenge(), &codes[0], Remember::No)).err());
    out.debug(&world.reset_password());
    out.all(row());
    for _ in 0..20 {
        out.errors(world.present(&wrong(&world)).err());
        let _ = world.verifier.present(&world.challenge(), &codes[1], Remember::No);
    }
    let spare = world.verifier.fresh_factor(&world.session(2), &codes[2]).unwrap();
    let codes = texts(&world.verifier.regenerate_recovery_codes(spare).unwrap());
    let _ = world.change_password(&world.session(3), &codes[0]).unwrap();
    out.debug(&world.verifier.disable(world.fresh(&phone), Requirement::None).unwrap());
    assert!(matches!(world.login(), Login::Complete(_)));
    let imported = ImportedSecret::new(Secret::new(SECRET).unwrap()).unwrap();
    let import = Import::by_host(world.account.clone(), imported, TotpParams::default());
    out.debug(&world.verifier.import(import).unwrap().expect("an import that is not quiet"));
    out.all(row());
    out.debug(&*store);
    out.debug(&world.verifier);
    out.debug(&Verifier::new(MemoryStore::new(), policy.clone(), self::keys(StoreSecretsInClear)));
    out.debug(&Blocking(MemoryStore::new()));
    out.debug(&Login::EnrollmentRequired(world.password()));
    out.debug(&world.verifier.end_all_sessions(&world.session(1)).unwrap());
    out.all(row());
    for event in world.events.all() {
        out.debug(&event);
        out.debug.push(("AuditEvent".to_owned(), serde_json::to_string(&event).unwrap()));
        out.display(&event.kind);
    }
}

/// Kinds of events that the flow may not have caused, with all their fields.
fn more_events(out: &mut Output) {
    let account = AccountId::new("alice").unwrap();
    let authenticator = AuthenticatorId::of_host(&account, TOKEN_SECRET);
    let label = || "Phone".to_owned();
    let reason = RefusedBecause::ClockOff(ClockOffset::from_secs(-90));
    let removed =
        |by, remaining| EventKind::AuthenticatorRemoved { authenticator, label: label(), by, remaining };
    for kind in [
        EventKind::HostAuthenticatorRefused { reason },
        EventKind::OldRecoveryCodeTried,
        EventKind::AuthenticatorRenamed { authenticator, label: label() },
        EventKind::Restored,
        removed(RemovedBy::Owner, 1),
        removed(RemovedBy::Administrator, 0),
        EventKind::Locked { until: Some(START) },
        EventKind::Locked { until: None },
        EventKind::PasswordSuspectedKnown { guesses: 5 },
        EventKind::ChallengeExhausted,
        EventKind::DeviceUnknown,
        EventKind::PasswordNotChanged,
        EventKind::PasswordChangeInterrupted,
        EventKind::AccountClosed,
    ] {
        out.display(&kind);
    }
}

/// Authenticators, the values that represent them, and an old system's recovery codes, with planted bytes as credentials.
fn several_authenticators(world: &World, phone: &Phone, out: &mut Output) {
    let credential = TOKEN_SECRET;
    let id = AuthenticatorId::of_host(&world.account, credential);
    out.display(&id);
    out.error(&AuthenticatorId::parse(&base32(TOKEN_SECRET)).unwrap_err());
    out.display(&ClockOffset::from_secs(90));
    out.debug(&NewAuthenticator::app("alice").label("Tablet").issuer("Example").replacing(id));
    let key = NewHostAuthenticator::new(credential, HostAuthenticatorKind::HardwareKey);
    out.debug(&key);
    let proof = || HostAuthenticatorVerified::by_host(world.account.clone(), credential, TOKEN_SECRET);
    out.debug(&proof());
    out.debug(&Presented::from(proof()));
    let typed = base32(TOKEN_SECRET);
    out.debug(&Presented::from(typed.as_str()));
    world.clock.advance(STEP);
    let _ = world.verifier.bind_host_authenticator(world.fresh(phone), key).unwrap();
    world.clock.advance(STEP);
    for bound in world.verifier.status(&world.account).unwrap().authenticators {
        out.debug(&bound);
        out.debug(&bound.kind);
    }
    out.debug(&world.verifier.present(&world.challenge(), proof(), Remember::No).unwrap());
    out.debug(&world.record());

    let other = World::new();
    let secret = ImportedSecret::new(Secret::new(SECRET).unwrap()).unwrap();
    let import = Import::by_host(other.account.clone(), secret, TotpParams::default());
    let _ = other.verifier.import(import.recovery_codes(["1"]).unwrap()).unwrap();
    let tried = other.verifier.try_old_recovery_code(&other.challenge()).unwrap();
    out.debug(&tried);
    let verified = tried.was("1");
    out.debug(&verified);
    out.debug(&Presented::from(verified));
}

/// A seal that prints its context. Only a seal gets to see one.
struct Showing(Arc<Mutex<Vec<String>>>);

impl Seal for Showing {
    fn seal(&self, secret: &Secret, context: SealContext<'_>, nonce: [u8; 24]) -> Result<Sealed, SealError> {
        self.0.lock().unwrap().push(format!("{context:?}"));
        StoreSecretsInClear.seal(secret, context, nonce)
    }

    fn open(&self, sealed: &Sealed, context: SealContext<'_>) -> Result<Secret, SealError> {
        self.0.lock().unwrap().push(format!("{context:?} {sealed:?}"));
        StoreSecretsInClear.open(sealed, context)
    }

    fn is_current(&self, sealed: &Sealed) -> bool {
        StoreSecretsInClear.is_current(sealed)
    }
}

/// All output, and all values that must not be in it.
fn everything() -> (Output, Vec<Planted>) {
    let (mut out, mut planted) = (Output::default(), planted());
    otp(&mut out);
    enrollment(&mut out);
    session_values(&mut out);
    edges(&mut out);
    let ring = KeyRing::new(1, SealingKey::new(*SEALING_KEY));
    flow(ring.into(), &mut out, &mut planted, NoEvents);
    let contexts = Arc::new(Mutex::new(Vec::new()));
    flow(keys(Showing(contexts.clone())), &mut out, &mut planted, NoEvents);
    for context in contexts.lock().unwrap().iter() {
        out.debug.push(("SealContext".to_owned(), context.clone()));
    }
    more_events(&mut out);
    (out, planted)
}

#[test]
fn nothing_that_is_printed_holds_a_secret() {
    let (out, planted) = everything();
    assert!(out.debug.len() > 1_000 && planted.len() > 50, "{} of {}", out.debug.len(), planted.len());
    out.hides(&planted);
}

#[test]
fn every_public_type_and_every_variant_is_printed() {
    let (out, _) = everything();
    let shown = |output: &[(String, String)]| -> BTreeSet<String> {
        output.iter().map(|(name, _)| name.clone()).collect()
    };
    let (debug, display) = (shown(&out.debug), shown(&out.display));
    let types = public_types();
    let mut names: BTreeSet<String> = types.keys().cloned().collect();
    names.retain(|name| cfg!(feature = "tracing") || name != "TracingEvents");
    assert!(names.len() > 80 && names.contains("ChallengeToken"), "{names:?}");
    let hidden: Vec<_> = names.difference(&debug).collect();
    assert!(hidden.is_empty(), "show these types in this test too: {hidden:?}");
    // Every name is that of a type of this crate.
    let foreign: Vec<_> = debug.difference(&names).collect();
    assert!(foreign.is_empty(), "{foreign:?}");

    let silent: Vec<_> = displayable().into_iter().filter(|name| !display.contains(name)).collect();
    assert!(silent.is_empty(), "show these types with `display` too: {silent:?}");

    for (name, file) in
        types.iter().filter_map(|(name, (kind, file))| (*kind == "enum").then_some((name, file)))
    {
        let variants = variants(file, name);
        assert!(!variants.is_empty(), "{name}");
        let printed: BTreeSet<String> = out
            .debug
            .iter()
            .filter(|(of, _)| of == name)
            .map(|(_, text)| text.chars().take_while(|c| is_word(*c)).collect())
            .collect();
        let hidden: Vec<_> = variants.iter().filter(|variant| !printed.contains(*variant)).collect();
        assert!(hidden.is_empty(), "show these variants of {name} too: {hidden:?}");
    }
}

/// The name of every `pub struct` and `pub enum` in `src/`, which of the two it is, and the text of its file. Without the
/// conformance suite for stores, which has records of its own.
fn public_types() -> BTreeMap<String, (&'static str, String)> {
    let mut found = BTreeMap::new();
    let is_shown = |path: &str| match path {
        "session/json.rs" => cfg!(feature = "json"),
        path => !path.starts_with("testing"),
    };
    for file in sources().into_iter().filter(|file| is_shown(&file.path)) {
        let code = code_of(&file.text);
        for (kind, keyword) in [
            ("struct", "pub struct "),
            ("enum", "pub enum "),
            ("struct", "token! {"),
            ("struct", "public_id! {"),
        ] {
            for after in code.split(keyword).skip(1) {
                let name: String = after.trim_start().chars().take_while(|c| is_word(*c)).collect();
                if !name.is_empty() {
                    found.insert(name, (kind, file.text.clone()));
                }
            }
        }
    }
    found
}

/// The public types with `Display`, written by hand or derived by thiserror.
fn displayable() -> BTreeSet<String> {
    let name = |text: &str| text.chars().take_while(|c| is_word(*c)).collect::<String>();
    let mut found = BTreeSet::new();
    for file in sources() {
        let code = code_of(&file.text);
        found.extend(code.split("Display for ").skip(1).map(name));
        for after in code.split("thiserror::Error)]").skip(1) {
            let declared = after.split("pub ").nth(1).unwrap_or_default();
            found.extend(declared.split_whitespace().nth(1).map(name));
        }
    }
    let types = public_types();
    assert!(found.contains("Refusal") && found.contains("AccountId"), "{found:?}");
    found.retain(|name| types.contains_key(name));
    found
}

#[cfg(feature = "tracing")]
mod tracing_output {
    use core::fmt::{Debug, Write};
    use std::sync::Mutex;

    use second_factor::verifier::TracingEvents;
    use tracing::field::{Field, Visit};
    use tracing::span::{Attributes, Id, Record};
    use tracing::{Event, Metadata, Subscriber};

    use super::*;

    static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

    struct Lines;

    struct Line(String);

    impl Visit for Line {
        fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
            write!(self.0, " {field}={value:?}").unwrap();
        }
    }

    impl Subscriber for Lines {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }

        fn new_span(&self, _: &Attributes<'_>) -> Id {
            Id::from_u64(1)
        }

        fn record(&self, _: &Id, _: &Record<'_>) {}

        fn record_follows_from(&self, _: &Id, _: &Id) {}

        fn event(&self, event: &Event<'_>) {
            let mut line = Line(format!("{} {}", event.metadata().level(), event.metadata().target()));
            event.record(&mut line);
            LINES.lock().unwrap().push(line.0);
        }

        fn enter(&self, _: &Id) {}

        fn exit(&self, _: &Id) {}
    }

    #[test]
    fn nothing_that_is_traced_holds_a_secret() {
        tracing::subscriber::set_global_default(Lines).unwrap();
        let (mut out, mut planted) = (Output::default(), planted());
        flow(keys(StoreSecretsInClear), &mut out, &mut planted, TracingEvents);
        let lines = LINES.lock().unwrap();
        assert!(lines.len() > 50, "{}", lines.len());
        let scanner = Scanner::new(&planted);
        for line in lines.iter() {
            let levels = ["INFO second_factor::audit", "WARN second_factor::audit"];
            assert!(levels.iter().any(|level| line.starts_with(level)), "{line}");
            assert!(line.contains("account=\"alice\""), "{line}");
            assert!(line.contains("address=\"192.0.2.1\" user_agent=\"Firefox\""), "{line}");
            assert_eq!(scanner.finds(line), None, "{line}");
        }
    }
}

/// Times are printed as numbers, which must not be confused with the planted code.
#[test]
fn the_planted_code_is_not_part_of_a_time() {
    assert!(!UnixTime::MAX.to_string().contains(CODE) && !START.to_string().contains(CODE));
}
