//! What the strongest attacker gets who has the password, no phone, and all the time and servers he wants: as
//! many guesses as `Policy::guess_odds` says, to the last one, and never more.
//!
//! The budget is 20, of which one is regained every three days.

use core::time::Duration;
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRunner};
use rand_core::TryRng as _;
use second_factor::session::{
    EventKind, PolicyBuilder, PolicyError, RefusedBecause, StoreSecretsInClear, TokenKey, TokenKeys,
};
use second_factor::{
    AccountId, BlockingVerifier, ChallengeToken, Digits, Keys, MemoryStore, Policy, Refusal, Remember,
    Secret, Session, TotpParams, UnixTime, Window,
};

use crate::support::{
    DAY, EventLog, NEVER_ISSUED, Phone, START, STEP, TestClock, TestRng, World, days, refusal,
};

const YEAR: Duration = Duration::from_secs(365 * DAY.as_secs());

/// A guess that was evaluated and was not right.
#[derive(Clone, Copy)]
struct Guess {
    at: UnixTime,
    challenge: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Login,
    /// Only the attacker steps up, and is never right: nothing is refunded in a session.
    StepUp,
}

enum Token {
    Login(ChallengeToken),
    StepUp(Session),
}

/// One account of a service.
struct Site {
    world: World,
    policy: Policy,
    rng: TestRng,
    phone: Phone,
    recovery_codes: Vec<String>,
    /// Opened challenges, by number.
    tokens: Vec<Token>,
    /// Evaluated, and not refunded by the completion of their challenge.
    guesses: Vec<Guess>,
    /// A code that is not right at this time.
    wrong: Option<(UnixTime, String)>,
}

impl Site {
    fn new(policy: Policy, seed: u64) -> Self {
        let (clock, events) = (TestClock::at(START), Arc::new(EventLog::default()));
        let verifier = BlockingVerifier::with_sources(
            Arc::new(MemoryStore::new()),
            policy.clone(),
            Keys::new(StoreSecretsInClear, TokenKeys::new(1, TokenKey::new([7; 32]))),
            clock.clone(),
            Mutex::new(TestRng(seed)),
        )
        .with_events(events.clone());
        let world = World { verifier, clock, events, account: AccountId::new("alice").unwrap() };
        let (phone, recovery_codes) = world.enroll();
        world.clock.set(START.saturating_add(DAY));
        // Another seed than that of the secret and the tokens.
        let rng = TestRng(!seed);
        Self { world, policy, rng, phone, recovery_codes, tokens: vec![], guesses: vec![], wrong: None }
    }

    fn now(&self) -> UnixTime {
        self.world.now()
    }

    fn wait_until(&self, time: UnixTime) {
        self.world.clock.set(time);
    }

    fn wait(&self, span: Duration) {
        self.world.clock.advance(span);
    }

    /// The number of a new challenge, or of another session: the strongest attacker has as many as he likes.
    fn open(&mut self, purpose: Purpose) -> usize {
        let number = self.tokens.len();
        self.tokens.push(match purpose {
            Purpose::Login => Token::Login(self.world.challenge()),
            Purpose::StepUp => Token::StepUp(self.session(number)),
        });
        number
    }

    /// A session of the owner's, of which he has the cookie.
    fn session(&self, number: usize) -> Session {
        let mut row = serde_json::to_value(self.world.session(1)).unwrap();
        let id = [number.to_le_bytes(), [0; 8]].concat();
        row["id"] = Secret::new(&id).unwrap().to_base32().expose().into();
        serde_json::from_value(row).unwrap()
    }

    /// A code or a recovery code, for a challenge or in a session.
    fn present(&mut self, challenge: usize, typed: &str) -> Result<(), Refusal> {
        self.world.events.take();
        let verifier = &self.world.verifier;
        let outcome = match &self.tokens[challenge] {
            Token::Login(token) => refusal(verifier.present(token, typed, Remember::No)).map(|_| ()),
            Token::StepUp(session) => refusal(verifier.fresh_factor(session, typed)).map(|_| ()),
        };
        let events = self.world.events.take();
        self.note(challenge, outcome, &events)
    }

    /// Counts by what the audit log says was evaluated.
    fn note(
        &mut self,
        challenge: usize,
        outcome: Result<(), Refusal>,
        events: &[EventKind],
    ) -> Result<(), Refusal> {
        let evaluated = [RefusedBecause::Wrong, RefusedBecause::Replayed]
            .map(|reason| EventKind::CodeRefused { reason })
            .iter()
            .any(|refused| events.contains(refused));
        if evaluated {
            self.guesses.push(Guess { at: self.now(), challenge });
        }
        if outcome.is_ok() {
            self.guesses.retain(|guess| guess.challenge != challenge);
        }
        outcome
    }

    /// A code that is not right now.
    fn wrong_code(&mut self) -> String {
        if let Some((at, code)) = &self.wrong
            && *at == self.now()
        {
            return code.clone();
        }
        let window = self.policy.window();
        let right: Vec<String> = (-i64::from(window.past())..=i64::from(window.future()))
            .map(|step| {
                self.phone.code(UnixTime::from_secs(self.now().as_secs().saturating_add_signed(30 * step)))
            })
            .collect();
        let digits = right[0].len();
        let wrong = (0..100).map(|n| format!("{n:0digits$}")).find(|code| !right.contains(code)).unwrap();
        self.wrong = Some((self.now(), wrong.clone()));
        wrong
    }

    /// The owner logs in, after so many slips; whether it worked.
    fn owner_logs_in(&mut self, slips: u8) -> bool {
        let challenge = self.open(Purpose::Login);
        for _ in 0..slips {
            let wrong = self.wrong_code();
            let _ = self.present(challenge, &wrong);
        }
        let code = self.phone.code(self.now());
        self.present(challenge, &code).is_ok()
    }

    /// No span of time holds more guesses than the policy says of it.
    fn assert_bounded(&self) {
        for (last, end) in self.guesses.iter().enumerate() {
            for (first, start) in self.guesses[..=last].iter().enumerate() {
                let span = end.at.checked_since(start.at).unwrap();
                let (count, most) = ((last - first + 1) as u64, self.policy.guess_odds(span).guesses());
                assert!(count <= most, "{count} guesses within {} s, {most} are the most", span.as_secs());
            }
        }
    }
}

fn default_policy() -> Policy {
    Policy::new("Example").unwrap()
}

// --- a simulated year ---

/// Guesses four times in each challenge, and then opens another, for a login or for a step-up.
#[derive(Default)]
struct Attacker {
    challenge: Option<usize>,
    guesses: u64,
}

impl Attacker {
    const PER_CHALLENGE: u64 = 4;

    /// He starts a new challenge, since the old one is too old.
    fn begins_anew(&mut self) {
        self.challenge = None;
    }

    fn guesses(&mut self, site: &mut Site) -> Result<(), Refusal> {
        if self.guesses.is_multiple_of(Self::PER_CHALLENGE) {
            self.challenge = None;
        }
        let purpose = if self.guesses.is_multiple_of(3) { Purpose::StepUp } else { Purpose::Login };
        let challenge = *self.challenge.get_or_insert_with(|| site.open(purpose));
        let before = site.guesses.len();
        let wrong = site.wrong_code();
        let outcome = site.present(challenge, &wrong);
        self.guesses += (site.guesses.len() - before) as u64;
        outcome
    }
}

#[test]
fn in_a_year_beside_a_daily_owner_he_gets_the_stated_guesses() {
    let mut site = Site::new(default_policy(), 2);
    let (begun, mut attacker) = (site.now(), Attacker::default());

    // He leaves the owner three guesses, so that the owner's logins keep the authenticator from being
    // suspended; and takes what is regained at the very second.
    for _ in 0..17 {
        assert_eq!(attacker.guesses(&mut site), Err(Refusal::NotAccepted));
    }
    for day in 1..=365_u64 {
        site.wait_until(begun.saturating_add(days(day)));
        attacker.begins_anew();
        if day.is_multiple_of(3) {
            assert_eq!(attacker.guesses(&mut site), Err(Refusal::NotAccepted), "day {day}");
        }
        let slips = [0, 2, 0, 1][usize::try_from(day % 4).unwrap()];
        assert!(site.owner_logs_in(slips), "day {day}");
    }
    // On the last day he has nothing left to wait for.
    assert_eq!(attacker.guesses(&mut site), Err(Refusal::NotAccepted));
    assert_eq!(attacker.guesses(&mut site), Err(Refusal::NotAccepted));
    assert_eq!(attacker.guesses(&mut site), Err(site.locked()));
    let spent = attacker.guesses;

    // Neither another challenge nor what is still looked at when locked gives him more.
    for purpose in [Purpose::Login, Purpose::StepUp] {
        let challenge = site.open(purpose);
        assert_eq!(site.present(challenge, NEVER_ISSUED), Err(Refusal::NotAccepted));
        let wrong = site.wrong_code();
        assert_eq!(site.present(challenge, &wrong), Err(site.locked()));
    }
    let most = site.policy.guess_odds(YEAR);
    assert_eq!((site.guesses.len() as u64, spent, most.guesses()), (141, 141, 141), "the bound is reached");
    site.assert_bounded();
    assert!(most.one_in() >= 2_000 && most.probability() <= 1.0 / 2_000.0, "{most}");
}

#[test]
fn if_he_leaves_the_owner_nothing_he_is_stopped_at_a_hundred() {
    // SP 800-63B §3.2.2.
    let mut site = Site::new(default_policy(), 3);
    let (begun, mut attacker) = (site.now(), Attacker::default());
    let end = site.now().saturating_add(YEAR);
    while site.now() < end {
        match attacker.guesses(&mut site) {
            Err(Refusal::NotAccepted) => {}
            Err(Refusal::Locked { retry_at }) => {
                assert_eq!(attacker.guesses, site.allowed(begun), "no fewer than stated either");
                site.wait_until(UnixTime::from_secs(retry_at.as_secs() - 1));
                attacker.begins_anew();
                assert_eq!(attacker.guesses(&mut site), Err(Refusal::Locked { retry_at }), "a second early");
                assert!(!site.owner_logs_in(0), "the owner is locked out");
                site.wait_until(retry_at);
            }
            Err(Refusal::Suspended) => {
                site.wait(days(30));
                attacker.begins_anew();
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((attacker.guesses, site.guesses.len()), (100, 100));
    site.assert_bounded();
}

#[test]
fn no_number_of_challenges_at_once_gives_him_more() {
    let mut site = Site::new(default_policy(), 4);
    for gains in [20, 10, 10] {
        let before = site.guesses.len();
        let challenges: Vec<usize> =
            (0..30).map(|n| site.open([Purpose::Login, Purpose::StepUp][n % 2])).collect();
        for challenge in challenges.iter().cycle().take(300) {
            let wrong = site.wrong_code();
            assert!(site.present(*challenge, &wrong).is_err());
        }
        assert_eq!(site.guesses.len() - before, gains);
        site.wait(days(30));
    }
    site.assert_bounded();
}

#[test]
fn the_owners_slips_and_successes_give_him_nothing() {
    let mut site = Site::new(default_policy(), 5);
    let (begun, mut attacker) = (site.now(), Attacker::default());
    for day in 0..120 {
        site.wait_until(begun.saturating_add(days(day)));
        attacker.begins_anew();
        // In the middle of the owner's login he guesses, until only what the owner may slip is left.
        let owners = site.open(Purpose::Login);
        let slip = |site: &mut Site| {
            let wrong = site.wrong_code();
            assert_eq!(site.present(owners, &wrong), Err(Refusal::NotAccepted), "day {day}");
        };
        (0..day % 3).for_each(|_| slip(&mut site));
        while attacker.guesses < site.allowed(begun) - 4 {
            assert_eq!(attacker.guesses(&mut site), Err(Refusal::NotAccepted), "day {day}");
        }
        slip(&mut site);
        let code = site.phone.code(site.now());
        assert_eq!(site.present(owners, &code), Ok(()), "day {day}");
        assert_eq!(site.guesses.len() as u64, attacker.guesses, "the owner's slips were refunded, no others");
    }
    assert_eq!(attacker.guesses, 16 + 119 / 3);
    site.assert_bounded();
}

/// A recovery code is looked at even while codes are not. Slips in it were not charged, so there is nothing
/// to refund.
#[test]
fn the_owners_way_back_in_gives_him_nothing() {
    let mut site = Site::new(default_policy(), 7);
    let mut attacker = Attacker::default();
    while site.locked_at().is_none() {
        let _ = attacker.guesses(&mut site);
    }
    let locked = site.locked();
    while let Some(code) = site.recovery_codes.pop() {
        let owners = site.open(Purpose::Login);
        for _ in 0..4 {
            assert_eq!(site.present(owners, NEVER_ISSUED), Err(Refusal::NotAccepted));
        }
        assert_eq!(site.present(owners, &code), Ok(()));
        attacker.begins_anew();
        assert_eq!(attacker.guesses(&mut site), Err(locked));
    }
    assert_eq!(attacker.guesses, 20);
}

impl Site {
    fn locked_at(&self) -> Option<UnixTime> {
        self.world.verifier.status(&self.world.account).unwrap().locked_until
    }

    fn locked(&self) -> Refusal {
        Refusal::Locked { retry_at: self.locked_at().expect("the account should be locked") }
    }

    /// The most guesses from then until now.
    fn allowed(&self, begun: UnixTime) -> u64 {
        self.policy.guess_odds(self.now().checked_since(begun).unwrap()).guesses()
    }
}

// --- any policy, any schedule ---

#[derive(Clone, Copy, Debug)]
enum Move {
    Wait(u64),
    /// Until the next guess is regained, or a second before.
    WaitForRegain {
        early: bool,
    },
    Open {
        step_up: bool,
    },
    /// In one of the newest challenges.
    Guess {
        back: usize,
        times: usize,
    },
    GuessRecoveryCode {
        back: usize,
        times: usize,
    },
    OwnerLogsIn {
        slips: u8,
    },
    /// The owner opens a challenge and slips; what follows comes in between.
    OwnerBegins {
        slips: u8,
    },
    OwnerCompletes,
    OwnerRecovers {
        slips: u8,
    },
}

fn moves() -> impl Strategy<Value = Move> {
    prop_oneof![
        2 => (1_u64..2_000).prop_map(Move::Wait),
        1 => (1_u64..4_000_000).prop_map(Move::Wait),
        3 => prop::bool::weighted(0.3).prop_map(|early| Move::WaitForRegain { early }),
        4 => any::<bool>().prop_map(|step_up| Move::Open { step_up }),
        6 => (0_usize..10, 1_usize..8).prop_map(|(back, times)| Move::Guess { back, times }),
        2 => (0_usize..10, 1_usize..6).prop_map(|(back, times)| Move::GuessRecoveryCode { back, times }),
        2 => (0_u8..5).prop_map(|slips| Move::OwnerLogsIn { slips }),
        2 => (0_u8..5).prop_map(|slips| Move::OwnerBegins { slips }),
        2 => Just(Move::OwnerCompletes),
        1 => (0_u8..5).prop_map(|slips| Move::OwnerRecovers { slips }),
    ]
}

fn policies() -> impl Strategy<Value = PolicyBuilder> {
    let budget = prop_oneof![1_u16..30, 1_u16..=1_000];
    let regain = prop_oneof![Just(3_600_u64), 3_600_u64..100_000, 3_600_u64..=366 * 86_400];
    let windows = prop_oneof![Just(Window::DEFAULT), Just(Window::EXACT), Just(Window::NO_FUTURE)];
    (budget, regain, 1_u8..=20, 1_u32..=100, 60_u64..=1_800, windows).prop_map(
        |(budget, regain, per_challenge, suspend, lifetime, window)| {
            Policy::builder("Example")
                .guess_budget(budget, Duration::from_secs(regain))
                .guesses_per_challenge(per_challenge)
                .suspend_after(suspend)
                .challenge_lifetime(Duration::from_secs(lifetime))
                .window(window)
        },
    )
}

/// The same cases in each run.
#[track_caller]
fn for_all<S: Strategy>(cases: u32, strategy: S, test: impl Fn(S::Value))
where
    S::Value: core::fmt::Debug,
{
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let rng = proptest::test_runner::TestRng::from_seed(RngAlgorithm::ChaCha, &[0x0d; 32]);
    let result = TestRunner::new_with_rng(config, rng).run(&strategy, |value| {
        test(value);
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

#[test]
fn under_any_policy_and_in_any_order_the_bound_holds_over_every_span() {
    for_all(150, (policies(), prop::collection::vec(moves(), 1..60)), |(policy, moves)| {
        let mut site = Site::new(policy.build_with_weaker_guess_odds().unwrap(), 6);
        let mut owners = None;
        for made in moves {
            let back = |site: &Site, back: usize| site.tokens.len().checked_sub(back + 1);
            match made {
                Move::Wait(secs) => site.wait(Duration::from_secs(secs)),
                Move::WaitForRegain { early } => {
                    if let Some(until) = site.locked_at() {
                        site.wait_until(UnixTime::from_secs(until.as_secs() - u64::from(early)));
                    }
                }
                Move::Open { step_up } => {
                    site.open(if step_up { Purpose::StepUp } else { Purpose::Login });
                }
                Move::Guess { back: n, times } => {
                    let Some(challenge) = back(&site, n) else { continue };
                    let wrong = site.wrong_code();
                    for _ in 0..times {
                        assert!(site.present(challenge, &wrong).is_err());
                    }
                }
                Move::GuessRecoveryCode { back: n, times } => {
                    let Some(challenge) = back(&site, n) else { continue };
                    for _ in 0..times {
                        let refused = site.present(challenge, NEVER_ISSUED);
                        assert!(refused.is_err());
                    }
                }
                Move::OwnerLogsIn { slips } => {
                    site.wait(STEP);
                    site.owner_logs_in(slips);
                }
                Move::OwnerBegins { slips } => {
                    let challenge = site.open(Purpose::Login);
                    let wrong = site.wrong_code();
                    for _ in 0..slips {
                        let _ = site.present(challenge, &wrong);
                    }
                    owners = Some(challenge);
                }
                Move::OwnerCompletes => {
                    site.wait(STEP);
                    if let Some(challenge) = owners.take() {
                        let code = site.phone.code(site.now());
                        let _ = site.present(challenge, &code);
                    }
                }
                Move::OwnerRecovers { slips } => {
                    let Some(code) = site.recovery_codes.pop() else { continue };
                    let challenge = site.open(Purpose::Login);
                    for _ in 0..slips {
                        let _ = site.present(challenge, NEVER_ISSUED);
                    }
                    let _ = site.present(challenge, &code);
                }
            }
        }
        site.assert_bounded();
    });
}

// --- the chance itself ---

/// A million codes are too many to hit one in a test, so this attacker is told 250 that the right ones are
/// among. His chance is then 4,000 times the stated one.
#[test]
fn he_wins_as_often_as_stated() {
    const TRIALS: u32 = 1_200;
    const CODES: u64 = 250;
    let policy = Policy::builder("Example")
        .window(Window::wide(2, 2).unwrap())
        .build_with_weaker_guess_odds()
        .unwrap();
    let span = days(9);
    let odds = policy.guess_odds(span);
    assert_eq!(odds.guesses(), 23);
    let bound = odds.probability() * 4_000.0;

    let (mut wins, mut guesses) = (0_u32, 0_u32);
    for trial in 0..TRIALS {
        let mut site = Site::new(policy.clone(), 1_000 + u64::from(trial));
        let end = site.now().saturating_add(span);
        let mut challenge = site.open(Purpose::Login);
        while site.now() <= end {
            let draw = site.rng.try_next_u64().unwrap() % CODES;
            let code = match i64::try_from(draw).unwrap() {
                right @ 0..=4 => {
                    let at = site.now().as_secs().saturating_add_signed(30 * (right - 2));
                    site.phone.code(UnixTime::from_secs(at))
                }
                _ => site.wrong_code(),
            };
            match site.present(challenge, &code) {
                Ok(()) => {
                    (wins, guesses) = (wins + 1, guesses + 1);
                    break;
                }
                Err(Refusal::NotAccepted) => guesses += 1,
                Err(Refusal::ChallengeOver) => {
                    guesses += 1;
                    challenge = site.open(Purpose::Login);
                }
                Err(Refusal::Locked { retry_at }) => {
                    guesses += 1;
                    site.wait_until(retry_at);
                    challenge = site.open(Purpose::Login);
                }
                other => panic!("{other:?}"),
            }
        }
    }
    // What independent guesses win with, and four standard deviations of so many trials.
    let exact = 1.0 - (1.0 - 5.0 / 250.0_f64).powi(23);
    let measured = f64::from(wins) / f64::from(TRIALS);
    let tolerance = 4.0 * (exact * (1.0 - exact) / f64::from(TRIALS)).sqrt();
    assert!((measured - exact).abs() <= tolerance, "{measured} measured, {exact} expected, ± {tolerance}");
    assert!(measured <= bound && exact <= bound, "{measured} measured, {bound} stated");
    assert!(
        bound <= 1.3 * exact,
        "the bound is no more than the sum of the chances of {} guesses",
        odds.guesses()
    );
    assert!(guesses <= TRIALS * 23);
}

// --- what a builder lets through ---

#[test]
fn the_builder_accepts_one_in_2000_a_year_and_not_one_guess_more() {
    let budget = |guesses| Policy::builder("Example").guess_budget(guesses, days(3));
    // 2³¹ / (166 × 3 × 2,148) = 2,007; one guess more, 1,995.
    assert_eq!(budget(45).build().unwrap().guess_odds(YEAR).one_in(), 2_007);
    assert_eq!(budget(46).build(), Err(PolicyError::GuessOdds { one_in: 1_995 }));
    assert_eq!(budget(46).build_with_weaker_guess_odds().unwrap().guess_odds(YEAR).one_in(), 1_995);

    // One code right instead of three, or a code of seven digits: more guesses for the same odds.
    assert_eq!(budget(378).window(Window::EXACT).build().unwrap().guess_odds(YEAR).one_in(), 2_003);
    assert_eq!(budget(379).window(Window::EXACT).build(), Err(PolicyError::GuessOdds { one_in: 1_999 }));
    let seven =
        TotpParams::new(second_factor::Algorithm::Sha1, Digits::Seven, second_factor::Period::DEFAULT);
    assert!(budget(1_000).totp(seven).build().is_ok());
    // A wider window or a shorter regain: fewer.
    assert!(matches!(
        budget(20).window(Window::wide(2, 2).unwrap()).build(),
        Err(PolicyError::GuessOdds { .. })
    ));
    let daily = Policy::builder("Example").guess_budget(1, days(1));
    assert!(matches!(daily.build(), Err(PolicyError::GuessOdds { one_in: 910 })));
}

#[test]
fn the_default_is_better_than_one_in_2000_a_year() {
    let odds = default_policy().guess_odds(YEAR);
    assert_eq!((odds.guesses(), odds.one_in()), (141, 2_363));
    // Over the day of the break-in alone, and over ten years.
    assert_eq!(default_policy().guess_odds(DAY).guesses(), 20);
    assert_eq!(default_policy().guess_odds(10 * YEAR).guesses(), 20 + 1_216);
}

#[test]
fn whatever_builds_has_odds_of_one_in_2000_or_better() {
    for_all(2_000, policies(), |builder| {
        let weaker = builder.clone().build_with_weaker_guess_odds().unwrap();
        let odds = weaker.guess_odds(YEAR);
        match builder.build() {
            Ok(policy) => {
                assert!(odds.one_in() >= Policy::MIN_ODDS && odds.probability() <= 1.0 / 2_000.0);
                assert_eq!(policy, weaker);
            }
            Err(error) => {
                assert_eq!(error, PolicyError::GuessOdds { one_in: odds.one_in() });
                assert!(odds.one_in() < Policy::MIN_ODDS);
            }
        }
    });
}
