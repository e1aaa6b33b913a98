//! The table of throughput.

use crate::arguments::Arguments;
use crate::before::Before;
use crate::engines::{Engine, Trail};
use crate::measure::{Round, Slice, median};
use crate::servers::Servers;
use crate::{Outcome, accounts, measure};

const CLIENTS: [usize; 3] = [1, 8, 64];
/// How many accounts log in.
const SUBJECTS: u32 = 256;

pub fn print_head() {
    println!(
        "| engine | clients | logins/s | bare client | ratio | µs more a login | round trips | writes | with the trail | 10203c3 | times 10203c3 | times, with the trail |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
}

/// Prints the rows of an engine. Returns the logins a second with the most clients and with the trail.
pub async fn print_rows<E: Engine>(arguments: &Arguments, servers: &Servers) -> Outcome<f64> {
    let engine = E::start(servers, 0).await?;
    let mut subjects = accounts::enroll(&*engine.store(Trail::Without), 0..SUBJECTS).await?;
    let mut before = match &arguments.before {
        Some(program) => Before::start(program, E::NAME, servers)?,
        None => None,
    };
    let mut most = 0.0;
    for clients in CLIENTS {
        let turns = (arguments.rounds, arguments.slice);
        let rounds = measure::rounds(&engine, &mut subjects, clients, turns, before.as_mut()).await?;
        println!("| {} | {clients} | {} |", E::TITLE, cells(&rounds).join(" | "));
        most = median(rounds.iter().map(|round| round.with_trail.rate()));
    }
    engine.clear().await?;
    Ok(most)
}

/// Each figure is the median of the rounds. Each ratio is the median of the ratios of two slices of the same round.
fn cells(rounds: &[Round]) -> [String; 10] {
    let rate = |slice: fn(&Round) -> Slice| median(rounds.iter().map(|round| slice(round).rate()));
    let ratio = |of: fn(&Round) -> Slice, to: fn(&Round) -> Option<Slice>| {
        median(rounds.iter().filter_map(|round| Some(of(round).rate() / to(round)?.rate())))
    };
    let more = median(rounds.iter().map(|round| 1e6 / round.library.rate() - 1e6 / round.bare.rate()));
    let mut all = Slice::default();
    rounds.iter().for_each(|round| all += round.library);
    let a_login = |count: u64| count as f64 / all.logins as f64;
    let before = median(rounds.iter().filter_map(|round| Some(round.before?.rate())));
    let or_none = |value: f64, text: String| if value.is_nan() { "–".to_owned() } else { text };
    let times = |of| ratio(of, |round| round.before);
    let (without, with) = (times(|round| round.library), times(|round| round.with_trail));
    [
        format!("{:.0}", rate(|round| round.library)),
        format!("{:.0}", rate(|round| round.bare)),
        format!("{:.2}", ratio(|round| round.library, |round| Some(round.bare))),
        format!("{more:.0}"),
        format!("{:.2}", a_login(all.loads + all.swaps)),
        format!("{:.2}", a_login(all.swaps)),
        format!("{:.0}", rate(|round| round.with_trail)),
        or_none(before, format!("{before:.0}")),
        or_none(without, format!("{without:.2}")),
        or_none(with, format!("{with:.2}")),
    ]
}
