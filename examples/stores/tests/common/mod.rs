//! What the tests of the stores share: accounts with a phone, a proxy that counts round trips, and what to do without a server.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

pub mod as_postgres;
pub mod counting;
pub mod database;
pub mod trail;
pub mod victim;

use std::fmt::Display;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use second_factor::testing::{AuthenticatorApp, ManualClock};
use second_factor::{
    Accepted, AccountId, AuditEvent, ChallengeToken, Clock, Error, EventKind, EventSink, KeyRing, Login,
    OsEntropy, PasswordVerified, Policy, Refusal, RefusedBecause, Remember, SealingKey, Store, UnixTime,
    Verifier,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Without the server a test is skipped with a line; with `REQUIRE_ALL=1` it fails.
#[track_caller]
pub fn skip(missing: &str, why: impl Display) {
    assert!(std::env::var_os("REQUIRE_ALL").is_none(), "REQUIRE_ALL is set and there is no {missing}: {why}");
    // To the stream itself: what a passing test prints is not shown.
    let line = format!("skipped: no {missing}: {why}\n");
    let _ = std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes());
}

/// Keeps the kinds of events.
#[derive(Clone, Debug, Default)]
pub struct EventLog(Arc<std::sync::Mutex<Vec<EventKind>>>);

impl EventSink for EventLog {
    fn record(&self, event: &AuditEvent) {
        self.0.lock().unwrap().push(event.kind.clone());
    }
}

impl EventLog {
    pub fn take(&self) -> Vec<EventKind> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// A service with one account over a store that may hold others, and the account's phone.
pub struct Account<S> {
    pub verifier: Verifier<S>,
    pub clock: ManualClock,
    pub events: EventLog,
    pub id: AccountId,
    phone: Option<AuthenticatorApp>,
}

/// When the accounts of the tests begin.
pub const START: UnixTime = UnixTime::from_secs(1_700_000_010);
pub const STEP: Duration = Duration::from_secs(30);

impl<S: Store> Account<S> {
    pub fn new(store: S, id: &str) -> Self {
        Self::with_phone(store, id, ManualClock::at(START), None)
    }

    /// The same account and phone over another store, as after a restart of the service.
    pub fn over<T: Store>(self, store: T) -> Account<T> {
        Account::with_phone(store, self.id.as_str(), self.clock, self.phone)
    }

    fn with_phone(store: S, id: &str, clock: ManualClock, phone: Option<AuthenticatorApp>) -> Self {
        let (policy, events) = (Policy::new("Example").unwrap(), EventLog::default());
        let ring = KeyRing::new(1, SealingKey::new([7; 32]));
        let verifier =
            Verifier::with_sources(store, policy, ring, clock.clone(), OsEntropy).with_events(events.clone());
        Self { verifier, clock, events, id: AccountId::new(id).unwrap(), phone }
    }

    /// Enrolls a phone, and moves on a step.
    pub async fn enroll(&mut self) {
        let password = self.password().await;
        let begun = self.verifier.begin_enrollment(password, "alice@example.com").await.unwrap();
        self.phone = Some(AuthenticatorApp::scan(&begun.uri));
        let code = self.code(self.now());
        let confirmed = self.verifier.confirm_enrollment(&begun.token, &code).await.unwrap();
        let (_, end_sessions) = confirmed.into_parts();
        assert_eq!(end_sessions.account(), &self.id);
        self.clock.advance(STEP);
        self.events.take();
    }

    pub fn now(&self) -> UnixTime {
        self.clock.now()
    }

    pub async fn password(&self) -> PasswordVerified {
        PasswordVerified::by_host(self.verifier.check_password(&self.id).await)
    }

    pub fn code(&self, at: UnixTime) -> String {
        self.phone.as_ref().unwrap().code(at)
    }

    pub async fn challenge(&self) -> Result<ChallengeToken, Error<S::Error>> {
        match self.verifier.password_verified(self.password().await, None).await? {
            Login::CodeRequired(challenge) => Ok(challenge),
            other => panic!("a code should be asked for, not {other:?}"),
        }
    }

    /// A whole login with the code of this moment.
    pub async fn log_in(&self, remember: Remember<'_>) -> Result<Accepted, Error<S::Error>> {
        let challenge = self.challenge().await?;
        self.verifier.present(&challenge, &self.code(self.now()), remember).await
    }
}

/// Stands between a client and its server, and counts how often the client speaks after the server has spoken.
pub struct Wire {
    pub port: u16,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    round_trips: AtomicUsize,
    pings: AtomicUsize,
}

/// A `Sync` of PostgreSQL with nothing before it, and the ping of MariaDB. The pool of sqlx sends one when it takes a connection back; no
/// caller waits for it.
const PINGS: [&[u8]; 2] = [b"S\0\0\0\x04", b"\x01\0\0\0\x0e"];

impl Wire {
    pub async fn to(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let counts = Arc::new(Counts::default());
        let counter = counts.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&server).await.unwrap();
                tokio::spawn(pass(client, server, counter.clone()));
            }
        });
        Self { port, counts }
    }

    /// The round trips since the last call, without pings.
    pub fn round_trips(&self) -> usize {
        self.counts.round_trips.swap(0, Ordering::SeqCst)
    }

    /// All pings until now.
    pub fn pings(&self) -> usize {
        self.counts.pings.load(Ordering::SeqCst)
    }
}

async fn pass(mut client: TcpStream, mut server: TcpStream, counts: Arc<Counts>) {
    let (mut asked, mut answered) = ([0; 65_536], [0; 65_536]);
    let mut clients_turn = true;
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let Ok(len @ 1..) = read else { return };
                if PINGS.contains(&&asked[..len]) {
                    counts.pings.fetch_add(1, Ordering::SeqCst);
                } else if clients_turn {
                    counts.round_trips.fetch_add(1, Ordering::SeqCst);
                }
                clients_turn = false;
                if server.write_all(&asked[..len]).await.is_err() {
                    return;
                }
            }
            read = server.read(&mut answered) => {
                let Ok(len @ 1..) = read else { return };
                clients_turn = true;
                if client.write_all(&answered[..len]).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// A load before the password, a load and a swap for the code: three round trips a login, once statements are prepared and scripts loaded.
pub async fn a_login_is_three_round_trips<S: Store>(store: S, wire: &Wire) {
    let mut alice = Account::new(store, "alice");
    alice.enroll().await;
    let _ = alice.log_in(Remember::No).await.unwrap();
    let before = wire.pings();
    for _ in 0..10 {
        alice.clock.advance(STEP);
        wire.round_trips();
        let challenge = alice.challenge().await.unwrap();
        assert_eq!(wire.round_trips(), 1, "the password step");
        let code = alice.code(alice.clock.now());
        let _ = alice.verifier.present(&challenge, &code, Remember::No).await.unwrap();
        assert_eq!(wire.round_trips(), 2, "the code step");
    }
    let pings = wire.pings() - before;
    assert!(
        pings <= 31,
        "{pings} pings for 30 statements: one as a connection is given back, none as it is taken"
    );
}

/// The code of this moment was accepted before; nobody gets in with it.
pub async fn is_replayed<S: Store>(account: &Account<S>) {
    let refused = account.log_in(Remember::No).await.map(|_| "accepted").unwrap_err();
    assert_eq!(refused.refusal(), Some(Refusal::NotAccepted), "{refused:?}");
    let replayed = EventKind::CodeRefused { reason: RefusedBecause::Replayed };
    let events = account.events.take();
    assert!(events.contains(&replayed), "{events:?}");
}
