//! A login with a password and a code, on the terminal: `cargo run --example quickstart`.
//!
//! The lines to copy are in `flow.rs` and `settings.rs`. `--help` says what it does.

mod accounts;
mod clock;
mod flow;
mod host;
mod json_file;
mod menu;
mod sealing_key;
mod security_log;
mod settings;
mod stop;
mod terminal;
mod tour;
mod words;

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clock::PretendClock;
use host::Host;
use json_file::JsonFile;
use stop::in_full;
use terminal::say;

const DEFAULT_PATH: &str = "second-factor-quickstart.json";

fn main() -> ExitCode {
    let path = match arguments() {
        Arguments::Run(path) => path,
        Arguments::Help => {
            say(menu::help());
            return ExitCode::SUCCESS;
        }
        Arguments::Unknown(argument) => {
            eprintln!("There is no argument `{argument}`. Try --help.");
            return ExitCode::from(2);
        }
    };
    match open(path) {
        Ok(mut host) => {
            menu::run(&mut host);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

enum Arguments {
    Run(PathBuf),
    Help,
    Unknown(String),
}

fn arguments() -> Arguments {
    let mut given = env::args_os().skip(1);
    match (given.next(), given.next()) {
        (None, _) => Arguments::Run(DEFAULT_PATH.into()),
        (Some(argument), _) if argument == "--help" || argument == "-h" => Arguments::Help,
        (Some(path), None) if !path.to_string_lossy().starts_with('-') => Arguments::Run(path.into()),
        (Some(path), more) => Arguments::Unknown(more.unwrap_or(path).to_string_lossy().into_owned()),
    }
}

fn open(path: PathBuf) -> Result<Host, String> {
    let file = Arc::new(JsonFile::new(std::path::absolute(&path).unwrap_or(path)));
    let is_new = file.read().map_err(|error| in_full(&error))?.accounts.is_empty();
    let key = sealing_key::open(&file).map_err(|error| error.to_string())?;
    let clock = Arc::new(PretendClock::default());
    let verifier = flow::open(&file, &clock, key).map_err(|error| error.to_string())?;
    say(format!(
        "second-factor quickstart: a login with a password and a code.\n\n\
         accounts file: {}\n\
         sealing key:   {}\n\
         \x20              A DEVELOPMENT KEY, in clear beside the file that it seals. Keep a real one somewhere else.\n",
        file.path().display(),
        file.beside(".key").display(),
    ));
    say(if is_new {
        "There are no accounts yet. Press Enter for a tour, or type `help`."
    } else {
        "`login` logs in, `help` lists all commands."
    });
    Ok(Host::new(verifier, file, clock))
}
