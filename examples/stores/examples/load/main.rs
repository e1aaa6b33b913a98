//! Whole logins over each store, beside the bare client issuing the same statements: the limit.
//!
//! `cargo run --release -p second-factor-stores --example load [-- ENGINE … --accounts 1,100000,1000000 --slices 6]`

mod accounts;
mod engines;
mod measure;

use std::error::Error;

use engines::{Engine, Postgres, Redis, Rusqlite, Sqlite};

pub type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

struct Arguments {
    engines: Vec<String>,
    /// Sizes of the table.
    accounts: Vec<u32>,
    /// How many slices of half a second each contestant gets, in turn.
    slices: u32,
}

fn arguments() -> Outcome<Arguments> {
    let mut arguments = Arguments { engines: Vec::new(), accounts: vec![1, 100_000], slices: 6 };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or("a value is missing");
        match word.as_str() {
            "--accounts" => {
                arguments.accounts = value()?.split(',').map(str::parse).collect::<Result<_, _>>()?;
            }
            "--slices" => arguments.slices = value()?.parse()?,
            _ => arguments.engines.push(word),
        }
    }
    if arguments.engines.is_empty() {
        arguments.engines = ["sqlite", "rusqlite", "postgres", "redis"].map(str::to_owned).into();
    }
    Ok(arguments)
}

#[tokio::main]
async fn main() -> Outcome<()> {
    let arguments = arguments()?;
    println!(
        "A record (one authenticator, ten recovery codes, five devices): {} bytes\n",
        accounts::bytes().await?
    );
    for engine in &arguments.engines {
        match engine.as_str() {
            "sqlite" => compare::<Sqlite>(&arguments).await?,
            "rusqlite" => compare::<Rusqlite>(&arguments).await?,
            "postgres" => compare::<Postgres>(&arguments).await?,
            "redis" => compare::<Redis>(&arguments).await?,
            other => return Err(format!("no engine {other}").into()),
        }
    }
    Ok(())
}

async fn compare<E: Engine>(arguments: &Arguments) -> Outcome<()> {
    println!("| {} | clients | logins/s | bare client | ratio | round trips a login |", E::NAME);
    println!("|---|---:|---:|---:|---:|---:|");
    let engine = E::start(0).await?;
    let mut subjects = accounts::enroll(&*engine.store(), 256).await?;
    for clients in [1, 8, 64] {
        let rates = measure::clients(&engine, &mut subjects, clients, arguments.slices).await?;
        println!(
            "| | {clients} | {:.0} | {:.0} | {:.2} | {:.2} |",
            rates.logins,
            rates.bare,
            rates.logins / rates.bare,
            rates.calls_a_login
        );
    }
    engine.clear().await?;
    drop(engine);

    println!("\n| {} | accounts | ms a login | bare client |", E::NAME);
    println!("|---|---:|---:|---:|");
    let mut tables = Vec::new();
    for (number, size) in (1..).zip(&arguments.accounts) {
        let engine = E::start(number).await?;
        let subjects = accounts::enroll(&*engine.store(), (*size).min(256)).await?;
        let others = size.saturating_sub(256);
        if others > 0 {
            engine.fill(others, &accounts::record().await?).await?;
        }
        tables.push((*size, engine, subjects, measure::Rates::default()));
    }
    for _ in 0..arguments.slices {
        for (_, engine, subjects, rates) in &mut tables {
            *rates += measure::clients(engine, subjects, 1, 1).await?;
        }
    }
    for (size, _, _, rates) in &tables {
        let slices = f64::from(arguments.slices);
        println!(
            "| | {size} | {:.2} | {:.2} |",
            1000.0 * slices / rates.logins,
            1000.0 * slices / rates.bare
        );
    }
    println!();
    for (_, engine, ..) in &tables {
        engine.clear().await?;
    }
    Ok(())
}
