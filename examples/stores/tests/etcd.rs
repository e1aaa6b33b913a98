//! etcd: three members that the test starts, kills and stops; and servers that break off, which need no etcd.

#[path = "common/cluster.rs"]
mod cluster;
mod common;
#[path = "common/failover.rs"]
mod failover;
#[path = "common/gate.rs"]
mod gate;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cluster::{Cluster, MEMBERS, endpoints};
use common::Wire;
use failover::{Load, Tally, Watched};
use gate::{Gate, Scripted, closed_port};
use reqwest::Client;
use second_factor::testing::{Hook, Suite};
use second_factor::{AccountId, AccountRecord, AuditEvent, Change, Expected, Revision, Store, Swap};
use second_factor_stores::etcd::{EtcdError, EtcdStore};
use serde_json::json;
use tokio::sync::Mutex;

/// A part of the cluster of its own, behind doors that can be shut.
struct Part {
    cluster: Arc<Mutex<Cluster>>,
    prefix: String,
    gates: Vec<Gate>,
}

static PARTS: AtomicUsize = AtomicUsize::new(0);

impl Part {
    async fn create(cluster: &Arc<Mutex<Cluster>>) -> (EtcdStore, Self) {
        let mut gates = Vec::new();
        for port in cluster.lock().await.ports() {
            gates.push(Gate::before(port).await);
        }
        let prefix = format!("test-{}/", PARTS.fetch_add(1, Ordering::Relaxed));
        let part = Self { cluster: cluster.clone(), prefix, gates };
        (part.through(0), part)
    }

    fn through(&self, first: usize) -> EtcdStore {
        let ports: Vec<_> = self.gates.iter().map(|gate| gate.port).collect();
        EtcdStore::new(Client::builder(), endpoints(&ports, first), self.prefix.as_str()).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn it_conforms() {
    let Some(cluster) = Cluster::start().await else { return };
    let cluster = Arc::new(Mutex::new(cluster));
    let report = Suite::new(async || Part::create(&cluster).await)
        // Connected to another member: it must not lag.
        .another(async |part: &Part| part.through(1))
        .reopen(async |part: &Part| {
            let mut cluster = part.cluster.lock().await;
            (0..MEMBERS).for_each(|number| cluster.kill(number));
            (0..MEMBERS).for_each(|number| cluster.restart(number));
            cluster.is_whole().await;
            part.through(2)
        })
        .fail(async |_: &EtcdStore, part: &Part| {
            for gate in &part.gates {
                gate.shut().await;
            }
        })
        .trail(async |store: &EtcdStore, _: &Part, account: &AccountId| store.trail(account).await.unwrap())
        .spawn(|task| drop(tokio::spawn(task)))
        .run()
        .await;
    println!("{report}");
    report.assert();
    // Record and events are in one request, of which etcd can refuse no part.
    assert!(report.skipped().iter().all(|(_, hook)| *hook == Hook::BlockTrail), "{report}");
}

#[tokio::test]
async fn a_login_is_three_round_trips() {
    let Some(cluster) = Cluster::start().await else { return };
    let wire = Wire::to(format!("127.0.0.1:{}", cluster.ports()[0])).await;
    let store = EtcdStore::new(Client::builder(), endpoints(&[wire.port], 0), "accounts/").unwrap();
    common::a_login_is_three_round_trips(store, &wire).await;
}

#[tokio::test]
async fn events_are_stored_with_their_record_or_not_at_all() {
    let Some(cluster) = Cluster::start().await else { return };
    let store = EtcdStore::new(Client::builder(), cluster.endpoints(0), "").unwrap();
    // No account's keys are among those of another, whose id is the beginning of its own.
    let [ann, anna] = ["ann", "anna"].map(|id| AccountId::new(id).unwrap());
    let event = |at: u32, kind: &str| -> AuditEvent {
        serde_json::from_value(json!({ "account": "ann", "at": at, "kind": kind })).unwrap()
    };
    let first = [event(1, "challenge_opened"), event(1, "challenge_exhausted")];
    let second = [event(2, "password_changed")];
    let others = [event(3, "account_closed")];
    let record = AccountRecord::new(ann.clone());
    // The second has the smaller number.
    let [nine, three, four] = [9, 3, 4].map(Revision::new);
    for (account, change, outcome) in [
        (&ann, Change::new(Expected::Absent, nine, &record, &first), Swap::Stored),
        (&anna, Change::new(Expected::Absent, four, &record, &others), Swap::Stored),
        (&ann, Change::new(Expected::At(nine), three, &record, &second), Swap::Stored),
        (&ann, Change::new(Expected::At(nine), four, &record, &others), Swap::Conflict),
    ] {
        assert_eq!(store.compare_and_swap(account, change).await.unwrap(), outcome);
    }
    assert_eq!(store.trail(&ann).await.unwrap(), [first.as_slice(), &second].concat());
    assert_eq!(store.trail(&anna).await.unwrap(), others);
    assert_eq!(store.load(&ann).await.unwrap().unwrap().revision, three);
    assert_eq!(store.load(&anna).await.unwrap().unwrap().revision, four);
}

fn may_be_stored(error: &EtcdError) -> bool {
    !matches!(error, EtcdError::Unreachable(_) | EtcdError::NoEndpoint)
}

/// Two instances of the service, of which the first is connected to the leader.
async fn instances(cluster: &Cluster, tally: &Arc<Tally>) -> [Watched<EtcdStore>; 2] {
    let leader = cluster.leader().await;
    [leader, leader + 1].map(|first| {
        let store = EtcdStore::new(Client::builder(), cluster.endpoints(first % MEMBERS), "accounts/");
        Watched::new(store.unwrap(), tally.clone(), may_be_stored)
    })
}

/// Accounts log in without pause while something happens to the leader. Again, where no swap was under way then.
async fn under_load(happens_to: impl AsyncFn(&mut Cluster, usize, &Tally)) {
    for _ in 0..5 {
        let Some(mut cluster) = Cluster::start().await else { return };
        let tally = Arc::new(Tally::default());
        let load = Load::start(instances(&cluster, &tally).await, 16);
        tally.accepted_more(100).await;
        let leader = cluster.leader().await;
        happens_to(&mut cluster, leader, &tally).await;
        cluster.is_whole().await;
        tally.accepted_more(100).await;
        load.stop().await;

        println!("{tally}");
        assert_eq!(tally.of(|tally| &tally.lost), 0);
        assert_eq!(tally.of(|tally| &tally.twice), 0);
        if tally.of(|tally| &tally.unacknowledged) > 0 {
            return;
        }
    }
    panic!("no swap was under way in five clusters");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_killed_leader_loses_nothing_that_was_released() {
    under_load(async |cluster, leader, tally| {
        cluster.kill(leader);
        tally.accepted_more(100).await;
        cluster.restart(leader);
    })
    .await;
}

/// It wakes up as a leader of old, with requests that it has not read yet.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_leader_that_sleeps_accepts_nothing_when_it_wakes() {
    under_load(async |cluster, leader, tally| {
        cluster.signal(leader, "-STOP");
        tally.accepted_more(100).await;
        cluster.signal(leader, "-CONT");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_minority_answers_nothing() {
    let Some(mut cluster) = Cluster::start().await else { return };
    let store = EtcdStore::new(Client::builder(), cluster.endpoints(0), "accounts/").unwrap();
    let alice = AccountId::new("alice").unwrap();
    let record = AccountRecord::new(alice.clone());
    let [first, second] = [1, 2].map(Revision::new);
    let create = Change::new(Expected::Absent, first, &record, &[]);
    assert_eq!(store.compare_and_swap(&alice, create).await.unwrap(), Swap::Stored);
    cluster.kill(0);
    cluster.kill(1);
    store.load(&alice).await.unwrap_err();
    let swap = Change::new(Expected::At(first), second, &record, &[]);
    store.compare_and_swap(&alice, swap).await.unwrap_err();
    cluster.restart(0);
    cluster.restart(1);
    cluster.is_whole().await;
    let loaded = store.load(&alice).await.unwrap().unwrap();
    // The swap may be stored by now: the member that was left had it in its log.
    assert!([first, second].contains(&loaded.revision));
}

const NOTHING: (&str, &str) = ("200 OK", r#"{"header":{"revision":"7"}}"#);
const STORED: (&str, &str) = ("200 OK", r#"{"header":{"revision":"7"},"succeeded":true}"#);
const NO_LEADER: (&str, &str) =
    ("503 Service Unavailable", r#"{"message":"etcdserver: no leader","code":14}"#);

async fn create(store: &EtcdStore) -> Result<Swap, EtcdError> {
    let alice = AccountId::new("alice").unwrap();
    let record = AccountRecord::new(alice.clone());
    store.compare_and_swap(&alice, Change::new(Expected::Absent, Revision::new(1), &record, &[])).await
}

fn over(ports: &[u16]) -> EtcdStore {
    EtcdStore::new(Client::builder(), endpoints(ports, 0), "").unwrap()
}

/// Neither on a fresh connection nor on one that was used before, neither to the same member nor to another.
#[tokio::test]
async fn a_swap_without_an_answer_is_sent_once() {
    let alice = AccountId::new("alice").unwrap();
    for before in [&[][..], &[NOTHING]] {
        let breaks = Scripted::answering(before).await;
        let answers = Scripted::answering(&[STORED; 9]).await;
        let store = over(&[breaks.port, answers.port]);
        for _ in before {
            assert!(store.load(&alice).await.unwrap().is_none());
        }
        let unanswered = create(&store).await.unwrap_err();
        assert!(matches!(unanswered, EtcdError::Unanswered(_)), "{unanswered:?}");
        assert_eq!((breaks.requests(), answers.requests()), (before.len() + 1, 0));
        // The next call goes on to the next member.
        assert_eq!(create(&store).await.unwrap(), Swap::Stored);
        assert_eq!((breaks.requests(), answers.requests()), (before.len() + 1, 1));
    }
}

#[tokio::test]
async fn a_swap_that_a_member_refused_is_sent_once() {
    let refuses = Scripted::answering(&[NO_LEADER; 9]).await;
    let answers = Scripted::answering(&[STORED; 9]).await;
    let refused = create(&over(&[refuses.port, answers.port])).await.unwrap_err();
    assert_eq!(refused.to_string(), "etcd answered 503 Service Unavailable: etcdserver: no leader");
    assert_eq!((refuses.requests(), answers.requests()), (1, 0));
}

#[tokio::test]
async fn a_swap_passes_over_a_member_that_is_gone() {
    let answers = Scripted::answering(&[STORED, NOTHING]).await;
    let store = over(&[closed_port().await, answers.port]);
    assert_eq!(create(&store).await.unwrap(), Swap::Stored);
    assert_eq!(create(&store).await.unwrap(), Swap::Conflict);
    let gone = create(&over(&[closed_port().await, closed_port().await])).await.unwrap_err();
    assert!(matches!(gone, EtcdError::Unreachable(_)), "{gone:?}");
}

#[tokio::test]
async fn a_load_asks_the_next_member() {
    let breaks = Scripted::answering(&[]).await;
    let refuses = Scripted::answering(&[NO_LEADER]).await;
    let answers = Scripted::answering(&[NOTHING]).await;
    let store = over(&[breaks.port, refuses.port, answers.port]);
    assert!(store.load(&AccountId::new("alice").unwrap()).await.unwrap().is_none());
    assert_eq!((breaks.requests(), refuses.requests(), answers.requests()), (1, 1, 1));
}

/// Of a proxy, or of a wrong port.
#[tokio::test]
async fn an_answer_that_is_not_etcds_is_an_error() {
    let foreign =
        [("200 OK", "{}"), ("200 OK", "<html>"), ("307 Temporary Redirect", ""), ("404 Not Found", "")];
    for answer in foreign {
        let server = Scripted::answering(&[answer; 9]).await;
        create(&over(&[server.port])).await.unwrap_err();
        over(&[server.port]).load(&AccountId::new("alice").unwrap()).await.unwrap_err();
        assert_eq!(server.requests(), 2);
    }
}
