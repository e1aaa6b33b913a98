//! Tests whether the time shows what was typed: it runs two classes of inputs, interleaved at random, and
//! compares their times with Welch's t-test, after Reparaz, Balasch and Verbauwhede, "Dude, is my code
//! constant time?" (2017).
//!
//! `cargo run --release -p second-factor-benches --bin dudect [SAMPLES]` prints a table. No check depends on
//! it: a difference that it does not show may be smaller than the noise of the machine. `.ci/constant-time`
//! looks at the code itself.

use std::hint::black_box;
use std::time::Instant;

use second_factor::otp::TimeStep;
use second_factor::{Code, Digits, Secret, Totp, TotpParams, UnixTime, Window};
use second_factor_benches::{Dice, SECRET};

fn main() {
    let samples = std::env::args().nth(1).map_or(2_000_000, |samples| samples.parse().expect("a number"));
    assert!(samples >= 100_000, "fewer than 100,000 samples show nothing");
    println!(
        "{samples} samples a row. |t| is the greatest of {CROPS} crops of the slow tail and of no crop.\n"
    );
    println!("| what, and what is compared | ns | ns | abs(t) | at {LEAK} |");
    println!("|---|---|---|---|---|");
    library(samples);
    planted(samples);
}

/// An absolute value of t above this means that the times of the two classes differ.
const LEAK: f64 = 4.5;

fn library(samples: usize) {
    let totp = Totp::new(&Secret::new(SECRET).expect("a secret"), TotpParams::default());
    let verify = |(code, now, after): &(Code, UnixTime, Option<TimeStep>)| {
        totp.verify(code, *now, Window::DEFAULT, *after)
    };

    compare("verify: five of six digits right, none right", samples, 1, verify, |dice, class| {
        let now = some_time(dice);
        (miss(&totp.generate(now), [5, 0][class]), now, None)
    });
    compare("verify: right, wrong", samples, 1, verify, |dice, class| {
        let now = some_time(dice);
        let right = totp.generate(now);
        ([right.clone(), miss(&right, 0)][class].clone(), now, None)
    });
    compare(
        "verify: code of the first step of the window, of the last",
        samples,
        1,
        verify,
        |dice, class| {
            let now = some_time(dice);
            (totp.generate(UnixTime::from_secs(now.as_secs() - 30 + 60 * class as u64)), now, None)
        },
    );
    compare("verify, the step having been used: its code, a wrong one", samples, 1, verify, |dice, class| {
        let now = some_time(dice);
        let used = totp.generate(now);
        ([used.clone(), miss(&used, 0)][class].clone(), now, totp.time_step(now))
    });
    compare("code == code: five of six digits right, none right", samples, 16, same_code, |dice, class| {
        let right = totp.generate(some_time(dice));
        (miss(&right, [5, 0][class]), right)
    });
}

fn same_code((one, other): &(Code, Code)) -> bool {
    one == other
}

/// Planted mistakes, which should show a difference.
fn planted(samples: usize) {
    let totp = Totp::new(&Secret::new(SECRET).expect("a secret"), TotpParams::default());
    let digits = |dice: &mut Dice, class: usize| {
        let right = totp.generate(some_time(dice));
        (miss(&right, [5, 0][class]).expose().to_owned(), right.expose().to_owned())
    };
    let by_digit =
        |(one, other): &(String, String)| one.bytes().zip(other.bytes()).all(|(one, other)| one == other);
    compare("planted: six digits one by one, five right, none right", samples, 16, by_digit, digits);
    let equals = |(one, other): &(String, String)| one == other;
    compare("planted: == of six digits, five right, none right", samples, 16, equals, digits);
    compare(
        "planted: == of 1,024 digits, all but the last right, none right",
        samples,
        16,
        equals,
        |dice, class| {
            let right = digits(dice, 0).1.repeat(171)[..1_024].to_owned();
            let wrong = [1_023, 0].map(|kept| {
                let changed = right[kept..].bytes().map(|digit| char::from(b'0' + (digit - b'0' + 1) % 10));
                right[..kept].chars().chain(changed).collect::<String>()
            });
            (wrong[class].clone(), right)
        },
    );
    let first_match = |(code, now): &(Code, UnixTime)| {
        let steps =
            [-30, 0, 30].map(|offset| UnixTime::from_secs(now.as_secs().saturating_add_signed(offset)));
        steps.into_iter().find(|step| totp.generate(*step) == *code)
    };
    compare("planted: verify up to the match, first step, last", samples, 1, first_match, |dice, class| {
        let now = some_time(dice);
        (totp.generate(UnixTime::from_secs(now.as_secs() - 30 + 60 * class as u64)), now)
    });
}

fn some_time(dice: &mut Dice) -> UnixTime {
    UnixTime::from_secs(1_700_000_010 + dice.roll() % 1_000_000_000)
}

/// A code whose first `kept` digits are right and all others wrong.
fn miss(right: &Code, kept: usize) -> Code {
    let wrong = |(place, digit): (usize, char)| match digit {
        _ if place < kept => digit,
        '9' => '0',
        digit => char::from(digit as u8 + 1),
    };
    let text: String = right.expose().chars().enumerate().map(wrong).collect();
    Code::parse(&text, Digits::Six).expect("six digits")
}

/// Times `work` on inputs of two classes and prints a row. A sample is `batch` calls on one input, so that it
/// takes long enough for the clock. All inputs of a chunk are made before any of them is timed.
fn compare<I, T>(
    what: &str,
    samples: usize,
    batch: u32,
    work: impl Fn(&I) -> T,
    mut input: impl FnMut(&mut Dice, usize) -> I,
) {
    let mut dice = Dice(1);
    let mut chunk = || -> Vec<(usize, f64)> {
        let inputs: Vec<(usize, I)> = (0..CHUNK)
            .map(|_| {
                let class = (dice.roll() >> 63) as usize;
                (class, input(&mut dice, class))
            })
            .collect();
        inputs
            .iter()
            .map(|(class, input)| {
                let start = Instant::now();
                for _ in 0..batch {
                    black_box(work(black_box(input)));
                }
                (*class, start.elapsed().as_nanos() as f64)
            })
            .collect()
    };

    // The first chunks warm up and determine where to crop. They are not counted.
    let mut times: Vec<f64> = (0..10).flat_map(|_| chunk()).map(|(_, time)| time).collect();
    times.sort_by(f64::total_cmp);
    let mut tests: Vec<(f64, Welch)> =
        crops(&times).chain([f64::INFINITY]).map(|crop| (crop, Welch::default())).collect();
    for _ in 0..samples.div_ceil(CHUNK) {
        for (class, time) in chunk() {
            for (crop, test) in &mut tests {
                if time <= *crop {
                    test.add(class, time);
                }
            }
        }
    }

    let t = tests.iter().filter_map(|(_, test)| test.t()).map(f64::abs).fold(0.0, f64::max);
    let judged = if t > LEAK { "differs" } else { "same" };
    let [one, other] = tests[MOST].1.means().map(|mean| mean / f64::from(batch));
    println!("| {what} | {one:.1} | {other:.1} | {t:.1} | {judged} |");
}

/// How many inputs are made at a time.
const CHUNK: usize = 5_000;

/// How many crops of the slow tail are tested, besides none.
const CROPS: usize = 100;

/// The index of the crop whose means are printed: it leaves out the slowest twentieth.
const MOST: usize = 42;

/// Thresholds that keep more and more of the slow tail, which contains all interruptions, as in the program
/// of the paper.
fn crops(sorted: &[f64]) -> impl Iterator<Item = f64> {
    (1..=CROPS).map(|crop| {
        let kept = 1.0 - 0.5_f64.powf(10.0 * crop as f64 / CROPS as f64);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in the list")]
        let place = (kept * (sorted.len() - 1) as f64) as usize;
        sorted[place]
    })
}

/// Welch's t-test of two classes, from running means and sums of squares (Welford).
#[derive(Default)]
struct Welch([Class; 2]);

#[derive(Default, Clone, Copy)]
struct Class {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Welch {
    fn add(&mut self, class: usize, time: f64) {
        let Class { count, mean, squares } = &mut self.0[class];
        *count += 1.0;
        let before = time - *mean;
        *mean += before / *count;
        *squares += before * (time - *mean);
    }

    fn means(&self) -> [f64; 2] {
        self.0.map(|class| class.mean)
    }

    /// The value of t, or `None` if the crop leaves too few samples.
    fn t(&self) -> Option<f64> {
        let [one, other] = self.0;
        if one.count < 10_000.0 || other.count < 10_000.0 {
            return None;
        }
        let error = |class: Class| class.squares / (class.count - 1.0) / class.count;
        let error = (error(one) + error(other)).sqrt();
        (error > 0.0).then(|| (one.mean - other.mean) / error)
    }
}
