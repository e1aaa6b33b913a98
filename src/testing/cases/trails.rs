//! For stores that keep an audit trail: the events of a change are stored if and only if its record is.

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use alloc::{string::ToString, vec};

use super::races::{arrived, erred};
use crate::otp::ClockOffset;
use crate::session::{
    AccountId, AuditEvent, AuthMethod, AuthenticatorId, Binding, DeviceId, EventKind, ForgottenBecause,
    Origin, RefusedBecause, RemovedBy,
};
use crate::store::{Change, Expected, Store, Swap};
use crate::testing::fixture::{Fixture, failed};
use crate::testing::hostile_ids::hostile_ids;
use crate::testing::race::Yields;
use crate::testing::report::Broken;
use crate::testing::samples::{LABELS, account, next_revision, number_of, numbered};
use crate::testing::{Fault, Faulty};
use crate::time::UnixTime;

type Outcome = Result<(), Broken>;

pub(super) async fn events_are_kept_in_order<S: Store, G>(fixture: Fixture<'_, S, G>) -> Outcome {
    let mut accounts: Vec<_> = hostile_ids().iter().map(|id| Account::new(id.as_str())).collect();
    for count in [2, 0, 5, 1] {
        for one in &mut accounts {
            one.write(&fixture, count).await?;
        }
    }
    for one in &accounts {
        one.is_told(&fixture).await?;
    }
    fixture.trail_is(&account("nobody"), &[]).await
}

pub(super) async fn an_event_of_each_kind_is_kept<S: Store, G>(fixture: Fixture<'_, S, G>) -> Outcome {
    // With the longest id as well, in characters of four bytes.
    for id in ["alice", &["\u{1f511}".repeat(63).as_str(), "abc"].concat()] {
        let mut one = Account::new(id);
        for kind in kinds(&one.id) {
            let event = AuditEvent { kind, ..one.event() };
            one.store(&fixture, vec![event]).await?;
        }
        one.is_told(&fixture).await?;
    }
    Ok(())
}

pub(super) async fn a_conflict_leaves_no_event<S: Store, G>(fixture: Fixture<'_, S, G>) -> Outcome {
    let (mut alice, mut bob) = (Account::new("alice"), Account::new("bob"));
    bob.conflicts(&fixture, Expected::At(next_revision())).await?;
    alice.write(&fixture, 2).await?;
    let stale = alice.at;
    alice.conflicts(&fixture, Expected::Absent).await?;
    // The events after a conflict are all there.
    alice.write(&fixture, 2).await?;
    alice.is_told(&fixture).await?;
    for expected in [stale, Expected::Absent, Expected::At(next_revision())] {
        alice.conflicts(&fixture, expected).await?;
        bob.write(&fixture, 2).await?;
        alice.write(&fixture, 3).await?;
        alice.is_told(&fixture).await?;
    }
    bob.is_told(&fixture).await
}

pub(super) async fn each_change_of_16_writers_leaves_its_events_once<S: Store + 'static, G>(
    fixture: Fixture<'_, S, G>,
) -> Outcome {
    race(&fixture, &[&fixture.store]).await
}

pub(super) async fn two_instances_write_one_trail<S: Store + 'static, G>(
    fixture: Fixture<'_, S, G>,
) -> Outcome {
    let other = fixture.another().await?;
    race(&fixture, &[&fixture.store, &other.store]).await
}

/// Each fault, at each call of four loads and swaps.
pub(super) async fn whatever_fails_events_are_there_if_their_record_is<S: Store, G>(
    fixture: Fixture<'_, S, G>,
) -> Outcome {
    const COUNTS: [u32; 4] = [2, 1, 0, 3];
    const FAULTS: [Fault; 7] = [
        Fault::Fail,
        Fault::LoseReply,
        Fault::Delay { polls: 2 },
        Fault::Duplicate,
        Fault::Retry,
        Fault::Conflict,
        Fault::RefuseEvents,
    ];
    for fault in FAULTS {
        for call in 1..=COUNTS.len().saturating_mul(2) {
            let named = |broken: Broken| broken.about(&format!("{fault:?} at call {call}"));
            let mut account = Account::new(&format!("{fault:?}-{call}"));
            let faulty = Faulty::new(fixture.store.clone());
            faulty.plan([(call, fault)]);
            for count in COUNTS {
                account.try_write(&fixture, &faulty, count).await.map_err(named)?;
            }
            account.is_told(&fixture).await.map_err(named)?;
        }
    }
    Ok(())
}

pub(super) async fn a_change_whose_events_are_refused_is_not_stored<S: Store, G>(
    fixture: Fixture<'_, S, G>,
) -> Outcome {
    let (mut alice, mut bob) = (Account::new("alice"), Account::new("bob"));
    alice.write(&fixture, 2).await?;
    fixture.block_trail().await;
    for one in [&mut alice, &mut bob] {
        one.is_refused(&fixture, 2).await?;
        one.is_refused(&fixture, 1).await?;
    }
    let without = |broken: Broken| broken.about("without events; `block_trail` must block nothing else");
    alice.write(&fixture, 0).await.map_err(without)?;
    fixture.unblock_trail().await;
    for one in [&mut alice, &mut bob] {
        one.is_told(&fixture).await?;
        one.write(&fixture, 2).await?;
        one.is_told(&fixture).await?;
    }
    Ok(())
}

pub(super) async fn events_survive_a_reopen<S: Store, G>(fixture: Fixture<'_, S, G>) -> Outcome {
    let mut alice = Account::new("alice");
    alice.write(&fixture, 2).await?;
    alice.write(&fixture, 1).await?;
    let fixture = fixture.reopened().await?;
    alice.is_told(&fixture).await?;
    alice.write(&fixture, 2).await?;
    alice.is_told(&fixture).await
}

/// An account, and what its trail has to hold.
struct Account {
    id: AccountId,
    at: Expected,
    /// Numbers the records and the events, so that no two are alike.
    number: u32,
    trail: Vec<AuditEvent>,
}

impl Account {
    fn new(id: &str) -> Self {
        Self { id: account(id), at: Expected::Absent, number: 0, trail: Vec::new() }
    }

    /// An event like no other of the account. Each is older than the one before: clocks can go back, so they
    /// must not decide the order.
    fn event(&mut self) -> AuditEvent {
        self.number = self.number.saturating_add(1);
        numbered_event(&self.id, self.number)
    }

    fn events(&mut self, count: u32) -> Vec<AuditEvent> {
        (0..count).map(|_| self.event()).collect()
    }

    /// A change that is stored.
    async fn write<S: Store, G>(&mut self, fixture: &Fixture<'_, S, G>, count: u32) -> Outcome {
        let events = self.events(count);
        self.store(fixture, events).await
    }

    async fn store<S: Store, G>(&mut self, fixture: &Fixture<'_, S, G>, events: Vec<AuditEvent>) -> Outcome {
        let record = numbered(&self.id, self.number.into());
        let revision = next_revision();
        let change = Change::new(self.at, revision, &record, &events);
        fixture.is_stored(change).await?;
        self.at = Expected::At(revision);
        self.trail.extend(events);
        Ok(())
    }

    /// A change that is not stored: the row is not as it expects.
    async fn conflicts<S: Store, G>(&mut self, fixture: &Fixture<'_, S, G>, expected: Expected) -> Outcome {
        let events = self.events(2);
        let record = numbered(&self.id, self.number.into());
        let change = Change::new(expected, next_revision(), &record, &events);
        fixture.is_conflict(change).await?;
        self.is_told(fixture).await
    }

    /// A change whose events the trail does not take: it fails, and the row is as before.
    async fn is_refused<S: Store, G>(&mut self, fixture: &Fixture<'_, S, G>, count: u32) -> Outcome {
        let events = self.events(count);
        let record = numbered(&self.id, self.number.into());
        let before = fixture.row(&record).await?;
        let change = Change::new(self.at, next_revision(), &record, &events);
        let answer = fixture.store.compare_and_swap(&self.id, change).await;
        let is_stored = fixture.row(&record).await? != before;
        if answer.is_err() && !is_stored {
            return Ok(());
        }
        let answer = answer.map_or_else(|error| failed(&error), |swap| format!("Ok({swap:?})"));
        let row = if is_stored { "and another row" } else { "and the row as before" };
        let expected = "Err from a swap whose events the trail does not take, and the row as before";
        Err(fixture.broken(expected, [&answer, row].join(", ")))
    }

    /// A load and a swap through faults. The row says afterwards whether the change was stored.
    async fn try_write<S: Store, G>(
        &mut self,
        fixture: &Fixture<'_, S, G>,
        faulty: &Faulty<Arc<S>>,
        count: u32,
    ) -> Outcome {
        let Ok(row) = faulty.load(&self.id).await else { return Ok(()) };
        let expected = row.map_or(Expected::Absent, |row| Expected::At(row.revision));
        let events = self.events(count);
        let record = numbered(&self.id, self.number.into());
        let revision = next_revision();
        // The reply may be lost, or that of another request.
        let _ = faulty.compare_and_swap(&self.id, Change::new(expected, revision, &record, &events)).await;
        if fixture.row(&record).await?.is_some_and(|row| row.revision == revision) {
            self.trail.extend(events);
        }
        Ok(())
    }

    async fn is_told<S: Store, G>(&self, fixture: &Fixture<'_, S, G>) -> Outcome {
        fixture.trail_is(&self.id, &self.trail).await
    }
}

fn numbered_event(id: &AccountId, number: u32) -> AuditEvent {
    AuditEvent {
        account: id.clone(),
        at: UnixTime::from_secs(u32::MAX.saturating_sub(number).into()),
        // Some have an origin, with the longest user agent.
        origin: number.is_multiple_of(3).then(|| {
            let (address, agent) = ("2001:db8::1", "\u{1f511}".repeat(Origin::MAX_USER_AGENT));
            Origin::new().with_address(address).with_user_agent(&agent)
        }),
        kind: EventKind::PasswordSuspectedKnown { guesses: number },
    }
}

/// Writers of two rows, each of which tries again if another writer was first. The record's number gives the
/// order.
async fn race<S: Store + 'static, G>(fixture: &Fixture<'_, S, G>, stores: &[&Arc<S>]) -> Outcome {
    const WRITERS: u32 = 16;
    let ids = ["alice", "bob"].map(account);
    let turns = stores.iter().flat_map(|store| ids.iter().map(move |id| (Arc::clone(store), id.clone())));
    let writers = turns.cycle().zip(0..WRITERS).map(|((store, id), writer)| write_in_turn(store, id, writer));
    let mut changes = Vec::new();
    for written in arrived(fixture, 16, fixture.racers.race(writers).await)? {
        changes.extend(written.map_err(erred)?);
    }
    changes.sort_by_key(|(number, _)| *number);
    let events: Vec<AuditEvent> = changes.into_iter().flat_map(|(_, events)| events).collect();
    for id in &ids {
        let its: Vec<_> = events.iter().filter(|event| event.account == *id).cloned().collect();
        fixture.trail_is(id, &its).await?;
    }
    Ok(())
}

/// The changes that were stored: the number of the record, and the events.
async fn write_in_turn<S: Store>(
    store: Arc<S>,
    id: AccountId,
    writer: u32,
) -> Result<Vec<(u64, Vec<AuditEvent>)>, String> {
    const UPDATES: usize = 6;
    /// As in the other races: a writer that loses more often is kept out by something else, and another case reports that.
    const MAX_ATTEMPTS: u32 = 1_000;
    let erred = |error: S::Error| failed(&error);
    let mut stored = Vec::new();
    for attempt in 0..MAX_ATTEMPTS {
        if stored.len() == UPDATES {
            break;
        }
        let row = store.load(&id).await.map_err(erred)?;
        let (number, expected) =
            row.map_or((0, Expected::Absent), |row| (number_of(&row.value), Expected::At(row.revision)));
        // The other writers read the same row before anybody writes.
        Yields(1).await;
        let number = number.saturating_add(1);
        let record = numbered(&id, number);
        let mark = writer.saturating_mul(MAX_ATTEMPTS).saturating_add(attempt).saturating_mul(2);
        let events = [mark, mark.saturating_add(1)].map(|mark| numbered_event(&id, mark)).to_vec();
        let change = Change::new(expected, next_revision(), &record, &events);
        if store.compare_and_swap(&id, change).await.map_err(erred)? == Swap::Stored {
            stored.push((number, events));
        }
    }
    Ok(stored)
}

/// One event of each kind, with everything that it can carry: labels from all over Unicode, and times past 2^53.
fn kinds(id: &AccountId) -> Vec<EventKind> {
    let device = DeviceId::of(id, &[0xff; 16]);
    let authenticator = AuthenticatorId::of_host(id, b"credential");
    let label = || "\u{1f511}".repeat(64);
    let late = UnixTime::from_secs((1 << 53) + 1);
    let mut kinds = vec![
        EventKind::ChallengeOpened,
        EventKind::LoggedIn { method: AuthMethod::Code },
        EventKind::LoggedIn { method: AuthMethod::RememberedDevice { since: late } },
        EventKind::SteppedUp { method: AuthMethod::RecoveryCode },
        EventKind::CodeRefused { reason: RefusedBecause::Replayed },
        EventKind::RecoveryCodeRefused { reason: RefusedBecause::Wrong },
        EventKind::RecoveryCodeUsed { remaining: 9 },
        EventKind::ChallengeExhausted,
        EventKind::PasswordSuspectedKnown { guesses: u32::MAX },
        EventKind::Locked { until: Some(late) },
        EventKind::Locked { until: None },
        EventKind::EnrollmentBegun,
        EventKind::EnrollmentRefused,
        EventKind::AuthenticatorBound { authenticator, label: label(), binding: Binding::Replaced },
        EventKind::AuthenticatorRemoved {
            authenticator,
            label: label(),
            by: RemovedBy::Administrator,
            remaining: 4,
        },
        EventKind::AuthenticatorRenamed { authenticator, label: label() },
        EventKind::HostAuthenticatorRefused {
            reason: RefusedBecause::ClockOff(ClockOffset::from_secs(-600)),
        },
        EventKind::OldRecoveryCodeTried,
        EventKind::Restored,
        EventKind::RecoveryCodesRegenerated,
        EventKind::PasswordChangeBegun,
        EventKind::PasswordChanged,
        EventKind::PasswordNotChanged,
        EventKind::PasswordChangeInterrupted,
        EventKind::SessionsEnded,
        EventKind::AccountClosed,
        EventKind::DeviceForgotten { device, reason: ForgottenBecause::TooMany },
        EventKind::DeviceTokenStolen { device },
        EventKind::DeviceUnknown,
    ];
    let longest = ["\u{1f511}".repeat(64), "\"\\".repeat(32)];
    let labels = LABELS.iter().map(ToString::to_string).chain(longest);
    kinds.extend(labels.map(|label| EventKind::DeviceRemembered { device, label }));
    kinds
}
