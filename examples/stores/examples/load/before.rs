//! The older commit, in a separate program. Its source is `compare/driver.rs`.

use std::io::{BufRead, BufReader, Lines, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use crate::Outcome;
use crate::measure::Slice;
use crate::servers::Servers;

/// The engines for which the older commit has a store.
const ENGINES: [&str; 4] = ["sqlite", "rusqlite", "postgres", "redis"];

/// It waits while another contestant has its turn.
pub struct Before {
    program: Child,
    to: ChildStdin,
    from: Lines<BufReader<ChildStdout>>,
}

impl Before {
    /// Starts it with its own accounts on this engine; `None` if it has no such store.
    pub fn start(program: &Path, engine: &str, servers: &Servers) -> Outcome<Option<Self>> {
        if !ENGINES.contains(&engine) {
            return Ok(None);
        }
        let mut command = Command::new(program);
        if let Some(url) = servers.redis_url() {
            command.env("REDIS_URL", url);
        }
        let mut program = command.arg(engine).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let to = program.stdin.take().ok_or("no standard input")?;
        let from = BufReader::new(program.stdout.take().ok_or("no standard output")?).lines();
        let mut before = Self { program, to, from };
        match before.line()?.as_str() {
            "ready" => Ok(Some(before)),
            other => Err(format!("the older commit says: {other}").into()),
        }
    }

    /// Runs this many clients for this time.
    pub fn slice(&mut self, clients: usize, length: Duration) -> Outcome<Slice> {
        writeln!(self.to, "{clients} {}", length.as_millis())?;
        let line = self.line()?;
        let mut numbers = line.split(' ').map(str::parse::<u64>);
        let mut next = || numbers.next().ok_or("too few numbers")?.map_err(|_| "not a number");
        let (logins, nanoseconds) = (next()?, next()?);
        Ok(Slice { logins, time: Duration::from_nanos(nanoseconds), loads: next()?, swaps: next()? })
    }

    fn line(&mut self) -> Outcome<String> {
        Ok(self.from.next().ok_or("the program of the older commit has ended")??)
    }
}

/// At the end of its input the program drops its tables and exits.
impl Drop for Before {
    fn drop(&mut self) {
        let _ = writeln!(self.to, "end");
        let _ = self.program.wait();
    }
}
