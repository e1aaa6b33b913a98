//! Owner and thief hold the same device token: every order of up to six presentations, just inside and just outside of
//! the grace period, with answers that arrive, are lost or come twice.
//!
//! The expected answers come from the table of remembered devices, which is written here a second time. If two orders
//! lead to the same record, tokens and time, they are continued once and counted twice.

mod one_row;
mod table;

use std::collections::BTreeMap;
use std::sync::Arc;

use second_factor::session::{EventKind, ForgottenBecause, Policy, Remember, Session};
use second_factor::store::Versioned;
use second_factor::verifier::Clock;
use second_factor::{
    AccountId, AccountRecord, BlockingStore, BlockingVerifier, ChallengeToken, Login, PasswordVerified,
    Refusal, UnixTime,
};

use one_row::OneRow;
use table::{Answer, GRACE, Series};

use crate::support::{DAY, EventLog, Phone, STEP, TestClock, World, days, refusal};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Holder {
    Owner,
    Thief,
}

/// When a token is presented, relative to its last replacement.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum At {
    LastSecondOfGrace,
    FirstSecondAfter,
    /// By an instance whose clock is behind.
    BehindWithin,
    BehindBeyond,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Reply {
    Arrives,
    Lost,
    /// The request is sent twice, and either answer may be the one that is kept.
    Doubled,
}

/// The state after some presentations.
#[derive(Clone)]
struct Point {
    row: Versioned<AccountRecord>,
    now: u64,
    series: Series,
    /// The generation of the token that each of them holds.
    owner: u32,
    thief: Option<u32>,
    /// The tokens of all generations so far.
    texts: Vec<String>,
    /// The sessions that the device began.
    sessions: Vec<Session>,
    /// Whether the thief has presented a token.
    is_thief_seen: bool,
}

struct Site {
    verifier: BlockingVerifier<Arc<OneRow>>,
    clock: Arc<TestClock>,
    events: Arc<EventLog>,
    account: AccountId,
    phone: Phone,
    /// When the code was entered.
    since: u64,
    /// A session that began with a code on another device.
    other: Session,
    alarms: usize,
    ended: usize,
}

impl Site {
    fn new() -> (Self, Point) {
        let world = World::over(Arc::new(OneRow::default()), Policy::new("Example").unwrap());
        let (phone, _) = world.enroll();
        let other = world.log_in(&phone).authenticated.into_session();
        let since = world.now().as_secs();
        let device = world.remember(&phone);
        let World { verifier, clock, events, account } = world;
        let row = verifier.store().load(&account).unwrap().unwrap();
        let point = Point {
            row,
            now: since,
            series: Series { since, generation: 0, rotated: since, is_remembered: true },
            owner: 0,
            thief: None,
            texts: vec![device.expose().to_owned()],
            sessions: vec![],
            is_thief_seen: false,
        };
        (Self { verifier, clock, events, account, phone, since, other, alarms: 0, ended: 0 }, point)
    }

    /// Presents a token once, and compares the result with the table.
    fn present(&mut self, point: &mut Point, generation: u32) -> Answer {
        self.clock.set(UnixTime::from_secs(point.now));
        self.events.take();
        let before = self.verifier.store().load(&self.account).unwrap().unwrap();
        let (expected, writes) = point.series.table(generation, point.now);
        let cookie = point.texts[generation as usize].clone();
        let proof = PasswordVerified::by_host(self.verifier.check_password(&self.account));
        let login = self.verifier.password_verified(proof, Some(&cookie)).unwrap();
        let after = self.verifier.store().load(&self.account).unwrap().unwrap();
        let told = || format!("generation {generation} of {:?} at {}", point.series, point.now);
        assert_eq!(before.revision != after.revision, writes == 1, "writes: {}", told());
        let events = self.events.take();
        let has = |is: fn(&EventKind) -> bool| events.iter().any(is);
        let is_alarm = has(|kind| matches!(kind, EventKind::DeviceTokenStolen { .. }));
        let is_outdated =
            has(|kind| matches!(kind, EventKind::DeviceForgotten { reason: ForgottenBecause::Outdated, .. }));
        assert_eq!(
            (is_alarm, is_outdated),
            (expected == Answer::Alarm, expected == Answer::Ended),
            "{}",
            told()
        );
        assert_eq!(
            has(EventKind::notify_owner),
            is_alarm || is_outdated,
            "whether the owner is told: {}",
            told()
        );
        match (login, expected) {
            (Login::Complete(accepted), Answer::In(given)) => {
                let text = accepted.device.unwrap().expose().to_owned();
                if given as usize == point.texts.len() {
                    assert!(!point.texts.contains(&text), "{}", told());
                    point.texts.push(text);
                } else {
                    assert_eq!(point.texts[given as usize], text, "{}", told());
                }
                let session = accepted.authenticated.into_session();
                assert!(session.device().is_some());
                point.sessions.push(session);
            }
            (Login::CodeRequired(challenge), Answer::Code | Answer::Ended | Answer::Alarm) => {
                self.a_code_lets_in(&after, &challenge);
            }
            (login, expected) => panic!("{login:?}, not {expected:?}: {}", told()),
        }
        for session in &point.sessions {
            let is_current = self.verifier.is_current(session).unwrap();
            assert_eq!(
                is_current,
                point.series.is_alive(point.now),
                "a session that began on the device: {}",
                told()
            );
        }
        if expected == Answer::Alarm {
            assert!(
                !self.verifier.is_current(&self.other).unwrap(),
                "a session that may be the thief's is still current"
            );
        }
        self.alarms += usize::from(is_alarm);
        self.ended += usize::from(is_outdated);
        point.row = after;
        expected
    }

    /// The challenge accepts a code, whatever happened to the device.
    fn a_code_lets_in(&self, row: &Versioned<AccountRecord>, challenge: &ChallengeToken) {
        let now = self.clock.now();
        self.clock.set(now.saturating_add(2 * STEP));
        let code = self.phone.code(self.clock.now());
        let accepted = refusal(self.verifier.present(challenge, &code, Remember::No));
        // To a clock that is behind, the code is from a step after its own.
        let is_behind = now.as_secs() < self.since;
        assert!(accepted.is_ok() || is_behind && accepted.unwrap_err() == Refusal::NotAccepted);
        self.clock.set(now);
        self.events.take();
        *self.verifier.store().0.lock().unwrap() = Some(row.clone());
    }

    /// One more presentation.
    fn step(&mut self, point: &Point, holder: Holder, at: At, reply: Reply) -> Option<Point> {
        let mut point = point.clone();
        let rotated = point.series.rotated;
        let now = match at {
            At::LastSecondOfGrace => rotated + GRACE - 1,
            At::FirstSecondAfter => point.now.max(rotated + GRACE),
            At::BehindWithin => rotated - (GRACE - 1),
            At::BehindBeyond => rotated - GRACE,
        };
        // Time does not go back, except on an instance whose clock is behind.
        if now < point.now && at == At::LastSecondOfGrace {
            return None;
        }
        point.now = now;
        *self.verifier.store().0.lock().unwrap() = Some(point.row.clone());
        let held = match holder {
            Holder::Owner => point.owner,
            Holder::Thief => point.thief?,
        };
        point.is_thief_seen |= holder == Holder::Thief;
        let is_behind_after_grace = held < point.series.generation && now.abs_diff(rotated) >= GRACE;
        let first = self.present(&mut point, held);
        let kept = if reply == Reply::Doubled { self.present(&mut point, held) } else { first };
        if let (Answer::In(given), Reply::Arrives | Reply::Doubled) = (kept, reply) {
            match holder {
                Holder::Owner => point.owner = given,
                Holder::Thief => point.thief = Some(given),
            }
        }
        // A token that is sent twice does no more than one sent once.
        if let (Answer::In(_), Reply::Doubled) = (first, reply) {
            assert_eq!(first, kept);
        }
        // Presenting a token that the other holder had replaced ends the series.
        if is_behind_after_grace && first != Answer::Code {
            assert!(!point.series.is_remembered);
        }
        assert!(point.is_thief_seen || first != Answer::Alarm && kept != Answer::Alarm, "a false alarm");
        Some(point)
    }

    /// A valid token lets its holder in for thirty days and not a second longer.
    fn thirty_days(&mut self, point: &Point) {
        let over = self.since + days(30).as_secs();
        for held in [Some(point.owner), point.thief].into_iter().flatten() {
            for (now, is_over) in [(over - 1, false), (over, true), (over + DAY.as_secs(), true)] {
                let mut later = Point { now, ..point.clone() };
                *self.verifier.store().0.lock().unwrap() = Some(later.row.clone());
                let answer = self.present(&mut later, held);
                assert!(!is_over || answer == Answer::Code, "{answer:?} after thirty days");
            }
        }
    }

    /// Every order of this many presentations from these states. Returns the number of orders.
    fn explore(&mut self, first: Vec<Point>, presentations: usize, times: &[At], theft: Theft) -> u64 {
        let mut reached: BTreeMap<String, (Point, u64)> = BTreeMap::new();
        let mut orders = 0;
        for point in first {
            reached.insert(point.key(), (point, 1));
        }
        for _ in 0..presentations {
            let mut next: BTreeMap<String, (Point, u64)> = BTreeMap::new();
            if theft == Theft::AtAnyTime {
                let copied = |(point, count): &(Point, u64)| {
                    (point.thief.is_none())
                        .then(|| (Point { thief: Some(point.owner), ..point.clone() }, *count))
                };
                for (point, count) in reached.values().filter_map(copied).collect::<Vec<_>>() {
                    reached.entry(point.key()).or_insert((point, 0)).1 += count;
                }
            }
            for (point, count) in reached.values() {
                for holder in [Holder::Owner, Holder::Thief] {
                    for at in times {
                        for reply in [Reply::Arrives, Reply::Lost, Reply::Doubled] {
                            let Some(after) = self.step(point, holder, *at, reply) else { continue };
                            next.entry(after.key()).or_insert((after, 0)).1 += count;
                        }
                    }
                }
            }
            orders += next.values().map(|(_, count)| count).sum::<u64>();
            for (point, _) in next.values() {
                self.thirty_days(point);
            }
            reached = next;
        }
        orders
    }
}

/// When the thief copies the owner's token.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Theft {
    Never,
    AtAnyTime,
}

impl Point {
    /// Everything that influences the next presentations.
    fn key(&self) -> String {
        let record = serde_json::to_string(&self.row.value).unwrap();
        let Self { now, series, owner, thief, is_thief_seen, .. } = self;
        format!("{record} {now} {series:?} {owner} {thief:?} {is_thief_seen}")
    }
}

const ALL_TIMES: [At; 4] = [At::LastSecondOfGrace, At::FirstSecondAfter, At::BehindWithin, At::BehindBeyond];

/// Only the owner, even if the clocks of two instances differ by the whole grace period.
#[test]
fn without_a_thief_there_is_no_alarm() {
    let (mut site, point) = Site::new();
    let orders = site.explore(vec![point], 6, &ALL_TIMES, Theft::Never);
    assert_eq!(orders, 3_050_058);
    assert_eq!(site.alarms, 0);
    assert!(site.ended > 0);
}

#[test]
fn with_a_thief_the_second_holder_to_come_ends_the_series() {
    let (mut site, point) = Site::new();
    let orders = site.explore(vec![point], 6, &ALL_TIMES[..2], Theft::AtAnyTime);
    assert_eq!(orders, 3_860_280);
    assert!(site.alarms > 0 && site.ended > 0);
}

/// The same with clocks that differ: a thief can then stay within the grace period of an instance that is behind.
#[test]
fn with_a_thief_and_clocks_that_differ_the_table_holds() {
    let (mut site, point) = Site::new();
    let orders = site.explore(vec![point], 4, &ALL_TIMES, Theft::AtAnyTime);
    assert_eq!(orders, 642_474);
    assert!(site.alarms > 0 && site.ended > 0);
}
