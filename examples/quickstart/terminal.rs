//! Lines in and out. It works with a terminal and with a pipe.

use std::fmt::Display;
use std::io::{self, BufRead, IsTerminal, Write};

use zeroize::Zeroizing;

use crate::accounts;
use crate::stop::Stop;

/// If nobody reads the output any more, this is noticed when the next line is asked for.
pub(crate) fn say(text: impl Display) {
    let _ = writeln!(io::stdout(), "{text}");
}

/// The next line, without white space around it.
pub(crate) fn ask(prompt: &str) -> Result<String, Stop> {
    show(prompt)?;
    read_line()
}

pub(crate) fn yes(question: &str) -> Result<bool, Stop> {
    Ok(matches!(ask(question)?.to_lowercase().as_str(), "y" | "yes"))
}

/// A password is taken as it is, spaces included, and not shown on a terminal.
pub(crate) fn ask_password(prompt: &str) -> Result<Zeroizing<String>, Stop> {
    show(prompt)?;
    let typed = if io::stdin().is_terminal() {
        rpassword::read_password().map_err(|_| Stop::EndOfInput)?
    } else {
        read_raw_line()?
    };
    if typed.is_empty() { Err(Stop::GaveUp) } else { Ok(Zeroizing::new(typed)) }
}

/// Asks until the password is one that an account can have.
pub(crate) fn ask_new_password(prompt: &str) -> Result<Zeroizing<String>, Stop> {
    loop {
        let password = ask_password(prompt)?;
        match accounts::password_fault(&password) {
            None => return Ok(password),
            Some(fault) => say(fault),
        }
    }
}

fn show(prompt: &str) -> Result<(), Stop> {
    let mut out = io::stdout();
    write!(out, "{prompt}").and_then(|()| out.flush()).map_err(|_| Stop::EndOfInput)
}

fn read_line() -> Result<String, Stop> {
    read_raw_line().map(|line| line.trim().to_owned())
}

fn read_raw_line() -> Result<String, Stop> {
    let mut line = Vec::new();
    match io::stdin().lock().read_until(b'\n', &mut line) {
        Ok(1..) => {}
        Ok(0) | Err(_) => return Err(Stop::EndOfInput),
    }
    // A pipe does not show what is typed into it, so the line break is missing.
    if !io::stdin().is_terminal() {
        say("");
    }
    Ok(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned())
}
