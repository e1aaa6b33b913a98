//! Logins a second over each store, beside a bare client that sends the same statements and nothing else, and beside an older
//! commit. It prints Markdown.
//!
//! `examples/stores/compare/run` builds both programs and starts this one. To start it without the other:
//! `cargo run --release -p second-factor-stores --example load -- [ENGINE …] [--rounds 5] [--slice 300] [--accounts 1000000]
//! [--before PROGRAM]`

mod accounts;
mod arguments;
mod before;
mod engines;
mod in_process;
mod measure;
mod scale;
mod servers;
mod sizes;
mod table;

use std::error::Error;

use arguments::Arguments;
use engines::{Diesel, Engine, Etcd, MariaDb, Postgres, Redis, Rusqlite, Sqlite};
use servers::Servers;

pub type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Outcome<()> {
    let arguments = Arguments::read()?;
    let servers = Servers::start(&arguments.engines).await?;
    in_process::print(&arguments).await?;

    table::print_head();
    let mut rates = Vec::new();
    for engine in &arguments.engines {
        rates.push(match engine.as_str() {
            Sqlite::NAME => table::print_rows::<Sqlite>(&arguments, &servers).await?,
            Rusqlite::NAME => table::print_rows::<Rusqlite>(&arguments, &servers).await?,
            Diesel::NAME => table::print_rows::<Diesel>(&arguments, &servers).await?,
            Postgres::NAME => table::print_rows::<Postgres>(&arguments, &servers).await?,
            MariaDb::NAME => table::print_rows::<MariaDb>(&arguments, &servers).await?,
            Redis::NAME => table::print_rows::<Redis>(&arguments, &servers).await?,
            Etcd::NAME => table::print_rows::<Etcd>(&arguments, &servers).await?,
            other => return Err(format!("no engine {other}").into()),
        });
    }

    sizes::print_head();
    let mut measured = Vec::new();
    for (engine, rate) in arguments.engines.iter().zip(rates) {
        let (title, sizes) = match engine.as_str() {
            Sqlite::NAME => (Sqlite::TITLE, sizes::print_row::<Sqlite>(&arguments, &servers).await?),
            Postgres::NAME => (Postgres::TITLE, sizes::print_row::<Postgres>(&arguments, &servers).await?),
            MariaDb::NAME => (MariaDb::TITLE, sizes::print_row::<MariaDb>(&arguments, &servers).await?),
            Redis::NAME => (Redis::TITLE, sizes::print_row::<Redis>(&arguments, &servers).await?),
            Etcd::NAME => (Etcd::TITLE, sizes::print_row::<Etcd>(&arguments, &servers).await?),
            // The other two clients of SQLite have the same file.
            _ => continue,
        };
        measured.push((title, rate, sizes));
    }

    scale::print_head();
    for (title, rate, sizes) in &measured {
        scale::print_row(title, *rate, sizes);
    }
    Ok(())
}
