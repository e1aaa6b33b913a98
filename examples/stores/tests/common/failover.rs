//! Logins that go on while a server of the cluster dies, and what became of each.
#![allow(dead_code, reason = "each test file uses its part")]

use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use second_factor::testing::{AuthenticatorApp, ManualClock};
use second_factor::{
    AccountId, AccountRecord, Change, Clock, Error, KeyRing, Login, OsEntropy, PasswordVerified, Policy,
    Refusal, Remember, SealingKey, Store, Swap, UnixTime, Verifier, Versioned,
};
use tokio::task::JoinHandle;

use crate::common::START;

/// Between two logins of an account, by its clock: in this time more guesses of the budget come back than one login takes.
const PAUSE: Duration = Duration::from_hours(12 * 24);
/// For a whole failover. Nothing is concluded from how long it took.
pub const PATIENCE: Duration = Duration::from_mins(1);

static PORTS: AtomicU16 = AtomicU16::new(0);

/// A port of its own for a server that may be killed and started again. Not one that the system gives away: those are also the
/// ports of outgoing connections, which would take it meanwhile.
pub fn free_port() -> u16 {
    let first = u16::try_from(std::process::id() % 1_000).unwrap() * 12;
    let free = || 20_000 + (first + PORTS.fetch_add(1, Ordering::SeqCst)) % 12_000;
    std::iter::repeat_with(free).find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).unwrap()
}

/// What became of swaps and of logins.
#[derive(Debug, Default)]
pub struct Tally {
    pub accepted: AtomicUsize,
    /// Swaps that failed and may have been stored.
    pub unacknowledged: AtomicUsize,
    /// Unacknowledged logins whose code was refused when it was typed again: the swap had been stored.
    pub burnt: AtomicUsize,
    /// Codes that were accepted and, typed again by a later request, were accepted again.
    pub lost: AtomicUsize,
    /// Codes of which two requests at once were accepted.
    pub twice: AtomicUsize,
    pub refused: AtomicUsize,
}

impl Tally {
    pub fn of(&self, count: fn(&Self) -> &AtomicUsize) -> usize {
        count(self).load(Ordering::SeqCst)
    }

    fn add(&self, count: fn(&Self) -> &AtomicUsize) {
        count(self).fetch_add(1, Ordering::SeqCst);
    }

    /// Waits until so many codes more have been accepted.
    pub async fn accepted_more(&self, more: usize) {
        let until = self.of(|tally| &tally.accepted) + more;
        let wait = async {
            while self.of(|tally| &tally.accepted) < until {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("logins stopped: {self}"));
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let none = |count: usize| if count == 0 { "none".to_owned() } else { count.to_string() };
        write!(
            f,
            "accepted {}, unacknowledged {} (of them stored: {}), lost ({}), accepted twice ({}), refused {}",
            self.of(|tally| &tally.accepted),
            self.of(|tally| &tally.unacknowledged),
            self.of(|tally| &tally.burnt),
            none(self.of(|tally| &tally.lost)),
            none(self.of(|tally| &tally.twice)),
            self.of(|tally| &tally.refused),
        )
    }
}

/// The store that an instance of the service is connected to, which counts swaps without an answer.
pub struct Watched<S: Store> {
    now: Arc<Mutex<S>>,
    tally: Arc<Tally>,
    may_be_stored: fn(&S::Error) -> bool,
}

impl<S: Store + Clone> Watched<S> {
    /// `may_be_stored` says of an error of a swap whether the server may have got it.
    pub fn new(store: S, tally: Arc<Tally>, may_be_stored: fn(&S::Error) -> bool) -> Self {
        Self { now: Arc::new(Mutex::new(store)), tally, may_be_stored }
    }

    /// From here on this is the store, for all clones.
    pub fn go_on_with(&self, store: S) {
        *self.now.lock().unwrap() = store;
    }

    fn now(&self) -> S {
        self.now.lock().unwrap().clone()
    }
}

impl<S: Store + Clone> Clone for Watched<S> {
    fn clone(&self) -> Self {
        Self { now: self.now.clone(), tally: self.tally.clone(), may_be_stored: self.may_be_stored }
    }
}

impl<S: Store + Clone> Store for Watched<S> {
    type Error = S::Error;

    async fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, S::Error> {
        self.now().load(account).await
    }

    async fn compare_and_swap(&self, account: &AccountId, change: Change<'_>) -> Result<Swap, S::Error> {
        let swap = self.now().compare_and_swap(account, change).await;
        if swap.as_ref().is_err_and(self.may_be_stored) {
            self.tally.add(|tally| &tally.unacknowledged);
        }
        swap
    }
}

/// Accounts that log in without pause, each through two instances of the service at once.
pub struct Load {
    clients: Vec<JoinHandle<()>>,
    stop: Arc<AtomicBool>,
}

impl Load {
    /// `instances` are connected to the same data.
    pub fn start<S: Store + Clone + 'static>(instances: [Watched<S>; 2], accounts: usize) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let clients = (0..accounts).map(|number| {
            let (instances, stop) = (instances.clone(), stop.clone());
            tokio::spawn(async move {
                let mut owner = Owner::enroll(instances, &format!("account-{number}")).await;
                while !stop.load(Ordering::SeqCst) {
                    owner.log_in().await;
                }
            })
        });
        Self { clients: clients.collect(), stop }
    }

    /// Each finishes its login, and has its last code refused.
    pub async fn stop(self) {
        self.stop.store(true, Ordering::SeqCst);
        for client in self.clients {
            tokio::time::timeout(PATIENCE, client).await.expect("a login hangs").unwrap();
        }
    }
}

/// Of an account, with the phone.
pub struct Owner<S: Store> {
    id: AccountId,
    phone: AuthenticatorApp,
    clock: ManualClock,
    instances: [Verifier<Watched<S>>; 2],
    tally: Arc<Tally>,
    accepted: UnixTime,
}

impl<S: Store + Clone> Owner<S> {
    pub async fn enroll(instances: [Watched<S>; 2], id: &str) -> Self {
        let (id, clock) = (AccountId::new(id).unwrap(), ManualClock::at(START));
        let tally = instances[0].tally.clone();
        let instances = instances.map(|store| {
            let (policy, ring) = (Policy::new("Example").unwrap(), KeyRing::new(1, SealingKey::new([7; 32])));
            Verifier::with_sources(store, policy, ring, clock.clone(), OsEntropy)
        });
        let password = PasswordVerified::by_host(instances[0].check_password(&id).await);
        let begun = instances[0].begin_enrollment(password, id.as_str()).await.unwrap();
        let phone = AuthenticatorApp::scan(&begun.uri);
        let code = phone.code(clock.now());
        let confirmed = instances[0].confirm_enrollment(&begun.token, &code).await.unwrap();
        let (_codes, _nobody_is_logged_in) = confirmed.into_parts();
        let accepted = clock.now();
        Self { id, phone, clock, instances, tally, accepted }
    }

    /// With a fresh code: by two requests at once, and then until the cluster says yes or no. Afterwards it is refused.
    pub async fn log_in(&mut self) {
        self.clock.advance(PAUSE);
        let fresh = self.clock.now();
        let [one, other] = &self.instances;
        let both: [Option<bool>; 2] = tokio::join!(self.present(one), self.present(other)).into();
        if both == [Some(true); 2] {
            self.tally.add(|tally| &tally.twice);
        }
        let mut accepted = both.contains(&Some(true));
        if !accepted {
            // The owner saw an error. Is what was accepted before still in the record?
            assert!(both.contains(&None), "a fresh code was refused");
            self.replay().await;
            self.clock.set(fresh);
            accepted = self.insist().await;
        }
        if accepted {
            self.accepted = fresh;
        } else {
            self.tally.add(|tally| &tally.burnt);
        }
        self.replay().await;
        self.clock.set(fresh);
    }

    /// The code that was accepted last, at its time.
    pub async fn replay(&self) {
        self.clock.set(self.accepted);
        if self.insist().await {
            self.tally.add(|tally| &tally.lost);
        }
    }

    /// Presents the code of this moment until there is an answer: whether somebody is in.
    pub async fn insist(&self) -> bool {
        let answer = async {
            loop {
                match self.present(&self.instances[1]).await {
                    Some(answer) => return answer,
                    None => tokio::time::sleep(Duration::from_millis(20)).await,
                }
            }
        };
        tokio::time::timeout(PATIENCE, answer).await.expect("the cluster does not come back")
    }

    /// A whole login with the code of this moment. `None` where the store failed.
    async fn present(&self, verifier: &Verifier<Watched<S>>) -> Option<bool> {
        let answer = async {
            let password = PasswordVerified::by_host(verifier.check_password(&self.id).await);
            let Login::CodeRequired(challenge) = verifier.password_verified(password, None).await? else {
                panic!("{}: no code was asked for", self.id);
            };
            verifier.present(&challenge, &self.phone.code(self.clock.now()), Remember::No).await
        };
        match answer.await {
            Ok(_) => {
                self.tally.add(|tally| &tally.accepted);
                Some(true)
            }
            Err(Error::Store(_)) => None,
            Err(error) if error.refusal() == Some(Refusal::NotAccepted) => {
                self.tally.add(|tally| &tally.refused);
                Some(false)
            }
            Err(error) => panic!("{}: {error:?}", self.id),
        }
    }
}
