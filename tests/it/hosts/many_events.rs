//! An attacker with the password, or with the cookie of a session, can cause any number of events.

use core::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::sync::{Arc, Mutex};

use second_factor::{AuditEvent, EventKind, EventSink, Policy, Refusal, Remember};

use crate::support::{EventLog, Phone, STEP, World, refusal};

/// The number of codes that the thief sends. The budget covers fewer.
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

/// A queue in front of a database that has stopped answering.
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
fn a_queue_without_a_bound_grows_with_each_code_of_a_thief() {
    const ROOM: usize = 100;
    let waiting = |from: &Receiver<AuditEvent>| from.try_iter().count();

    let (to, from) = mpsc::channel();
    let (world, phone) = world_with(Queue::Unbounded(to));
    guess(&world, &phone);
    assert!(waiting(&from) > SENT, "the queue grows with each code");

    let (to, from) = mpsc::sync_channel(ROOM);
    let queue = Arc::new(Queue::Bounded(to, AtomicUsize::new(0)));
    let (world, phone) = world_with(queue.clone());
    guess(&world, &phone);
    assert_eq!(waiting(&from), ROOM);
    let Queue::Bounded(_, dropped) = &*queue else { panic!("not the bounded queue") };
    assert!(dropped.load(Ordering::SeqCst) > SENT - ROOM, "dropped events are counted");
    // The owner is not affected.
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

/// G34: important events need room of their own.
#[test]
fn g34_a_page_of_the_latest_events_loses_the_alarm() {
    const SHOWN: usize = 20;
    let log = Arc::new(EventLog::default());
    let (world, phone) = world_with(log.clone());
    guess(&world, &phone);
    let is_alarm = |event: &&AuditEvent| matches!(event.kind, EventKind::PasswordSuspectedKnown { .. });

    let all = log.all();
    let latest = all.iter().rev().take(SHOWN);
    assert_eq!(latest.filter(is_alarm).count(), 0, "the alarm is no longer on the page");
    let notable = all.iter().rev().filter(|event| event.kind.notify_owner()).take(SHOWN);
    assert_ne!(notable.filter(is_alarm).count(), 0, "the alarm is lost among important events too");
}
