//! The table of `SCALE.md`: the measured figures, multiplied by a hundred million accounts that log in daily.

use crate::sizes::Sizes;

const ACCOUNTS: f64 = 1e8;
const A_DAY: f64 = 24.0 * 60.0 * 60.0;

pub fn print_head() {
    println!(
        "\n| engine | logins/s, 64 clients, with the trail | times {:.0} logins/s | accounts, GB | log a day, GB | trail a day, GB |",
        ACCOUNTS / A_DAY
    );
    println!("|---|---:|---:|---:|---:|---:|");
}

pub fn print_row(title: &str, logins_a_second: f64, sizes: &Sizes) {
    let gigabytes = |bytes: f64| bytes * ACCOUNTS / 1e9;
    let or_none =
        |bytes: Option<f64>| bytes.map_or("–".to_owned(), |bytes| format!("{:.0}", gigabytes(bytes)));
    println!(
        "| {title} | {logins_a_second:.0} | {:.1} | {:.0} | {} | {} |",
        logins_a_second * A_DAY / ACCOUNTS,
        gigabytes(sizes.an_account),
        or_none(sizes.log_with_trail),
        or_none(sizes.trail),
    );
}
