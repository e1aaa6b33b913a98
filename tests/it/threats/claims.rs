//! The claims of a login and of a session: `amr` (RFC 8176), and the other facts of a complete login.

use second_factor::enrollment::ImportedSecret;
use second_factor::session::{FirstFactor, HostAuthenticatorKind, Import, Presented, Remember, Session};
use second_factor::{Accepted, AuthMethod, DeviceToken, FreshFactor, Login, Secret, TotpParams, UnixTime};

use crate::support::source::{sources, variants};
use crate::support::{Phone, STEP, World, code_required, complete};

const HARDWARE: AuthMethod = AuthMethod::HostAuthenticator(HostAuthenticatorKind::HardwareKey);
const SOFTWARE: AuthMethod = AuthMethod::HostAuthenticator(HostAuthenticatorKind::SoftwareKey);
const REMEMBERED: AuthMethod = AuthMethod::RememberedDevice { since: UnixTime::EPOCH };

/// Every method, and its claims after a password and after another first factor.
const TABLE: [(AuthMethod, &[&str], &[&str]); 7] = [
    (AuthMethod::SingleFactor, &["pwd"], &[]),
    (AuthMethod::Code, &["pwd", "otp", "mfa"], &["otp", "mfa"]),
    (AuthMethod::CodesInARow, &["pwd", "otp", "mfa"], &["otp", "mfa"]),
    (AuthMethod::RecoveryCode, &["pwd", "mfa"], &["mfa"]),
    (HARDWARE, &["pwd", "hwk", "mfa"], &["hwk", "mfa"]),
    (SOFTWARE, &["pwd", "swk", "mfa"], &["swk", "mfa"]),
    (REMEMBERED, &["pwd"], &[]),
];

fn claims(first: FirstFactor, method: AuthMethod) -> &'static [&'static str] {
    let is_remembered = matches!(method, AuthMethod::RememberedDevice { .. });
    let row = TABLE.iter().find(|(found, ..)| {
        *found == method || is_remembered && matches!(found, AuthMethod::RememberedDevice { .. })
    });
    let (_, after_password, after_other) = row.unwrap();
    match first {
        FirstFactor::Password => after_password,
        FirstFactor::Other => after_other,
        other => panic!("this first factor has no column: {other:?}"),
    }
}

const FIRST: [FirstFactor; 2] = [FirstFactor::Password, FirstFactor::Other];

/// The text of a file under `src/`.
fn source(path: &str) -> String {
    sources().into_iter().find(|file| file.path == path).unwrap().text
}

#[test]
fn rfc8176_the_table_has_every_first_factor_and_every_method() {
    let name = |debug: String| debug.split([' ', '(']).next().unwrap().to_owned();
    let mut methods: Vec<_> = TABLE.iter().map(|(method, ..)| name(format!("{method:?}"))).collect();
    methods.dedup();
    assert_eq!(methods, variants(&source("session/proof/auth_method.rs"), "AuthMethod"));
    let firsts: Vec<_> = FIRST.iter().map(|first| name(format!("{first:?}"))).collect();
    assert_eq!(firsts, variants(&source("session/proof/first_factor.rs"), "FirstFactor"));
    let mut kinds = Vec::new();
    for (method, ..) in TABLE {
        if let AuthMethod::HostAuthenticator(kind) = method {
            kinds.push(format!("{kind:?}"));
        }
    }
    let file = source("session/proof/host_authenticator_kind.rs");
    assert_eq!(kinds, variants(&file, "HostAuthenticatorKind"));
}

#[test]
fn rfc8176_amr_is_right_for_every_combination() {
    for first in FIRST {
        for (method, ..) in TABLE {
            let amr = method.amr(first);
            assert_eq!(amr, claims(first, method), "{first:?}, {method:?}");
            assert_eq!(amr.contains(&"mfa"), method.is_second_factor(), "{first:?}, {method:?}");
            assert_eq!(amr.contains(&"pwd"), first == FirstFactor::Password, "{first:?}, {method:?}");
        }
    }
}

/// An account with everything: an app, keys of both kinds, recovery codes and a remembered device.
struct Owner {
    world: World,
    phone: Phone,
    codes: Vec<String>,
    device: DeviceToken,
}

impl Owner {
    fn new() -> Self {
        use second_factor::session::NewHostAuthenticator;

        let (world, phone, codes) = World::enrolled();
        for (credential, kind) in [
            (b"hardware", HostAuthenticatorKind::HardwareKey),
            (b"software", HostAuthenticatorKind::SoftwareKey),
        ] {
            let new = NewHostAuthenticator::new(credential, kind);
            let _ = world.verifier.bind_host_authenticator(world.fresh(&phone), new).unwrap();
        }
        let device = world.remember(&phone);
        world.clock.advance(4 * STEP);
        Self { world, phone, codes, device }
    }

    /// The proof for this method; for a recovery code, the one with this number.
    fn shows(&self, method: AuthMethod, code: usize) -> Shown<'_> {
        let now = self.world.now();
        Shown(match method {
            AuthMethod::Code => Kind::Typed(self.phone.code(now)),
            AuthMethod::CodesInARow => Kind::Typed(self.phone.codes_in_a_row(now)),
            AuthMethod::RecoveryCode => Kind::Typed(self.codes[code].clone()),
            HARDWARE => Kind::Signed(&self.world, b"hardware", now),
            SOFTWARE => Kind::Signed(&self.world, b"software", now),
            other => panic!("there is no proof to present for {other:?}"),
        })
    }

    /// A login with this first factor and this method.
    fn log_in(&self, first: FirstFactor, method: AuthMethod) -> Accepted {
        let (nobody, world) = (self.world.of("nobody"), &self.world);
        let log_in = |world: &World, device: Option<&DeviceToken>| -> Login {
            let proof = world.password().first_factor(first);
            world.verifier.password_verified(proof, device.map(DeviceToken::expose)).unwrap()
        };
        match method {
            AuthMethod::SingleFactor => complete(log_in(&nobody, None)),
            AuthMethod::RememberedDevice { .. } => complete(log_in(world, Some(&self.device))),
            _ => {
                let challenge = code_required(log_in(world, None));
                let accepted = world.verifier.present(&challenge, &self.shows(method, 0), Remember::No);
                world.clock.advance(5 * STEP);
                accepted.unwrap()
            }
        }
    }

    fn fresh(&self, session: &Session, method: AuthMethod) -> FreshFactor {
        let fresh = self.world.verifier.fresh_factor(session, &self.shows(method, 1)).unwrap();
        self.world.clock.advance(5 * STEP);
        fresh
    }
}

struct Shown<'a>(Kind<'a>);

enum Kind<'a> {
    Typed(String),
    Signed(&'a World, &'a [u8], UnixTime),
}

impl<'a> From<&'a Shown<'_>> for Presented<'a> {
    fn from(shown: &'a Shown<'_>) -> Self {
        match &shown.0 {
            Kind::Typed(text) => text.into(),
            Kind::Signed(world, credential, at) => {
                let (account, signed) = (world.account.clone(), at.as_secs().to_be_bytes());
                second_factor::session::HostAuthenticatorVerified::by_host(account, credential, &signed)
                    .into()
            }
        }
    }
}

#[test]
fn rfc8176_every_login_and_its_session_have_the_right_claims() {
    for first in FIRST {
        for (method, ..) in TABLE {
            let owner = Owner::new();
            let accepted = owner.log_in(first, method);
            let expected = claims(first, method);
            let session = accepted.authenticated;
            assert_eq!((session.first_factor(), session.amr()), (first, expected), "{method:?}");
            let session = session.into_session();
            assert_eq!((session.first_factor(), session.amr()), (first, expected), "{method:?}");
            let kept: Session = serde_json::from_str(&serde_json::to_string(&session).unwrap()).unwrap();
            assert_eq!((kept.first_factor(), kept.amr()), (first, expected), "{method:?}");
        }
    }
}

#[test]
fn rfc8176_a_step_up_adds_its_factor_to_the_claims_of_the_session() {
    for first in FIRST {
        for (method, ..) in TABLE.into_iter().filter(|(method, ..)| *method != AuthMethod::SingleFactor) {
            for (presented, ..) in TABLE.into_iter().filter(|(method, ..)| method.is_second_factor()) {
                let owner = Owner::new();
                let mut session = owner.log_in(first, method).authenticated.into_session();
                session.elevate(&owner.fresh(&session, presented));
                assert_eq!(session.amr(), claims(first, presented), "{first:?}, {method:?}, {presented:?}");
                let kept: Session = serde_json::from_str(&serde_json::to_string(&session).unwrap()).unwrap();
                assert_eq!(kept.amr(), claims(first, presented), "{first:?}, {method:?}, {presented:?}");
            }
        }
    }
}

#[test]
fn rfc8176_the_first_factor_of_a_challenge_is_under_its_tag() {
    use crate::support::tokens::Parts;

    let owner = Owner::new();
    let (world, now) = (&owner.world, owner.world.now());
    let by_link = world.password().first_factor(FirstFactor::Other);
    let challenge = code_required(world.verifier.password_verified(by_link, None).unwrap());
    let text = challenge.expose().to_owned();
    let forged = (0..Parts::of(&text).fields.len()).filter_map(|place| {
        let mut parts = Parts::of(&text);
        (parts.fields[place] == [1]).then(|| parts.fields[place] = vec![0])?;
        Some(parts.text())
    });
    let mut count = 0;
    for forged in forged {
        let challenge: second_factor::ChallengeToken = forged.parse().unwrap();
        let presented = world.verifier.present(&challenge, &owner.phone.code(now), Remember::No);
        let refused = crate::support::refusal(presented).unwrap_err();
        assert_eq!(refused, second_factor::Refusal::ChallengeOver);
        count += 1;
    }
    assert!(count > 0, "the field of the first factor was not found");
    let accepted = world.verifier.present(&challenge, &owner.phone.code(now), Remember::No).unwrap();
    assert_eq!(accepted.authenticated.amr(), ["otp", "mfa"]);
}

#[test]
fn every_login_says_how_many_recovery_codes_are_left() {
    for (method, ..) in TABLE {
        let owner = Owner::new();
        let expected = match method {
            AuthMethod::SingleFactor => 0,
            AuthMethod::RecoveryCode => 9,
            _ => 10,
        };
        assert_eq!(owner.log_in(FirstFactor::Password, method).recovery_codes_left, expected, "{method:?}");
    }
    // Until none is left.
    let (world, phone, codes) = World::enrolled();
    for (used, code) in codes.iter().enumerate() {
        assert_eq!(world.present(code).unwrap().recovery_codes_left, 9 - used);
    }
    assert_eq!(world.log_in(&phone).recovery_codes_left, 0);
    // Codes of an old system count too, each once.
    let world = World::new();
    let secret = ImportedSecret::new(Secret::new(&[7; 20]).unwrap()).unwrap();
    let import = Import::by_host(world.account.clone(), secret, TotpParams::default());
    let _ = world.verifier.import(import.recovery_codes(["1", "2", "3"]).unwrap()).unwrap();
    for left in (0..3).rev() {
        let challenge = world.challenge();
        let tried = world.verifier.try_old_recovery_code(&challenge).unwrap();
        let code = tried.was(&(left + 1).to_string());
        let accepted = world.verifier.present(&challenge, code, Remember::No).unwrap();
        assert_eq!((accepted.recovery_codes_left, world.recovery_codes_left()), (left, left));
    }
}
