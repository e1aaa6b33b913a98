//! Several ways to do one piece of work, measured side by side.

use std::cell::RefCell;
use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion};

/// Does something as many times as it is told, and returns how long that took.
pub type Timed = Box<dyn FnMut(u64) -> Duration>;

/// Times all of `work`.
pub fn timed<T>(mut work: impl FnMut() -> T + 'static) -> Timed {
    Box::new(move |times| {
        let start = Instant::now();
        for _ in 0..times {
            black_box(work());
        }
        start.elapsed()
    })
}

/// Times `work`, but not `prepare`, which makes its input.
pub fn timed_after<P, T>(
    mut prepare: impl FnMut() -> P + 'static,
    mut work: impl FnMut(P) -> T + 'static,
) -> Timed {
    Box::new(move |times| {
        let mut took = Duration::ZERO;
        for _ in 0..times {
            let prepared = prepare();
            let start = Instant::now();
            black_box(work(prepared));
            took += start.elapsed();
        }
        took
    })
}

/// The aim of a comparison.
#[derive(Clone, Copy)]
pub enum Aim {
    /// At least this many times faster than the other.
    Faster(f64),
    /// At most this many times as long as the other takes.
    AtMost(f64),
    /// No aim: the row is for information.
    None,
}

struct Entrant {
    name: &'static str,
    timed: RefCell<Timed>,
    aim: Aim,
}

/// A piece of work: this library first, then what it is compared with.
pub struct Contest {
    work: &'static str,
    entrants: Vec<Entrant>,
}

impl Contest {
    pub fn new(work: &'static str, ours: Timed) -> Self {
        let ours = Entrant { name: "second-factor", timed: RefCell::new(ours), aim: Aim::None };
        Self { work, entrants: vec![ours] }
    }

    pub fn against(mut self, name: &'static str, timed: Timed, aim: Aim) -> Self {
        self.entrants.push(Entrant { name, timed: RefCell::new(timed), aim });
        self
    }

    /// Makes criterion's reports: distributions and plots.
    pub fn report(&self, criterion: &mut Criterion) {
        let mut group = criterion.benchmark_group(self.work);
        group.warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_millis(800));
        if self.entrants.iter().any(|entrant| entrant.timed.borrow_mut()(1) > Duration::from_millis(1)) {
            group.sample_size(10);
        }
        for entrant in &self.entrants {
            group.bench_function(BenchmarkId::from_parameter(entrant.name), |bencher| {
                bencher.iter_custom(|times| entrant.timed.borrow_mut()(times));
            });
        }
    }
}

/// The least time of each entrant, in nanoseconds. They take turns, so that if something slows the machine for a
/// moment, it slows all of them.
struct Least<'a> {
    contest: &'a Contest,
    /// How often each entrant does its work in one sample.
    times: Vec<u64>,
    /// Whether one of them takes so long that one round in a pass is enough.
    slow: bool,
    nanos: Vec<f64>,
}

impl<'a> Least<'a> {
    fn of(contest: &'a Contest) -> Self {
        let times = contest.entrants.iter().map(|entrant| fill(&mut entrant.timed.borrow_mut())).collect();
        let slow = contest.entrants.iter().any(|entrant| once(&mut entrant.timed.borrow_mut(), 1) > SLOW);
        Self { contest, times, slow, nanos: vec![f64::INFINITY; contest.entrants.len()] }
    }

    fn sample(&mut self) {
        let rounds = if self.slow { 1 } else { ROUNDS };
        for _ in 0..rounds {
            for ((entrant, times), nanos) in
                self.contest.entrants.iter().zip(&self.times).zip(&mut self.nanos)
            {
                let took = entrant.timed.borrow_mut()(*times);
                *nanos = nanos.min(took.as_secs_f64() * 1e9 / *times as f64);
            }
        }
    }
}

/// How often the contests take turns. So if something slows the machine for a second, this is over in the next turn of a contest.
const PASSES: usize = 20;

/// How often each entrant is measured in a pass, for [`SAMPLE`] each time.
const ROUNDS: usize = 100;
const SAMPLE: Duration = Duration::from_micros(40);
const SLOW: Duration = Duration::from_millis(1);

/// How many times the work has to be done to fill a sample.
fn fill(timed: &mut Timed) -> u64 {
    let mut times = 1;
    while once(timed, times) < SAMPLE {
        times *= 2;
    }
    times
}

/// How long it takes to do the work this many times: the least of five attempts.
fn once(timed: &mut Timed, times: u64) -> Duration {
    (0..5).map(|_| timed(times)).min().unwrap_or_default()
}

/// Measures everything and prints the table.
pub fn print_table(contests: &[Contest]) {
    let width = contests.iter().map(|contest| contest.work.len()).max().unwrap_or_default();
    let mut measured: Vec<Least<'_>> = contests.iter().map(Least::of).collect();
    for _ in 0..PASSES {
        measured.iter_mut().for_each(Least::sample);
    }
    println!("\nLeast time of up to {} interleaved samples; see benches/README.md.\n", PASSES * ROUNDS);
    println!(
        "| {:width$} | {:>9} | {:28} | {:>9} | {:>6} | {:>7} | holds |",
        "work", "ns", "against", "ns", "ratio", "aim"
    );
    println!("|{0:-<1$}|{0:-<11}|{0:-<30}|{0:-<11}|{0:-<8}|{0:-<9}|-------|", "", width + 2);
    for Least { contest, nanos, .. } in measured {
        let ours = nanos[0];
        for (entrant, theirs) in contest.entrants.iter().zip(&nanos).skip(1) {
            let (ratio, aim, holds) = match entrant.aim {
                Aim::Faster(aim) => (theirs / ours, format!(">= {aim}"), Some(theirs / ours >= aim)),
                Aim::AtMost(aim) => (ours / theirs, format!("<= {aim}"), Some(ours / theirs <= aim)),
                Aim::None => (ours / theirs, String::new(), None),
            };
            let holds = holds.map_or("", |holds| if holds { "yes" } else { "NO" });
            let work = contest.work;
            let name = entrant.name;
            println!(
                "| {work:width$} | {ours:9.0} | {name:28} | {theirs:9.0} | {ratio:6.3} | {aim:>7} | {holds:5} |"
            );
        }
    }
}
