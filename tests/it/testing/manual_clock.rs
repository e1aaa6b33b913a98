use std::thread;
use std::time::Duration;

use second_factor::UnixTime;
use second_factor::testing::ManualClock;
use second_factor::verifier::Clock;

#[test]
fn a_clock_and_its_clones_show_the_time_that_was_set() {
    let clock = ManualClock::at(UnixTime::from_secs(100));
    let clone = clock.clone();
    assert_eq!(clone.now(), UnixTime::from_secs(100));
    clone.set(UnixTime::from_secs(50));
    clock.advance(Duration::from_millis(2_999));
    assert_eq!([clock.now(), clone.now()], [UnixTime::from_secs(52); 2]);
    // Another clock is independent.
    assert_eq!(ManualClock::at(UnixTime::EPOCH).now(), UnixTime::EPOCH);
}

#[test]
fn a_clock_stops_at_the_end_of_time() {
    let clock = ManualClock::at(UnixTime::from_secs(u64::MAX - 1));
    clock.advance(Duration::MAX);
    assert_eq!(clock.now(), UnixTime::MAX);
}

#[test]
fn no_advance_of_several_threads_is_lost() {
    let clock = ManualClock::at(UnixTime::EPOCH);
    thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| (0..1_000).for_each(|_| clock.advance(Duration::from_secs(1))));
        }
    });
    assert_eq!(clock.now(), UnixTime::from_secs(4_000));
}
