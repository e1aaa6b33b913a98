//! The commands, by name.

use second_factor::{AuditEvent, AuthenticatorInfo, Refusal};

use crate::host::Host;
use crate::stop::Stop;
use crate::{DEFAULT_PATH, accounts, flow, security_log, settings, terminal, tour, words};

const COMMANDS: [(&str, &str); 20] = [
    ("tour", "try all of this, step by step (so does Enter, while there are no accounts)"),
    ("register", "make an account: user name, password"),
    ("login", "log in: user name, password, and what the account asks for on this device"),
    ("enable", "switch two-factor authentication on, or add another authenticator: `enable Tablet`"),
    ("apps", "list the authenticators"),
    (
        "replace",
        "move to another phone: `replace 1` by its number in the list, `replace 1 New phone` to rename it",
    ),
    ("remove", "remove an authenticator, `remove 1`; its codes are void"),
    ("disable", "switch two-factor authentication off, which removes all authenticators"),
    ("codes", "make new recovery codes; the old ones are void"),
    ("password", "change the password"),
    ("status", "whether two-factor authentication is on, and what the account has"),
    ("devices", "list the devices that are remembered"),
    ("forget", "forget a remembered device: `forget 1` by its number in the list, or `forget all`"),
    ("log", "the security log of this account"),
    ("logout", "log out on this device"),
    ("device", "move to another device: `device phone`; each has its own session and cookies"),
    (
        "demand",
        "have this service demand a second factor: `demand now`, `demand 7d` (from then on), `demand off`",
    ),
    ("wait", "pretend that time passes: `wait 30d`; `wait 11m` also where a code is asked for"),
    ("help", "list the commands"),
    ("quit", "leave; everything but the sessions is kept"),
];

pub(crate) fn help() -> String {
    format!(
        "A login with a password and a code, on the terminal: the quickstart of second-factor.\n\n\
         Usage: cargo run --example quickstart [-- FILE]\n\n\
         FILE keeps the accounts from run to run; without it, {DEFAULT_PATH} in the current folder does.\n\
         Beside it are FILE.key, the key that its secrets are sealed with, FILE.log, the security log, and FILE.lock\n\
         while it is written. Delete them all to start over.\n\n\
         It reads commands and answers line by line, from a terminal or a pipe, and leaves at the end of input.\n\
         An empty line as an answer cancels the command.\n\n\
         Commands:\n{}\n\n\
         Where a code is asked for, a recovery code works too, except to switch two-factor authentication on.\n\
         The key to type into an app is on the line that starts with `setup key: `; without a phone,\n\
         `oathtool --totp -b KEY` makes its codes. Each code works once.\n\n\
         The rules: 5 wrong codes end a login; after 20, a single code is not enough: type four in a row, or a\n\
         recovery code. One try comes back every 3 days. A remembered device needs no code for 30 days. A change of the password\n\
         or of the second factor ends the other sessions and forgets all devices. An account has three authenticators at\n\
         most, and any of them works. An enrollment waits for 10 minutes,\n\
         and so does a login.",
        commands()
    )
}

fn commands() -> String {
    COMMANDS.map(|(name, what)| format!("  {name:<10}{what}")).join("\n")
}

/// Reads commands to the end of input, or `quit`.
pub(crate) fn run(host: &mut Host) {
    loop {
        let user = host.session().map_or_else(|| "nobody".to_owned(), |session| session.user);
        let outcome = terminal::ask(&format!("\n{}, {user}> ", host.device));
        match outcome.and_then(|line| command(host, &line)) {
            Ok(true) => {}
            Ok(false) => return,
            Err(stop) => {
                terminal::say(words::stop(&stop, host));
                if matches!(stop, Stop::EndOfInput) {
                    return;
                }
            }
        }
    }
}

/// Runs the command in this line, and returns whether to go on.
fn command(host: &mut Host, line: &str) -> Result<bool, Stop> {
    let (name, argument) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let argument = argument.trim();
    match name.trim_end_matches(':') {
        "" if host.file.read()?.accounts.is_empty() => tour::run(host)?,
        "" | "help" | "?" => terminal::say(commands()),
        "tour" => tour::run(host)?,
        "register" => {
            register(host)?;
            terminal::say("`login` logs in.");
        }
        "login" => log_in(host)?,
        "enable" => flow::enable(host, argument)?,
        "apps" => terminal::say(words::authenticators(&settings::status(host)?.authenticators)),
        "replace" => {
            let (number, label) = argument.split_once(char::is_whitespace).unwrap_or((argument, ""));
            let bound = authenticators(host)?;
            flow::replace(host, choose(number, &bound)?, label.trim())?;
        }
        "remove" => {
            let bound = authenticators(host)?;
            settings::remove(host, choose(argument, &bound)?)?;
        }
        "disable" => settings::disable(host)?,
        "codes" => settings::new_recovery_codes(host)?,
        "password" => settings::change_password(host)?,
        "status" => terminal::say(words::status(&settings::status(host)?, host)),
        "devices" => terminal::say(words::devices(&settings::status(host)?.devices)),
        "forget" => forget(host, argument)?,
        "log" => log(host)?,
        "logout" => log_out(host),
        "device" => device(host, &or_ask(argument, "device: ")?)?,
        "demand" => host.demand(&or_ask(argument, "from when on (now, 7d, off): ")?)?,
        "wait" => host.wait(&or_ask(argument, "how long: ")?)?,
        "quit" | "exit" => return Ok(false),
        _ => return Err(Stop::Unusable("There is no such command. `help` lists them.")),
    }
    Ok(true)
}

pub(crate) fn or_ask(argument: &str, prompt: &str) -> Result<String, Stop> {
    let answer = if argument.is_empty() { terminal::ask(prompt)? } else { argument.to_owned() };
    if answer.is_empty() { Err(Stop::GaveUp) } else { Ok(answer) }
}

/// Makes an account, and returns its user name.
pub(crate) fn register(host: &mut Host) -> Result<String, Stop> {
    let user = or_ask("", "user name: ")?;
    if let Some(fault) = accounts::user_name_fault(&user) {
        return Err(Stop::Unusable(fault));
    }
    let password = terminal::ask_new_password("password: ")?;
    host.file.register(&user, &password)?;
    terminal::say(format!("{user} has an account now."));
    Ok(user)
}

fn log_in(host: &mut Host) -> Result<(), Stop> {
    let user = or_ask("", "user name: ")?;
    flow::log_in(host, &user)
}

pub(crate) fn log_out(host: &mut Host) {
    host.end_session();
    terminal::say(format!("Logged out on {}.", host.device));
}

/// Switches to another browser, whose session may have ended meanwhile.
pub(crate) fn device(host: &mut Host, name: &str) -> Result<(), Stop> {
    name.clone_into(&mut host.device);
    terminal::say(format!("device: {name}"));
    match settings::session(host) {
        Ok(_) | Err(Stop::LoggedOut) => Ok(()),
        Err(stop) => Err(stop),
    }
}

/// The authenticators of whoever is logged in. It is refused if there are none.
fn authenticators(host: &mut Host) -> Result<Vec<AuthenticatorInfo>, Stop> {
    let bound = settings::status(host)?.authenticators;
    if bound.is_empty() { Err(Stop::Refused(Refusal::NoAuthenticator)) } else { Ok(bound) }
}

/// The authenticator with this number. Without a number, shows the list and asks for one.
pub(crate) fn choose<'a>(
    number: &str,
    bound: &'a [AuthenticatorInfo],
) -> Result<&'a AuthenticatorInfo, Stop> {
    if number.is_empty() {
        terminal::say(words::authenticators(bound));
    }
    let number = or_ask(number, "which (its number): ")?.parse::<usize>();
    let chosen = number.ok().and_then(|number| number.checked_sub(1)).and_then(|index| bound.get(index));
    chosen.ok_or(Stop::Unusable("There is no such authenticator; `apps` lists them."))
}

fn forget(host: &mut Host, which: &str) -> Result<(), Stop> {
    let devices = settings::status(host)?.devices;
    terminal::say(words::devices(&devices));
    if devices.is_empty() {
        return Ok(());
    }
    let which = or_ask(which, "which (its number, or all): ")?;
    let chosen = match which.parse::<usize>() {
        Ok(number) => number.checked_sub(1).and_then(|index| devices.get(index)).map(std::slice::from_ref),
        Err(_) => (which == "all").then_some(devices.as_slice()),
    };
    settings::forget(host, chosen.ok_or(Stop::Unusable("There is no such device."))?)?;
    terminal::say("Forgotten: the next login there needs a code.");
    Ok(())
}

fn log(host: &mut Host) -> Result<(), Stop> {
    let account = settings::session(host)?.login.account().clone();
    let events = security_log::of(&host.file.beside(".log"), &account);
    for AuditEvent { at, kind, .. } in events.map_err(|error| Stop::Failed(error.to_string()))? {
        let mail = if kind.notify_owner() { " (mail to the owner)" } else { "" };
        terminal::say(format!("{at}  {kind}{mail}"));
    }
    Ok(())
}
