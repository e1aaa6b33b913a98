//! The binary, started for the first time: without settings, in an empty folder.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "tests")]

mod common;

use std::fs::{self, File};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::time::{SystemTime, UNIX_EPOCH};

use common::{Browser, PASSWORD, STEP, To, has, oathtool, start_binary};

fn stop(mut child: Child) {
    let asked = Command::new("kill").arg(child.id().to_string()).status().unwrap();
    assert!(asked.success());
    assert!(child.wait().unwrap().success(), "it did not end with success");
}

#[tokio::test]
async fn it_runs_without_settings_keeps_accounts_and_logs_no_secret() {
    if !has("oathtool") {
        return;
    }
    let folder = std::env::temp_dir().join(format!("second-factor-web-fresh-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let (child, origin) = start_binary(&folder, "first.log", &[]);
    let mut browser = Browser::new(&[&origin]);
    browser.register("alice").await;
    assert_eq!(browser.log_in("alice", PASSWORD).await, To("/account"));
    // Two successive codes: both are still accepted if a step ends in between.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let (key, recovery_codes) = browser.enable(now).await;
    let code = oathtool(&key, now + STEP);
    stop(child);

    // Started again: the same accounts and the same key.
    let (child, origin) = start_binary(&folder, "second.log", &[]);
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
            "not every line is a JSON object: {log}"
        );
        // Only the last part of the device cookie is secret: the log may contain the series before it, which is its name.
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
fn an_enroll_by_that_is_not_a_day_stops_the_start() {
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
        assert!(said.contains(&format!("ENROLL_BY is not a day such as 2027-01-01: {day}")), "{said}");
    }
}

/// Files that existed before and were open to all, new ones, and those that SQLite creates beside them.
#[cfg(unix)]
#[tokio::test]
async fn g31_no_file_of_the_site_is_readable_by_others() {
    use std::os::unix::fs::PermissionsExt;
    for is_new in [true, false] {
        let folder =
            std::env::temp_dir().join(format!("second-factor-web-files-{}-{is_new}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let files = || fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
        if !is_new {
            let (child, _) = start_binary(&folder, "before.log", &[]);
            stop(child);
            for file in files() {
                fs::set_permissions(file, PermissionsExt::from_mode(0o666)).unwrap();
            }
        }
        let (child, origin) = start_binary(&folder, "site.log", &[]);
        Browser::new(&[&origin]).register("alice").await;
        let names: Vec<_> = files().filter(|file| file.extension().unwrap() != "log").collect();
        assert!(names.len() >= 4, "not the database, two files beside it, and a key: {names:?}");
        for file in names {
            let mode = fs::metadata(&file).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{}: {mode:o}", file.display());
        }
        let log = fs::read_to_string(folder.join("site.log")).unwrap();
        assert_eq!(log.contains("OTHERS COULD READ THIS FILE"), !is_new, "{log}");
        stop(child);
        fs::remove_dir_all(&folder).unwrap();
    }
}

#[test]
fn g32_settings_that_mislead_stop_the_start() {
    let refused = [
        ("0.0.0.0", ""),
        ("192.168.1.7", ""),
        ("0.0.0.0", "http://localhost:3000"),
        ("::", "http://localhost:3000"),
        ("::ffff:127.0.0.1", ""),
        ("127.0.0.1", "http://localhost:x@evil.example"),
        ("127.0.0.1", "http://localhost@evil.example"),
        ("127.0.0.1", "http://localhost:pass@evil.example:80/"),
        ("127.0.0.1", "http://evil.example"),
        ("127.0.0.1", "http://localhost.evil.example"),
        ("127.0.0.1", "http://127.0.0.1.evil.example:3000"),
        ("127.0.0.1", "http://evil.example#localhost"),
        ("127.0.0.1", "http://evil.example?localhost"),
        ("127.0.0.1", "http://127.0.0.1\\@evil.example"),
        ("127.0.0.1", "http://0.0.0.0:3000"),
        ("127.0.0.1", "http://[::]:3000"),
        ("127.0.0.1", "http:localhost"),
        ("127.0.0.1", "HTTP://localhost"),
        ("127.0.0.1", "http://LOCALHOST:3000"),
        ("127.0.0.1", " http://localhost:3000"),
        ("127.0.0.1", "http://localhost:3000/"),
        ("127.0.0.1", "http://localhost:3000/path"),
        ("127.0.0.1", "localhost:3000"),
        ("127.0.0.1", "ftp://localhost"),
        ("127.0.0.1", "file:///localhost"),
        ("0.0.0.0", "https://"),
        ("0.0.0.0", "https:// its.name"),
        ("0.0.0.0", "https://user:password@its.name"),
        ("0.0.0.0", "https://its.name/account"),
        ("0.0.0.0", "https://its.name:99999"),
        ("0.0.0.0", "https://its.name https://other.name"),
        ("0.0.0.0", "null"),
    ];
    for (host, origin) in refused {
        let said = refused_at_start(&[("HOST", host), ("ORIGIN", origin)]);
        assert!(said.contains("ORIGIN"), "{host} {origin}: {said}");
        assert!(!said.contains("pass"), "the message repeats what may be a password: {said}");
    }
    for url in [":memory:", "sqlite::memory:", "sqlite://", "file:x", "site.db?mode=ro", "mysql://host/site"]
    {
        let said = refused_at_start(&[("DATABASE_URL", url)]);
        assert!(said.contains("DATABASE_URL"), "{url}: {said}");
    }
    for (name, value) in
        [("HOST", "localhost"), ("PORT", "http"), ("SEALING_KEY", "0f0f"), ("SEALING_KEY", "secret")]
    {
        refused_at_start(&[(name, value)]);
    }
    let folder = std::env::temp_dir().join(format!("second-factor-web-origins-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    for (host, origin) in [
        ("127.0.0.1", "http://localhost:3000"),
        ("::1", "http://[::1]:3000"),
        ("127.0.0.1", "https://its.name"),
        ("0.0.0.0", "https://its.name:8443"),
    ] {
        let (child, said) = start_binary(&folder, "site.log", &[("HOST", host), ("ORIGIN", origin)]);
        assert_eq!(said, origin);
        stop(child);
    }
    fs::remove_dir_all(&folder).unwrap();
}

/// The output of a start that must fail.
fn refused_at_start(settings: &[(&str, &str)]) -> String {
    let folder = std::env::temp_dir().join(format!("second-factor-web-refused-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_second-factor-web"))
        .current_dir(&folder)
        .env("SEALING_KEY", "0f".repeat(32))
        .env("PORT", "0")
        .envs(settings.iter().copied())
        .stdout(Stdio::null())
        .stderr(File::create(folder.join("site.log")).unwrap())
        .spawn()
        .unwrap();
    let ended = (0..1000).find_map(|_| {
        std::thread::sleep(Duration::from_millis(10));
        child.try_wait().unwrap()
    });
    child.kill().unwrap();
    let said = fs::read_to_string(folder.join("site.log")).unwrap();
    assert!(ended.is_some_and(|status| !status.success()), "{settings:?}: it started, {said}");
    fs::remove_dir_all(&folder).unwrap();
    said
}
