//! `examples/quickstart`, driven line by line with codes from `oathtool`, as a newcomer's script would.
//!
//! The program uses the system's clock. The codes are those of the present step, of the next step, or of a time that the
//! command `wait` simulates. So it does not matter when a time step begins, and no test sleeps.
#![cfg(all(feature = "std", feature = "serde", feature = "os-entropy", feature = "sealing", feature = "qr"))]
#![allow(clippy::arithmetic_side_effects, clippy::unwrap_used, reason = "tests")]

mod quickstart_driver;

use std::fs;
use std::path::Path;
use std::process::Command;

use quickstart_driver::{
    CODE, CONFIRM, FRESH, Folder, PASSWORD, Quickstart, binary, has, recovery_codes, setup_key,
};
use second_factor::{KeyUri, Secret};

const NOT_ACCEPTED: &str = "This code was not accepted.";
const LOGIN_OVER: &str = "Too many tries, or too much time has passed.";
const WITH_CODE: &str = "with your password and a code.";
const REMEMBERED: &str = "on a remembered device";

#[test]
fn a_first_and_a_second_run() {
    if !has("oathtool") {
        return;
    }
    let folder = Folder::new("story");
    let mut program = folder.start();
    assert!(
        program.transcript.contains(&folder.accounts().display().to_string()),
        "the program does not say where the file is"
    );
    assert!(program.transcript.contains("A DEVELOPMENT KEY"));

    let (key, _, confirmed) = program.enroll();
    let codes = recovery_codes(&confirmed);
    assert_eq!(codes.len(), 10, "{confirmed}");
    assert!(confirmed.contains("All sessions of this account have ended"), "{confirmed}");

    // A wrong code, a malformed one, and then the next right one, on a device that is then remembered.
    program.challenge("alice", "y");
    let wrong = program.wrong_codes(&key).next().unwrap();
    assert!(program.line(&wrong, CODE).contains(NOT_ACCEPTED));
    assert!(program.line("12345", CODE).contains("A code is six digits"));
    let spent = program.next_code(&key);
    assert!(program.line(&spent, "laptop, alice> ").contains(WITH_CODE));

    // No code on this device; a code on a new one, where the code that was just used is refused.
    program.line("logout", "laptop, nobody> ");
    assert!(program.log_in("alice", "laptop, alice> ").contains(REMEMBERED));
    program.line("device: phone", "phone, nobody> ");
    program.challenge("alice", "n");
    assert!(program.line(&spent, CODE).contains(NOT_ACCEPTED), "a code works once");
    assert!(program.line("", "phone, nobody> ").contains("Given up"));
    let (said, status) = program.end();
    assert!(said.contains("The input has ended"), "{said}");
    assert!(status.success());

    // The second run has the account and the remembered laptop, and nobody is logged in.
    let mut program = folder.start();
    assert!(program.log_in("alice", "laptop, alice> ").contains(REMEMBERED));
    let status = program.line("status", "laptop, alice> ");
    assert!(status.contains("is on since"), "{status}");
    assert!(status.contains("Recovery codes left: 10. Devices remembered: 1."), "{status}");
    program.line("device phone", "phone, nobody> ");
    let code = program.fresh_code(&key);
    program.challenge("alice", "n");
    assert!(program.line(&code, "phone, alice> ").contains(WITH_CODE));

    private(&folder.file("accounts.json.log"));
    let kept = fs::read_to_string(folder.accounts()).unwrap();
    let log = fs::read_to_string(folder.file("accounts.json.log")).unwrap();
    assert!(kept.contains("$argon2id$v=19$m=19456,t=2,p=1$"), "the hash does not have OWASP's parameters");
    for secret in [key.as_str(), PASSWORD, codes[0].as_str(), &codes[0].replace('-', "")] {
        assert!(!kept.contains(secret) && !log.contains(secret), "the files must not hold {secret}");
    }
}

#[test]
fn the_qr_code_on_the_screen_is_the_setup_key() {
    if !has("oathtool") || !has("zbarimg") {
        return;
    }
    let folder = Folder::new("qr");
    let (key, shown, _) = folder.start().enroll();
    let image = folder.file("screen.pgm");
    fs::write(&image, screenshot(&shown)).unwrap();
    let scanned = Command::new("zbarimg").args(["--raw", "--quiet"]).arg(&image).output().unwrap();
    let uri = KeyUri::parse_strict(String::from_utf8(scanned.stdout).unwrap().trim()).unwrap();
    assert_eq!(uri.secret(), &Secret::from_base32_strict(&key).unwrap());
    assert_eq!((uri.issuer(), uri.account_name()), (Some("Quickstart"), "alice"));
}

#[test]
fn enabling_needs_the_password_and_a_right_code_in_time() {
    if !has("oathtool") {
        return;
    }
    let folder = Folder::new("enable");
    let mut program = folder.start();
    program.register("alice");
    program.log_in("alice", "laptop, alice> ");
    program.line("enable", "password again: ");
    assert!(program.line("another password", "laptop, alice> ").contains("password is wrong"));

    program.line("enable", "password again: ");
    let key = setup_key(&program.line(PASSWORD, CONFIRM));
    let wrong = program.wrong_codes(&key).next().unwrap();
    assert!(program.line(&wrong, CONFIRM).contains(NOT_ACCEPTED));
    assert!(program.line("wait soon", CONFIRM).contains("Say how long"));
    assert!(program.line("wait 10m", CONFIRM).contains("10 minutes ahead"));
    let late = program.line(&program.code(&key), "laptop, alice> ");
    assert!(late.contains("This set-up is over"), "{late}");
    assert!(program.line("status", "laptop, alice> ").contains("is off"));
}

#[test]
fn after_twenty_wrong_codes_a_recovery_code_or_waiting_helps() {
    if !has("oathtool") {
        return;
    }
    let folder = Folder::new("lock");
    let mut program = folder.start();
    let (key, _, confirmed) = program.enroll();
    let codes = recovery_codes(&confirmed);
    let mut wrong = program.wrong_codes(&key);
    let mut last = String::new();
    for _ in 0..4 {
        program.challenge("alice", "n");
        for _ in 0..4 {
            assert!(program.line(&wrong.next().unwrap(), CODE).contains(NOT_ACCEPTED));
        }
        last = program.line(&wrong.next().unwrap(), "laptop, nobody> ");
        assert!(last.contains(LOGIN_OVER), "{last}");
    }
    assert!(last.contains("somebody may know the password"), "the owner is not told: {last}");
    assert!(last.contains("now it takes several in a row"), "the lock is not reported: {last}");

    let code = program.fresh_code(&key);
    program.challenge("alice", "n");
    let refused = program.line(&code, CODE);
    assert!(
        refused.contains("A single code is accepted again in 3 days."),
        "the right code was tried: {refused}"
    );
    assert!(refused.contains("Type four codes in a row"), "{refused}");
    assert!(refused.contains("or a recovery code"), "{refused}");

    let typed = codes[0].to_lowercase().replace('-', " ");
    let accepted = program.line(&typed, "laptop, alice> ");
    assert!(accepted.contains("with your password and a recovery code"), "{accepted}");
    assert!(program.line("status", "laptop, alice> ").contains("A single code is accepted again in"));
    program.line("logout", "laptop, nobody> ");

    program.wait("9d", 9 * 24 * 60 * 60);
    let code = program.fresh_code(&key);
    program.challenge("alice", "n");
    assert!(program.line(&codes[0], CODE).contains(NOT_ACCEPTED), "a recovery code works once");
    assert!(program.line(&code, "laptop, alice> ").contains(WITH_CODE));
}

#[test]
fn a_locked_owner_gets_in_by_four_codes_in_a_row() {
    if !has("oathtool") {
        return;
    }
    let folder = Folder::new("row");
    let mut program = folder.start();
    let (key, ..) = program.enroll();
    let mut wrong = program.wrong_codes(&key);
    for _ in 0..4 {
        program.challenge("alice", "n");
        for _ in 0..4 {
            program.line(&wrong.next().unwrap(), CODE);
        }
        program.line(&wrong.next().unwrap(), "laptop, nobody> ");
    }

    program.wait("3m", 3 * 60);
    let row = program.codes_in_a_row(&key);
    program.challenge("alice", "n");
    assert!(program.line(&row[3], CODE).contains("Type four codes in a row"));
    let mistyped = [&row[..3], &[wrong.next().unwrap()]].concat().join(" ");
    assert!(program.line(&mistyped, CODE).contains(NOT_ACCEPTED));
    let accepted = program.line(&row.join(" "), "laptop, alice> ");
    assert!(accepted.contains("with your password and codes in a row."), "{accepted}");
    assert!(program.line("status", "laptop, alice> ").contains("Type four codes in a row"));
}

#[test]
fn a_login_waits_ten_minutes_and_a_device_is_remembered_thirty_days() {
    if !has("oathtool") {
        return;
    }
    let folder = Folder::new("time");
    let mut program = folder.start();
    let (key, ..) = program.enroll();
    let code = program.fresh_code(&key);
    program.challenge("alice", "y");
    program.line(&code, "laptop, alice> ");

    program.line("device phone", "phone, nobody> ");
    program.challenge("alice", "n");
    program.line("wait 10m", CODE);
    assert!(program.line(&program.code(&key), "phone, nobody> ").contains(LOGIN_OVER));

    program.line("device laptop", "laptop, alice> ");
    program.wait("29d", 29 * 24 * 60 * 60);
    assert!(program.log_in("alice", "laptop, alice> ").contains(REMEMBERED));
    program.wait("1d", 24 * 60 * 60);
    let asked = program.log_in("alice", "[y/N] ");
    assert!(!asked.contains(REMEMBERED), "{asked}");

    // The input ends during a login.
    program.line("n", CODE);
    let (said, status) = program.end();
    assert!(status.success() && said.ends_with("The input has ended. Goodbye.\n"), "{said}");
}

#[test]
fn devices_recovery_codes_password_and_log_of_an_account() {
    if !has("oathtool") {
        return;
    }
    let folder = Folder::new("page");
    let mut program = folder.start();
    let (key, _, confirmed) = program.enroll();
    let old = recovery_codes(&confirmed);

    // Two devices are remembered, and one of them is forgotten.
    for device in ["laptop", "phone"] {
        program.line(&format!("device {device}"), &format!("{device}, nobody> "));
        let code = program.fresh_code(&key);
        program.challenge("alice", "y");
        program.line(&code, &format!("{device}, alice> "));
    }
    let listed = program.line("devices", "phone, alice> ");
    assert!(listed.contains("1. laptop: since") && listed.contains("2. phone: since"), "{listed}");
    assert!(program.line("forget 3", "phone, alice> ").contains("no such device"));
    program.line("forget 1", "phone, alice> ");
    let listed = program.line("devices", "phone, alice> ");
    assert!(listed.contains("1. phone: since") && !listed.contains("laptop"), "{listed}");

    // New recovery codes need a fresh code, and void the old ones.
    let code = program.fresh_code(&key);
    program.line("codes", FRESH);
    let new = recovery_codes(&program.line(&code, "phone, alice> "));
    assert_eq!(new.len(), 10);
    program.line("device desktop", "desktop, nobody> ");
    program.challenge("alice", "n");
    assert!(program.line(&old[0], CODE).contains(NOT_ACCEPTED));
    program.line(&new[0], "desktop, alice> ");

    // A new password ends the session on the phone, but not this one.
    let code = program.fresh_code(&key);
    program.line("password", "old password: ");
    program.line(PASSWORD, FRESH);
    program.line(&code, "new password: ");
    assert!(program.line("short", "new password: ").contains("8 characters"));
    program.line("a new and longer one", "desktop, alice> ");
    assert!(program.line("status", "desktop, alice> ").contains("Devices remembered: 0."));
    let ended = program.line("device phone", "phone, nobody> ");
    assert!(ended.contains("This session has ended"), "{ended}");
    program.line("login", "user name: ");
    program.line("alice", "password: ");
    assert!(program.line(PASSWORD, "phone, nobody> ").contains("password is wrong"));

    // Another phone: codes of the old one are refused.
    program.line("device desktop", "desktop, alice> ");
    let code = program.fresh_code(&key);
    program.line("replace 1", FRESH);
    let second = setup_key(&program.line(&code, CONFIRM));
    assert_ne!(second, key);
    program.line(&program.code(&second), "desktop, nobody> ");
    let (other, code) = (program.fresh_code(&key), program.code(&second));
    program.line("login", "user name: ");
    program.line("alice", "password: ");
    program.line("a new and longer one", "[y/N] ");
    program.line("n", CODE);
    assert!(other == code || program.line(&other, CODE).contains(NOT_ACCEPTED));
    program.line(&code, "desktop, alice> ");

    // The log has everything, with reasons that the claimant did not see.
    let log = program.line("log", "desktop, alice> ");
    for line in [
        "Two-factor authentication was switched on: Authenticator app (mail to the owner)",
        "A device is remembered: phone (mail to the owner)",
        "A remembered device was forgotten: its owner asked for it",
        "A recovery code was refused: it was wrong",
        "A recovery code was used; 9 are left (mail to the owner)",
        "New recovery codes were made; the old ones are void (mail to the owner)",
        "The password was changed (mail to the owner)",
        "An authenticator replaced another: Authenticator app (mail to the owner)",
        "An authenticator was removed: Authenticator app (mail to the owner)",
    ] {
        assert!(log.contains(line), "no `{line}` in\n{log}");
    }

    // After disabling, the password is enough again.
    let code = program.fresh_code(&second);
    program.line("disable", FRESH);
    assert!(program.line(&code, "desktop, alice> ").contains("Two-factor authentication is off"));
    assert!(program.line("disable", "desktop, alice> ").contains("Two-factor authentication is off"));
    program.line("logout", "desktop, nobody> ");
    program.line("login", "user name: ");
    program.line("alice", "password: ");
    let accepted = program.line("a new and longer one", "desktop, alice> ");
    assert!(accepted.contains("with your password alone"), "{accepted}");
}

#[test]
fn the_tour_leads_a_newcomer_through_it() {
    if !has("oathtool") {
        return;
    }
    let folder = Folder::new("tour");
    let mut program = folder.start();
    program.line("", "user name: ");
    assert!(program.line("al:ice", "user name: ").contains("letters, digits"));
    program.line("alice", "password: ");
    assert!(program.line(PASSWORD, "password: ").contains("Step 2 of 8"));
    assert!(program.line("mistyped", "password: ").contains("Once more"));
    assert!(program.line(PASSWORD, "password again: ").contains("Step 3 of 8"));
    let key = setup_key(&program.line(PASSWORD, CONFIRM));
    assert!(program.line(&program.code(&key), "password: ").contains("Step 4 of 8"));
    program.line(PASSWORD, "[y/N] ");
    program.line("y", CODE);
    assert!(program.line(&program.next_code(&key), "password: ").contains("Step 5 of 8"));
    let remembered = program.line(PASSWORD, "password: ");
    assert!(remembered.contains(REMEMBERED) && remembered.contains("device: desktop"), "{remembered}");
    program.line(PASSWORD, "[y/N] ");
    program.line("", CODE);

    // A second authenticator; a login with the first one; then the first is removed with the second.
    program.wait_a_minute(CODE);
    assert!(program.line(&program.code(&key), FRESH).contains("Step 7 of 8"));
    program.wait_a_minute(FRESH);
    let tablet = setup_key(&program.line(&program.code(&key), CONFIRM));
    program.line(&program.code(&tablet), "password: ");
    program.line(PASSWORD, "[y/N] ");
    program.line("n", CODE);
    program.wait_a_minute(CODE);
    let listed = program.line(&program.code(&key), FRESH);
    for shown in ["1. Authenticator app: since", "2. Tablet: since", "Step 8 of 8"] {
        assert!(listed.contains(shown), "no `{shown}` in\n{listed}");
    }
    let ended = program.line(&program.code(&tablet), "desktop, alice> ");
    assert!(ended.contains("1. Tablet: since") && ended.contains("That was it"), "{ended}");
}

#[test]
fn the_tour_can_be_left() {
    let folder = Folder::new("left");
    let mut program = folder.start();
    program.line("", "user name: ");
    program.line("alice", "password: ");
    program.line(PASSWORD, "password: ");
    let ended = program.line("", "laptop, nobody> ");
    assert!(ended.contains("The tour ends here"), "{ended}");
}

#[test]
fn two_authenticators_one_is_replaced_and_one_removed() {
    if !has("oathtool") {
        return;
    }
    let folder = Folder::new("two");
    let mut program = folder.start();
    let (phone, ..) = program.enroll();
    let code = program.fresh_code(&phone);
    program.challenge("alice", "n");
    let accepted = program.line(&code, "laptop, alice> ");
    assert!(accepted.contains("Recovery codes left: 10."), "{accepted}");

    // Another one, with a fresh code of the first. The recovery codes stay.
    let add = |program: &mut Quickstart, label: &str, fresh: &str| {
        let code = program.fresh_code(fresh);
        program.line(&format!("enable {label}"), FRESH);
        let key = setup_key(&program.line(&code, CONFIRM));
        let added = program.line(&program.code(&key), "laptop, nobody> ");
        assert!(added.contains("Your recovery codes stay the same."), "{added}");
        key
    };
    let log_in = |program: &mut Quickstart, key: &str| {
        let code = program.fresh_code(key);
        program.challenge("alice", "n");
        assert!(program.line(&code, "laptop, alice> ").contains(WITH_CODE));
        code
    };
    let tablet = add(&mut program, "Tablet", &phone);
    log_in(&mut program, &tablet);
    log_in(&mut program, &phone);
    let listed = program.line("apps", "laptop, alice> ");
    let last_used = |label: &str| {
        let line = listed.lines().find(|line| line.contains(label)).unwrap();
        line.split_once("last used ").unwrap().1.to_owned()
    };
    assert!(last_used("1. Authenticator app: ") > last_used("2. Tablet: "), "{listed}");

    // There is no room for a fourth: it replaces one, and brings new recovery codes.
    let third = add(&mut program, "Third", &tablet);
    log_in(&mut program, &phone);
    let asked = program.line("enable Fourth", "which (its number): ");
    assert!(asked.contains("as many authenticators as an account can have") && asked.contains("3. Third"));
    program.line("3", FRESH);
    program.wait_a_minute(FRESH);
    let fourth = setup_key(&program.line(&program.code(&phone), CONFIRM));
    let replaced = program.line(&program.code(&fourth), "laptop, nobody> ");
    assert_eq!(recovery_codes(&replaced).len(), 10, "{replaced}");

    // Codes of the replaced one are void.
    let code = program.fresh_code(&third);
    program.challenge("alice", "n");
    assert!(program.line(&code, CODE).contains(NOT_ACCEPTED));
    assert!(program.line("", "laptop, nobody> ").contains("Given up"));

    // The phone is removed with a fresh code of another authenticator, in a session that continues.
    let used = log_in(&mut program, &fourth);
    assert!(program.line("remove 9", "laptop, alice> ").contains("There is no such authenticator"));
    program.line("remove 1", FRESH);
    assert!(program.line(&used, FRESH).contains(NOT_ACCEPTED));
    program.wait_a_minute(FRESH);
    let removed = program.line(&program.code(&fourth), "laptop, alice> ");
    for shown in ["Removed: its codes are void", "1. Tablet: since", "2. Fourth: since"] {
        assert!(removed.contains(shown), "no `{shown}` in\n{removed}");
    }
    let log = program.line("log", "laptop, alice> ");
    for line in [
        "Two-factor authentication was switched on: Authenticator app (mail to the owner)",
        "An authenticator was added: Tablet (mail to the owner)",
        "An authenticator replaced another: Fourth (mail to the owner)",
        "An authenticator was removed: Third (mail to the owner)",
        "An authenticator was removed: Authenticator app (mail to the owner)",
    ] {
        assert!(log.contains(line), "no `{line}` in\n{log}");
    }
    let (void, code) = (program.fresh_code(&phone), program.code(&tablet));
    program.challenge("alice", "n");
    assert!(program.line(&void, CODE).contains(NOT_ACCEPTED));
    assert!(program.line(&code, "laptop, alice> ").contains(WITH_CODE));
}

#[test]
fn a_required_factor_is_set_up_in_the_login_and_cannot_be_disabled() {
    if !has("oathtool") {
        return;
    }
    let folder = Folder::new("demand");
    let mut program = folder.start();
    program.register("alice");
    assert!(program.line("demand soon", "laptop, nobody> ").contains("Say how long"));
    assert!(program.line("demand 7d", "laptop, nobody> ").contains("is demanded here from "));

    // Before the day, a login says until when; from the day on it leads to the set-up.
    let early = program.log_in("alice", "laptop, alice> ");
    assert!(early.contains("A second factor is demanded here from "), "{early}");
    program.line("logout", "laptop, nobody> ");
    program.wait("7d", 7 * 24 * 60 * 60);
    let shown = program.log_in("alice", CONFIRM);
    assert!(shown.contains("The password is right, but a second factor is demanded here"), "{shown}");
    program.line("", "laptop, nobody> ");
    let key = setup_key(&program.log_in("alice", CONFIRM));
    let confirmed = program.line(&program.code(&key), "laptop, nobody> ");
    let codes = recovery_codes(&confirmed);

    // It cannot be disabled by either command. After a login by recovery code, the program says how many are left.
    program.challenge("alice", "n");
    let accepted = program.line(&codes[0], "laptop, alice> ");
    assert!(accepted.contains("Recovery codes left: 9."), "{accepted}");
    for command in ["disable", "remove 1"] {
        let code = program.fresh_code(&key);
        program.line(command, FRESH);
        let refused = program.line(&code, "laptop, alice> ");
        assert!(refused.contains("so your last authenticator stays"), "{command}: {refused}");
        assert!(program.line("status", "laptop, alice> ").contains("Authenticators: 1."));
    }

    // Only few are left.
    for (used, left) in codes[1..8].iter().zip((2..9).rev()) {
        program.challenge("alice", "n");
        let accepted = program.line(used, "laptop, alice> ");
        assert!(accepted.contains(&format!("Recovery codes left: {left}")), "{accepted}");
        assert_eq!(accepted.contains("`codes` makes new ones"), left <= 3, "{accepted}");
    }

    program.line("demand off", "laptop, alice> ");
    let code = program.fresh_code(&key);
    program.line("remove 1", FRESH);
    assert!(program.line(&code, "laptop, alice> ").contains("Two-factor authentication is off"));
}

#[test]
fn the_set_up_says_by_how_much_a_clock_is_off() {
    if !has("oathtool") {
        return;
    }
    let folder = Folder::new("clock");
    let mut program = folder.start();
    program.register("alice");
    program.log_in("alice", "laptop, alice> ");
    program.line("enable", "password again: ");
    let key = setup_key(&program.line(PASSWORD, CONFIRM));
    // A step may begin before the program reads the code.
    for (off, said) in [
        (-300, ["300 seconds: your phone's is behind", "330 seconds: your phone's is behind"]),
        (300, ["300 seconds: your phone's is ahead", "270 seconds: your phone's is ahead"]),
    ] {
        let refused = program.line(&program.code_off(&key, off), CONFIRM);
        assert!(
            said.iter().any(|said| refused.contains(&format!("Your clock is off by about {said}"))),
            "{refused}"
        );
    }
    program.line(&program.code(&key), "laptop, nobody> ");
}

#[test]
fn the_input_may_end_anywhere() {
    let folder = Folder::new("end");
    let mut program = folder.start();
    program.register("alice");
    let lines = ["login", "alice", PASSWORD, "enable", PASSWORD];
    for count in 0..=lines.len() {
        let mut program = folder.start();
        let prompts = ["user name: ", "password: ", "laptop, alice> ", "password again: ", CONFIRM];
        for (line, prompt) in lines.iter().zip(prompts).take(count) {
            program.line(line, prompt);
        }
        let (said, status) = program.end();
        assert!(status.success() && said.ends_with("The input has ended. Goodbye.\n"), "{count}: {said}");
    }
}

#[test]
fn help_lists_exactly_the_commands_that_exist() {
    let help = Command::new(binary()).arg("--help").output().unwrap();
    assert!(help.status.success());
    let help = String::from_utf8(help.stdout).unwrap();
    let all = [
        "tour", "register", "login", "enable", "apps", "replace", "remove", "disable", "codes", "password",
        "status", "devices", "forget", "log", "logout", "device", "demand", "wait", "help", "quit",
    ];
    let listed: Vec<_> = help
        .lines()
        .filter_map(|line| line.strip_prefix("  "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(listed, all);
    for said in
        ["setup key: ", "oathtool --totp -b KEY", "second-factor-quickstart.json", "FILE.key", "30 days"]
    {
        assert!(help.contains(said), "no `{said}` in\n{help}");
    }

    let folder = Folder::new("help");
    let mut program = folder.start();
    program.register("alice");
    for command in all.iter().filter(|name| **name != "quit") {
        let mut program = folder.start();
        let said = program
            .line(command, if ["tour", "register", "login"].contains(command) { "name: " } else { " " });
        let (rest, _) = program.end();
        assert!(!said.contains("no such command") && !rest.contains("no such command"), "{command}: {rest}");
    }
    assert!(program.line("dance", "laptop, nobody> ").contains("There is no such command"));

    let unknown = Command::new(binary()).arg("--dance").output().unwrap();
    assert_eq!(unknown.status.code(), Some(2));
}

#[test]
fn two_programs_can_share_a_file() {
    let folder = Folder::new("share");
    let (mut one, mut other) = (folder.start(), folder.start());
    one.register("alice");
    other.log_in("alice", "laptop, alice> ");
    other.line("logout", "laptop, nobody> ");
    other.line("register", "user name: ");
    other.line("alice", "password: ");
    assert!(other.line(PASSWORD, "laptop, nobody> ").contains("taken"));
    one.log_in("alice", "laptop, alice> ");

    // Neither program loses what the other writes at the same time.
    let register_five = |program: &mut Quickstart, first: u32| {
        (first..first + 5).for_each(|number| program.register(&format!("user{number}")));
    };
    one.line("logout", "laptop, nobody> ");
    std::thread::scope(|scope| {
        scope.spawn(|| register_five(&mut one, 0));
        scope.spawn(|| register_five(&mut other, 5));
    });
    let kept: serde_json::Value = serde_json::from_slice(&fs::read(folder.accounts()).unwrap()).unwrap();
    let users: Vec<_> = kept["accounts"].as_object().unwrap().keys().collect();
    assert_eq!(users.len(), 11, "{users:?}");
    assert!(!folder.file("accounts.json.lock").exists());
}

#[test]
fn files_that_cannot_be_read_are_not_replaced() {
    let folder = Folder::new("broken");
    let started = |folder: &Folder| Command::new(binary()).arg(folder.accounts()).output().unwrap();

    let mut first = folder.start();
    first.register("alice");
    drop(first);
    let (accounts, key) = (fs::read(folder.accounts()).unwrap(), fs::read(folder.key()).unwrap());
    private(&folder.accounts());
    private(&folder.key());

    fs::remove_file(folder.key()).unwrap();
    let refused = started(&folder);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("the sealing key in"));
    assert!(!folder.key().exists(), "a new key was made, which cannot open the file");
    assert_eq!(fs::read(folder.accounts()).unwrap(), accounts);
    fs::write(folder.key(), key).unwrap();

    fs::write(folder.accounts(), "{\"somebody\": \"else's\"}").unwrap();
    let refused = started(&folder);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("is not a file of this program"));
    assert_eq!(fs::read_to_string(folder.accounts()).unwrap(), "{\"somebody\": \"else's\"}");
}

/// Only its owner may read it.
fn private(path: &Path) {
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(path).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600, "{}", path.display());
    }
    #[cfg(not(unix))]
    assert!(path.exists());
}

/// The half blocks on the screen as a grey map (PGM), four pixels a module: the picture for a phone's camera.
fn screenshot(shown: &str) -> Vec<u8> {
    const PIXELS: usize = 4;
    let rows: Vec<&str> = shown
        .lines()
        .filter_map(|line| line.strip_prefix("\x1b[38;5;16;48;5;231m")?.strip_suffix("\x1b[0m"))
        .collect();
    let width = rows.first().map_or(0, |row| row.chars().count());
    assert!(width > 0 && rows.iter().all(|row| row.chars().count() == width), "no QR code:\n{shown}");
    let mut image = format!("P5 {} {} 255\n", width * PIXELS, rows.len() * 2 * PIXELS).into_bytes();
    for row in rows {
        for half in [["█", "▀"], ["█", "▄"]] {
            let line: Vec<u8> = row
                .chars()
                .flat_map(|c| [if half.contains(&c.to_string().as_str()) { 0 } else { 255 }; PIXELS])
                .collect();
            (0..PIXELS).for_each(|_| image.extend(&line));
        }
    }
    image
}
