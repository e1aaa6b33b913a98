use std::path::PathBuf;
use std::time::Duration;

use crate::Outcome;
use crate::engines::ALL;

/// What is measured, and for how long.
pub struct Arguments {
    pub engines: Vec<String>,
    /// How many slices each contestant gets, in turn.
    pub rounds: usize,
    pub slice: Duration,
    /// How many accounts the larger of the two measured tables has.
    pub accounts: u32,
    /// The program that runs the stores of an older commit.
    pub before: Option<PathBuf>,
}

impl Arguments {
    /// Reads the arguments of the command line.
    pub fn read() -> Outcome<Self> {
        let mut arguments = Self {
            engines: Vec::new(),
            rounds: 5,
            slice: Duration::from_millis(300),
            accounts: 1_000_000,
            before: None,
        };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{word} has no value"));
            match word.as_str() {
                "--rounds" => arguments.rounds = value()?.parse()?,
                "--slice" => arguments.slice = Duration::from_millis(value()?.parse()?),
                "--accounts" => arguments.accounts = value()?.parse()?,
                "--before" => arguments.before = Some(value()?.into()),
                _ => arguments.engines.push(word),
            }
        }
        if arguments.engines.is_empty() {
            arguments.engines = ALL.map(str::to_owned).into();
        }
        Ok(arguments)
    }
}
