//! `cargo bench`: criterion's reports, then one table that compares this library with other crates and with
//! the compression function alone.

mod contest;
mod works;

use criterion::Criterion;

fn main() {
    let contests = works::all();
    let mut criterion = Criterion::default().configure_from_args();
    for contest in &contests {
        contest.report(&mut criterion);
    }
    criterion.final_summary();
    let asked = |wanted| std::env::args().any(|argument| argument == wanted);
    if asked("--bench") && !asked("--profile-time") {
        contest::print_table(&contests);
    }
}
