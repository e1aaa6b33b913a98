//! The binary as somebody starts it for the first time: no settings, an empty folder.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "tests")]

mod common;

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use common::{Browser, PASSWORD, STEP, To, has, oathtool};

/// Runs it in the folder, its log in a file there, and reads the address that it prints.
fn start(folder: &Path, log: &str) -> (Child, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_second-factor-web"))
        .current_dir(folder)
        // The other settings are not there; 3000 may be somebody else's.
        .env("PORT", "0")
        .env_remove("DATABASE_URL")
        .env_remove("SEALING_KEY")
        .env_remove("ORIGIN")
        .env_remove("HOST")
        .env_remove("ENROLL_BY")
        .env_remove("RUST_LOG")
        .stdout(Stdio::piped())
        .stderr(File::create(folder.join(log)).unwrap())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (child, line.trim().strip_prefix("Open ").expect("the address").to_owned())
}

fn stop(mut child: Child) {
    let asked = Command::new("kill").arg(child.id().to_string()).status().unwrap();
    assert!(asked.success());
    assert!(child.wait().unwrap().success(), "it ends in good order");
}

#[tokio::test]
async fn it_runs_without_settings_keeps_accounts_and_logs_no_secret() {
    if !has("oathtool") {
        return;
    }
    let folder = std::env::temp_dir().join(format!("second-factor-web-fresh-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let (child, origin) = start(&folder, "first.log");
    let mut browser = Browser::new(&[&origin]);
    browser.register("alice").await;
    assert_eq!(browser.log_in("alice", PASSWORD).await, To("/account"));
    // The code of now, and the one after it: both are accepted still if a step ends meanwhile.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let (key, recovery_codes) = browser.enable(now).await;
    let code = oathtool(&key, now + STEP);
    stop(child);

    // Started again, the same accounts under the same key.
    let (child, origin) = start(&folder, "second.log");
    let mut browser = Browser::new(&[&origin]);
    assert_eq!(browser.log_in("alice", PASSWORD).await, To("/login/code"));
    browser.code("000000").await;
    let tick = [("code", &*code), ("remember_device", "on")];
    assert_eq!(browser.post("/login/code", &tick).await, To("/account"));
    let used = [("code", &*recovery_codes[0])];
    assert_eq!(browser.post("/account/two-factor/disable", &used).await, To("/account"));
    let csrf = browser.get("/account").await.csrf();
    stop(child);

    let log = ["first.log", "second.log"].map(|log| fs::read_to_string(folder.join(log)).unwrap());
    let sealing_key = fs::read_to_string(folder.join("second-factor-web.db.key")).unwrap();
    for log in &log {
        assert!(log.contains("DEVELOPMENT KEY"), "{log}");
        assert!(log.contains("\"path\":\"/login\"") && log.contains("second_factor::audit"), "{log}");
        assert!(
            log.lines().all(|line| line.starts_with('{') && line.ends_with('}')),
            "a line, an object: {log}"
        );
        // Of the device's cookie the last part: the series before it is its name, which the log may have.
        let cookies = browser.cookies.values().filter_map(|value| value.rsplit('.').next());
        let shown = [PASSWORD, &key.replace(' ', ""), &code, &sealing_key, &csrf];
        let codes = recovery_codes.iter().map(String::as_str);
        for secret in shown.into_iter().chain(codes).chain(cookies) {
            assert!(!log.contains(secret), "{secret} in {log}");
        }
    }
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_day_that_is_none_stops_the_start() {
    for day in ["soon", "2027-13-01", "01.01.2027", "1969-12-31"] {
        let folder = std::env::temp_dir();
        let started = Command::new(env!("CARGO_BIN_EXE_second-factor-web"))
            .current_dir(&folder)
            .env("SEALING_KEY", "0f".repeat(32))
            .env("ENROLL_BY", day)
            .output()
            .unwrap();
        assert!(!started.status.success());
        let said = String::from_utf8(started.stderr).unwrap();
        assert!(said.contains(&format!("ENROLL_BY is no day, as 2027-01-01 is one: {day}")), "{said}");
    }
}
