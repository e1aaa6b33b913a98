//! A thousand accounts are migrated.

use second_factor::enrollment::ImportedSecret;
use second_factor::otp::TimeStep;
use second_factor::session::{Binding, EventKind, Import, RefusedBecause, Remember};
use second_factor::{
    Accepted, AccountId, Algorithm, AuthMethod, ChallengeToken, Digits, Login, Period, Refusal, Secret,
    Session, Totp, TotpParams, UnixTime,
};

use super::is_code_required;
use crate::support::{STEP, World, code_required, complete, is_refused_because, refusal};

const ACCOUNTS: usize = 1_000;

/// The lowest cost of bcrypt.
const COST: u32 = 4;

/// A row of the old system's table of accounts, and its ten rows in the table of recovery codes.
struct OldAccount {
    id: AccountId,
    /// In plain text.
    secret: String,
    params: TotpParams,
    /// The step of the last code that it accepted.
    last_step: Option<TimeStep>,
    recovery_codes: Vec<OldCode>,
}

/// A row of the old system's table of recovery codes.
struct OldCode {
    id: String,
    hash: String,
}

impl OldAccount {
    fn app(&self) -> Totp {
        Totp::new(&Secret::from_base32(&self.secret).unwrap(), self.params)
    }

    fn import(&self) -> Import {
        let secret = ImportedSecret::legacy(Secret::from_base32(&self.secret).unwrap()).unwrap();
        let import = Import::by_host(self.id.clone(), secret, self.params)
            .recovery_codes(self.recovery_codes.iter().map(|code| &code.id))
            .unwrap()
            .quietly();
        match self.last_step {
            Some(step) => import.last_accepted(step),
            None => import,
        }
    }
}

/// The old system: recovery codes of ten characters, and accounts with ten of them each. Hashing takes most of the time, so
/// accounts share codes, under ids of their own.
struct OldSystem {
    typed: Vec<String>,
    accounts: Vec<OldAccount>,
}

impl OldSystem {
    const CODES: usize = 200;

    fn at(world: &World) -> Self {
        let typed: Vec<String> =
            (1..=Self::CODES).map(|n| format!("{:010x}", (n * 0x9e_3779_b97f) % (1 << 40))).collect();
        let hashes: Vec<String> = typed.iter().map(|code| bcrypt::hash(code, COST).unwrap()).collect();
        let accounts = (0..ACCOUNTS).map(|n| {
            let params = TotpParams::new(
                [Algorithm::Sha1, Algorithm::Sha256][n % 2],
                [Digits::Six, Digits::Eight][n / 2 % 2],
                Period::DEFAULT,
            );
            // 80 bits or 160.
            let length = [10, 20][n / 4 % 2];
            let secret = Secret::new(format!("{n:0length$}").as_bytes()).unwrap();
            let now = Totp::new(&secret, params).time_step(world.now()).unwrap();
            OldAccount {
                id: AccountId::new(format!("user-{n}")).unwrap(),
                secret: secret.to_base32().expose().to_owned(),
                params,
                // In the present step, one or two steps ago, or never.
                last_step: [Some(0), Some(1), Some(2), Some(0), None][n / 8 % 5]
                    .map(|ago| TimeStep::new(now.get() - ago)),
                recovery_codes: (0..10)
                    .map(|k| OldCode { id: format!("{n}/{k}"), hash: hashes[Self::code(n, k)].clone() })
                    .collect(),
            }
        });
        Self { accounts: accounts.collect(), typed }
    }

    /// The number of the `n`th account's `k`th code.
    fn code(n: usize, k: usize) -> usize {
        (n * 7 + k * 13) % Self::CODES
    }
}

/// What a host does with a text that looks like an old recovery code.
fn by_old_code(
    world: &World,
    challenge: &ChallengeToken,
    account: &OldAccount,
    typed: &str,
) -> Result<Accepted, Refusal> {
    let tried = refusal(world.verifier.try_old_recovery_code(challenge))?;
    assert_eq!(tried.account(), &account.id);
    let right = account.recovery_codes.iter().find(|code| bcrypt::verify(typed, &code.hash).unwrap());
    let verified = tried.was(&right.ok_or(Refusal::NotAccepted)?.id);
    refusal(world.verifier.present(challenge, verified, Remember::No))
}

fn login(world: &World, account: &AccountId) -> Login {
    world.verifier.password_verified(world.password_of(account), None).unwrap()
}

#[test]
fn m01_a_thousand_accounts_move_without_a_change_for_their_owners() {
    let world = World::new();
    let old = OldSystem::at(&world);
    // Sessions from before the migration, in which the old system had asked for the code.
    let sessions: Vec<Session> = old
        .accounts
        .iter()
        .map(|account| complete(login(&world, &account.id)).authenticated.into_session())
        .collect();
    world.events.take();

    for account in &old.accounts {
        let _ = world.verifier.import(account.import()).unwrap();
    }
    assert!(sessions.iter().all(|session| world.is_current(session)));
    let quietly = |kind: &EventKind| {
        matches!(kind, EventKind::AuthenticatorBound { binding: Binding::ImportedQuietly, .. })
    };
    assert_eq!(world.events.count(quietly), ACCOUNTS);
    assert_eq!(world.events.count(EventKind::notify_owner), 0);

    // The last code that the old system accepted is used up.
    world.events.take();
    let challenges: Vec<ChallengeToken> =
        old.accounts.iter().map(|account| code_required(login(&world, &account.id))).collect();
    let mut used = 0;
    for (account, challenge) in old.accounts.iter().zip(&challenges) {
        let Some(step) = account.last_step else { continue };
        let code = account.app().generate(UnixTime::from_secs(step.get() * STEP.as_secs()));
        let refused = world.verifier.present(challenge, code.expose(), Remember::No);
        assert_eq!(refusal(refused).unwrap_err(), Refusal::NotAccepted, "{:?}", account.id);
        used += 1;
    }
    assert_eq!(used, ACCOUNTS * 4 / 5);
    assert_eq!(world.events.count(is_refused_because(RefusedBecause::Replayed)), used);

    // The next one is not.
    world.clock.advance(STEP);
    for (account, challenge) in old.accounts.iter().zip(&challenges) {
        let code = account.app().generate(world.now());
        let accepted = world.verifier.present(challenge, code.expose(), Remember::No).unwrap();
        assert_eq!((accepted.authenticated.method(), accepted.recovery_codes_left), (AuthMethod::Code, 10));
    }

    // Every tenth owner has lost the app.
    world.events.take();
    for (n, account) in old.accounts.iter().enumerate().step_by(10) {
        let typed = &old.typed[OldSystem::code(n, n / 10 % 10)];
        let challenge = code_required(login(&world, &account.id));
        let refused = refusal(world.verifier.present(&challenge, typed, Remember::No));
        assert_eq!(refused.unwrap_err(), Refusal::Malformed, "{typed}");
        let accepted = by_old_code(&world, &challenge, account, typed).unwrap();
        assert_eq!(accepted.authenticated.method(), AuthMethod::RecoveryCode);
        assert_eq!(accepted.recovery_codes_left, 9);

        let challenge = code_required(login(&world, &account.id));
        let again = by_old_code(&world, &challenge, account, typed);
        assert_eq!(again.unwrap_err(), Refusal::NotAccepted, "an old code was accepted twice");
        let status = world.verifier.status(&account.id).unwrap();
        assert_eq!((status.recovery_codes_left, status.authenticators.len()), (9, 1));
    }
    let told: Vec<EventKind> = world.events.take().into_iter().filter(EventKind::notify_owner).collect();
    assert_eq!(told, vec![EventKind::RecoveryCodeUsed { remaining: 9 }; ACCOUNTS / 10]);

    assert!(sessions.iter().all(|session| world.is_current(session)), "a session has ended");
    assert!(old.accounts.iter().all(|account| is_code_required(&login(&world, &account.id))));
}
