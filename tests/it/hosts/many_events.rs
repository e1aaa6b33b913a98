//! Whoever has the password, or the cookie of a session, can cause as many events as they send requests.

use core::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::sync::{Arc, Mutex};

use second_factor::{AuditEvent, EventKind, EventSink, Policy, Refusal, Remember};

use crate::support::{EventLog, Phone, STEP, World, refusal};

/// What the thief sends: more codes than the budget covers.
const SENT: usize = 2_000;

fn guess(world: &World, phone: &Phone) {
    let wrong = phone.wrong_code(world.now());
    let mut answers = 0;
    while answers < SENT {
        let challenge = world.challenge();
        for _ in 0..5 {
            let answer = refusal(world.verifier.present(&challenge, &wrong, Remember::No));
            assert!(matches!(
                answer.unwrap_err(),
                Refusal::NotAccepted | Refusal::ChallengeOver | Refusal::Locked { .. }
            ));
            answers += 1;
        }
    }
}

fn world_with(sink: impl EventSink + 'static) -> (World, Phone) {
    let mut world = World::with_policy(Policy::new("Example").unwrap());
    world.verifier = world.verifier.with_events(sink);
    let (phone, _) = world.enroll();
    (world, phone)
}

/// Between the sink and a database that has stopped answering.
enum Queue {
    Unbounded(Sender<AuditEvent>),
    Bounded(SyncSender<AuditEvent>, AtomicUsize),
}

impl EventSink for Queue {
    fn record(&self, event: &AuditEvent) {
        match self {
            Self::Unbounded(to) => to.send(event.clone()).unwrap(),
            Self::Bounded(to, dropped) => {
                if to.try_send(event.clone()).is_err() {
                    dropped.fetch_add(1, Ordering::SeqCst);
                }
            }
        }
    }
}

#[test]
fn a_queue_without_a_bound_keeps_all_that_a_thief_sends_in_memory() {
    const ROOM: usize = 100;
    let waiting = |from: &Receiver<AuditEvent>| from.try_iter().count();

    let (to, from) = mpsc::channel();
    let (world, phone) = world_with(Queue::Unbounded(to));
    guess(&world, &phone);
    assert!(waiting(&from) > SENT, "it grows as long as somebody sends");

    let (to, from) = mpsc::sync_channel(ROOM);
    let queue = Arc::new(Queue::Bounded(to, AtomicUsize::new(0)));
    let (world, phone) = world_with(queue.clone());
    guess(&world, &phone);
    assert_eq!(waiting(&from), ROOM);
    let Queue::Bounded(_, dropped) = &*queue else { panic!("it has a bound") };
    assert!(dropped.load(Ordering::SeqCst) > SENT - ROOM, "what is dropped is counted");
    // The owner does not notice.
    world.clock.advance(4 * STEP);
    let in_a_row = phone.codes_in_a_row(world.now());
    assert!(world.present(&in_a_row).is_ok());
}

#[test]
fn a_mail_for_every_event_buries_the_owner() {
    let mails = |is_sent: fn(&EventKind) -> bool| {
        let mailbox: Arc<Mutex<Vec<String>>> = Arc::default();
        let sent = mailbox.clone();
        let (world, phone) = world_with(move |event: &AuditEvent| {
            if is_sent(&event.kind) {
                sent.lock().unwrap().push(event.kind.to_string());
            }
        });
        guess(&world, &phone);
        mailbox.lock().unwrap().clone()
    };
    assert!(mails(|_| true).len() > SENT);
    let told = mails(EventKind::notify_owner);
    assert!(told.len() < 10, "{told:?}");
    assert!(told.iter().any(|mail| mail.contains("somebody may know the password")), "{told:?}");
}

/// G34.
#[test]
fn g34_a_page_of_the_latest_events_loses_the_alarm() {
    const SHOWN: usize = 20;
    let log = Arc::new(EventLog::default());
    let (world, phone) = world_with(log.clone());
    guess(&world, &phone);
    let is_alarm = |event: &&AuditEvent| matches!(event.kind, EventKind::PasswordSuspectedKnown { .. });

    let all = log.all();
    let latest = all.iter().rev().take(SHOWN);
    assert_eq!(latest.filter(is_alarm).count(), 0, "the thief has pushed it off the page");
    let notable = all.iter().rev().filter(|event| event.kind.notify_owner()).take(SHOWN);
    assert_ne!(notable.filter(is_alarm).count(), 0, "what the owner is told of has room of its own");
}
