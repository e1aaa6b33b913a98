//! A login in a table with one account and in a table with many: the time, and the bytes.

use crate::arguments::Arguments;
use crate::engines::{Engine, Trail};
use crate::measure::{Slice, library, median};
use crate::servers::Servers;
use crate::{Outcome, accounts};

/// How many of a large table's accounts log in, one after the other.
const SUBJECTS: u32 = 2_048;
/// The large table is filled in this many parts, and the accounts that log in are inserted between the parts. So they are spread
/// over the whole table.
const PARTS: u32 = 64;
/// There are this many times the rounds of the throughput table, since a round here has two contestants instead of four.
const TURNS: usize = 2;

/// The bytes of an account, and of a login.
pub struct Sizes {
    pub an_account: f64,
    pub log: Option<f64>,
    pub log_with_trail: Option<f64>,
    pub trail: Option<f64>,
}

pub fn print_head() {
    println!(
        "\n| engine | accounts | logins/s of 1 account | of all | ratio | bytes an account | log a login | log, with the trail | trail a login |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|---:|");
}

/// The row of an engine.
pub async fn print_row<E: Engine>(arguments: &Arguments, servers: &Servers) -> Outcome<Sizes> {
    let size = arguments.accounts.min(E::MOST_ACCOUNTS);
    let small = E::start(servers, 1).await?;
    let mut one = accounts::enroll(&*small.store(Trail::Without), 0..1).await?;

    let large = E::start(servers, 2).await?;
    let store = large.store(Trail::Without);
    let empty = large.usage().await?;
    let record = accounts::record().await?;
    let mut many = Vec::new();
    for part in 0..PARTS {
        let share = |of: u32| (part * of / PARTS)..((part + 1) * of / PARTS);
        large.fill(share(size.saturating_sub(SUBJECTS)), size, &record).await?;
        many.extend(accounts::enroll(&*store, share(SUBJECTS.min(size))).await?);
    }
    large.settle().await?;
    let full = large.usage().await?;

    let (mut of_one, mut of_all) = (Vec::new(), Vec::new());
    let mut without = Slice::default();
    let log_before = large.usage().await?.log;
    let mut log = 0;
    for _ in 0..arguments.rounds * TURNS {
        of_one.push(library(small.store(Trail::Without), &mut one, 1, arguments.slice).await?.rate());
        let before = large.usage().await?.log;
        let slice = library(store.clone(), &mut many, 1, arguments.slice).await?;
        of_all.push(slice.rate());
        without += slice;
        log += spent(before, large.usage().await?.log);
    }
    let before = large.usage().await?;
    let mut with = Slice::default();
    for _ in 0..arguments.rounds {
        with += library(large.store(Trail::With), &mut many, 1, arguments.slice).await?;
    }
    let after = large.usage().await?;

    let a_login = |bytes: u64, slice: &Slice| bytes as f64 / slice.logins as f64;
    let sizes = Sizes {
        an_account: spent(empty.accounts, full.accounts) as f64 / f64::from(size),
        log: log_before.map(|_| a_login(log, &without)),
        log_with_trail: after.log.map(|_| a_login(spent(before.log, after.log), &with)),
        trail: after.trail.map(|_| a_login(spent(before.trail, after.trail), &with)),
    };
    let ratios = of_all.iter().zip(&of_one).map(|(all, one)| all / one);
    let or_none = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.0}"));
    println!(
        "| {} | {size} | {:.0} | {:.0} | {:.2} | {:.0} | {} | {} | {} |",
        E::TITLE,
        median(of_one.iter().copied()),
        median(of_all.iter().copied()),
        median(ratios),
        sizes.an_account,
        or_none(sizes.log),
        or_none(sizes.log_with_trail),
        or_none(sizes.trail),
    );
    small.clear().await?;
    large.clear().await?;
    Ok(sizes)
}

fn spent(before: Option<u64>, after: Option<u64>) -> u64 {
    after.unwrap_or_default().saturating_sub(before.unwrap_or_default())
}
