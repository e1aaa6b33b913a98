//! The world as a call sees it: a store, a clock, entropy and the host's password table, all recorded on a tape.
//!
//! A future cannot be copied, but a search must go back to a state with a pending call. So the call is run again from its
//! start, and gets the same answers as before from the tape. Then it continues live, or waits.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use second_factor::session::EventKind;
use second_factor::store::{Change, Expected, Store, Swap, Versioned};
use second_factor::verifier::{Clock, EntropyError, EntropySource};
use second_factor::{AccountId, AccountRecord, AuditEvent, UnixTime};

use crate::canonical::{Token, tokens_of_json};

/// A row of the store, with its text and the tokens by which states are compared.
#[derive(Debug)]
pub struct Row {
    pub stored: Versioned<AccountRecord>,
    pub text: String,
    pub tokens: Vec<Token>,
    pub is_bound: bool,
    pub is_changing_password: bool,
}

impl Row {
    pub fn new(stored: Versioned<AccountRecord>) -> Self {
        let text = serde_json::to_string(&stored.value).unwrap();
        let tokens = tokens_of_json(&text);
        let is_bound = !text.contains("\"authenticators\":[]");
        let is_changing_password = !text.contains("\"password_change\":null");
        Self { stored, text, tokens, is_bound, is_changing_password }
    }

    /// The text from the field `from` up to the field `to`.
    pub fn between(&self, from: &str, to: &str) -> &str {
        let start = self.text.find(from).unwrap();
        let end = self.text[start..].find(to).map_or(self.text.len(), |at| start + at);
        &self.text[start..end]
    }

    /// The authenticators in order: the id of each, and the sealed secret of an app.
    pub fn authenticators(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        let word = |text: &'_ str| text.find('"').unwrap();
        let bound = self.between("\"authenticators\":", "\"epoch\":").split("{\"id\":\"").skip(1);
        bound.map(move |text| {
            let sealed = text.split_once("\"sealed\":\"").map(|(_, sealed)| &sealed[..word(sealed)]);
            (&text[..word(text)], sealed)
        })
    }

    /// The number of apps that a code is compared with. Each counts as one guess.
    pub fn guesses_a_code(&self) -> u16 {
        (self.authenticators().filter(|(_, sealed)| sealed.is_some()).count() as u16).max(1)
    }

    /// Authenticators and recovery codes.
    pub fn factors(&self) -> [&str; 2] {
        [self.between("\"authenticators\":", "\"epoch\":"), self.recovery_codes()]
    }

    /// The digests of the unused recovery codes.
    pub fn recovery_codes(&self) -> &str {
        self.between("\"recovery\":", "]")
    }
}

/// An operation of a call. Each is one step, and other calls can run in between.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Op {
    Load,
    Swap,
    /// The host compares the password with its hash.
    Compare,
    /// The host replaces the old hash with a new one.
    Write,
}

#[derive(Clone, Debug)]
pub enum Answer {
    Row(Option<Arc<Row>>),
    Stored(Arc<Row>),
    Conflict,
    Failed,
    Password(u8),
    Written,
}

/// A fault. It affects the first operation that can have it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    None,
    /// The swap is stored, but its reply is lost.
    Lost,
    /// Nothing is stored, and the store reports a failure.
    Failed,
    /// Nothing is stored, and the store reports a conflict.
    Conflict,
    /// The source of random bytes fails.
    NoEntropy,
}

/// A swap that was stored live, not from the tape.
#[derive(Debug)]
pub struct Stored {
    pub before: Option<Arc<Row>>,
    pub after: Arc<Row>,
    pub events: Vec<EventKind>,
}

/// What all calls share.
#[derive(Clone, Debug, Default)]
pub struct Shared {
    pub row: Option<Arc<Row>>,
    /// The number of the present password.
    pub password: u8,
}

#[derive(Debug, Default)]
pub struct Run {
    pub shared: Shared,
    pub tape: Vec<(u64, Answer)>,
    at: usize,
    /// The time that the running part of the call sees.
    clock: u64,
    /// The time by the instance's clock now.
    live_clock: u64,
    /// How many operations may run live.
    live: u32,
    compare_waits: bool,
    fault: Option<Fault>,
    seed: u64,
    pub events: Vec<EventKind>,
    pub stored: Vec<Stored>,
    pub waiting: Option<Op>,
    pub had_no_entropy: bool,
}

thread_local! {
    static RUN: RefCell<Run> = RefCell::default();
}

/// The settings of a run.
#[derive(Debug)]
pub struct Setting {
    pub shared: Shared,
    pub tape: Vec<(u64, Answer)>,
    pub started: u64,
    pub live_clock: u64,
    pub live: u32,
    /// Whether a call can be held up before the password is compared.
    pub compare_waits: bool,
    pub fault: Fault,
    pub seed: u64,
}

/// Runs a call: first what is on the tape, then at most `live` operations. `None` if it waits before the next one.
pub fn run<T>(setting: Setting, call: impl Future<Output = T>) -> (Option<T>, Run) {
    let Setting { shared, tape, started, live_clock, live, compare_waits, fault, seed } = setting;
    RUN.with_borrow_mut(|run| {
        *run = Run {
            shared,
            clock: if tape.is_empty() { live_clock } else { started },
            tape,
            live_clock,
            live,
            compare_waits,
            fault: (fault != Fault::None).then_some(fault),
            seed,
            ..Run::default()
        };
    });
    let outcome = match pin!(call).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => Some(outcome),
        Poll::Pending => None,
    };
    (outcome, RUN.with_borrow_mut(std::mem::take))
}

impl Run {
    fn operation(&mut self, op: Op, perform: impl FnOnce(&mut Self) -> Answer) -> Poll<Answer> {
        if let Some((clock, answer)) = self.tape.get(self.at) {
            self.clock = *clock;
            self.at += 1;
            return Poll::Ready(answer.clone());
        }
        let is_free = op == Op::Compare && !self.compare_waits;
        if self.live == 0 && !is_free {
            self.waiting = Some(op);
            return Poll::Pending;
        }
        self.live = self.live.saturating_sub(1);
        let answer = match (self.fault, op) {
            (Some(Fault::Failed), Op::Load | Op::Swap | Op::Write) => {
                self.fault = None;
                Answer::Failed
            }
            (Some(Fault::Conflict), Op::Swap) => {
                self.fault = None;
                Answer::Conflict
            }
            (Some(Fault::Lost), Op::Swap | Op::Write) => {
                self.fault = None;
                perform(self);
                Answer::Failed
            }
            _ => perform(self),
        };
        self.clock = self.live_clock;
        self.tape.push((self.live_clock, answer.clone()));
        self.at = self.tape.len();
        Poll::Ready(answer)
    }

    fn swap(&mut self, change: Change<'_>) -> Answer {
        let found =
            self.shared.row.as_ref().map_or(Expected::Absent, |row| Expected::At(row.stored.revision));
        if found != change.expected() {
            return Answer::Conflict;
        }
        let stored = Versioned { value: change.record().clone(), revision: change.revision() };
        let after = Arc::new(Row::new(stored));
        let before = self.shared.row.replace(after.clone());
        let events = change.events().iter().map(|event| event.kind.clone()).collect();
        self.stored.push(Stored { before, after: after.clone(), events });
        Answer::Stored(after)
    }
}

async fn operation(op: Op, mut perform: impl FnMut(&mut Run) -> Answer) -> Answer {
    poll_fn(|_| RUN.with_borrow_mut(|run| run.operation(op, &mut perform))).await
}

/// The number of the present password.
pub async fn compare() -> u8 {
    match operation(Op::Compare, |run| Answer::Password(run.shared.password)).await {
        Answer::Password(number) => number,
        other => panic!("not a password: {other:?}"),
    }
}

/// Replaces the old password, and only that one, with a new one.
pub async fn write(old: u8, new: u8) -> Result<(), TapeError> {
    let answer = operation(Op::Write, |run| {
        if run.shared.password != old {
            return Answer::Failed;
        }
        run.shared.password = new;
        Answer::Written
    });
    match answer.await {
        Answer::Written => Ok(()),
        _ => Err(TapeError),
    }
}

#[derive(Debug)]
pub struct TapeStore;

#[derive(Debug)]
pub struct TapeError;

impl std::fmt::Display for TapeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the reply was lost")
    }
}

impl std::error::Error for TapeError {}

impl Store for TapeStore {
    type Error = TapeError;

    async fn load(&self, _: &AccountId) -> Result<Option<Versioned<AccountRecord>>, TapeError> {
        match operation(Op::Load, |run| Answer::Row(run.shared.row.clone())).await {
            Answer::Row(row) => Ok(row.map(|row| row.stored.clone())),
            _ => Err(TapeError),
        }
    }

    async fn compare_and_swap(&self, _: &AccountId, change: Change<'_>) -> Result<Swap, TapeError> {
        match operation(Op::Swap, |run| run.swap(change)).await {
            Answer::Stored(_) => Ok(Swap::Stored),
            Answer::Conflict => Ok(Swap::Conflict),
            _ => Err(TapeError),
        }
    }
}

#[derive(Debug)]
pub struct TapeClock;

impl Clock for TapeClock {
    fn now(&self) -> UnixTime {
        RUN.with_borrow(|run| UnixTime::from_secs(run.clock))
    }
}

/// Returns the same bytes for the same draw of the same call.
#[derive(Debug)]
pub struct TapeEntropy;

impl EntropySource for TapeEntropy {
    fn fill(&self, to: &mut [u8]) -> Result<(), EntropyError> {
        RUN.with_borrow_mut(|run| {
            if run.fault == Some(Fault::NoEntropy) {
                run.had_no_entropy = true;
                return Err(EntropyError);
            }
            for chunk in to.chunks_mut(8) {
                run.seed = run.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
                let mut word = run.seed;
                word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                chunk.copy_from_slice(&(word ^ (word >> 31)).to_le_bytes()[..chunk.len()]);
            }
            Ok(())
        })
    }
}

pub fn record_event(event: &AuditEvent) {
    RUN.with_borrow_mut(|run| run.events.push(event.kind.clone()));
}
