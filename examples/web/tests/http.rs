//! The model flow over plain HTTP, and the wrong ways; codes by `oathtool`.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used, reason = "tests")]

mod common;

use common::{Browser, DAY, PASSWORD, STEP, Site, To, flip, has, oathtool, recovery_codes, wrong};

const NOT_ACCEPTED: &str = "This code was not accepted";
const WRONG_PASSWORD: &str = "User name or password is wrong.";

#[tokio::test]
async fn the_model_flow() {
    if !has("oathtool") {
        return;
    }
    let site = Site::start().await;
    let mut laptop = site.browser();

    // 1. Register, log in with the password alone.
    laptop.register("alice").await;
    assert_eq!(laptop.log_in("alice", PASSWORD).await, To("/account"));
    laptop.get("/account").await.assert_shows("with your password alone");

    // 2. to 4. Enable with the password typed again, scan, type a code; recovery codes once.
    laptop
        .post("/account/two-factor/enable", &[("password", "not this one")])
        .await
        .assert_refused(WRONG_PASSWORD);
    let mut other = site.browser();
    assert_eq!(other.log_in("alice", PASSWORD).await, To("/account"));
    let (key, codes) = laptop.enable(site.clock.now()).await;

    // 5. Logged out everywhere; now with password and code.
    assert_eq!(laptop.get("/account").await, To("/login"));
    assert_eq!(other.get("/account").await, To("/login"), "the other browser's session is of an older epoch");
    assert_eq!(
        laptop.get("/account/two-factor/confirm").await,
        To("/login"),
        "the secret is not shown again"
    );
    assert_eq!(laptop.log_in("alice", PASSWORD).await, To("/login/code"));
    assert_eq!(laptop.get("/account").await, To("/login"), "the password alone is no session");
    laptop.code(&oathtool(&key, site.clock.now())).await.assert_refused(NOT_ACCEPTED);
    site.clock.wait(STEP);
    let tick = [("code", &*oathtool(&key, site.clock.now())), ("remember_device", "on")];
    assert_eq!(laptop.post("/login/code", &tick).await, To("/account"));
    let account = laptop.get("/account").await;
    account.assert_shows("with your password and a code");
    for line in [
        "Two-factor authentication was switched on",
        "A device is remembered: Firefox on Linux",
        "A code was refused: it had been used",
    ] {
        account.assert_shows(line);
    }

    // 6. This device is not asked for 30 days, whatever happens; a new one always is.
    for _ in 0..2 {
        laptop.log_out().await;
        site.clock.wait(14 * DAY);
        assert_eq!(laptop.log_in("alice", PASSWORD).await, To("/account"));
        laptop.get("/account").await.assert_shows("on a device remembered since 15 Jan 2027, 08:00 UTC");
    }
    let mut phone = site.browser();
    assert_eq!(phone.log_in("alice", PASSWORD).await, To("/login/code"));
    laptop.log_out().await;
    site.clock.wait(2 * DAY);
    assert_eq!(laptop.log_in("alice", PASSWORD).await, To("/login/code"), "30 days are over");

    // A recovery code, once.
    let code = [("recovery_code", &*codes[3].to_lowercase())];
    assert_eq!(laptop.post("/login/recovery", &code).await, To("/account"));
    laptop.get("/account").await.assert_shows("with your password and a recovery code");
    assert_eq!(phone.log_in("alice", PASSWORD).await, To("/login/code"));
    phone.post("/login/recovery", &code).await.assert_refused(NOT_ACCEPTED);
}

#[tokio::test]
async fn what_the_account_page_offers() {
    if !has("oathtool") {
        return;
    }
    let site = Site::start().await;
    let (mut browser, key, old_codes) = site.enrolled("bob").await;
    let remember = async |site: &Site| {
        let mut browser = site.browser();
        site.clock.wait(STEP);
        assert_eq!(browser.log_in("bob", PASSWORD).await, To("/login/code"));
        let tick = [("code", &*oathtool(&key, site.clock.now())), ("remember_device", "yes")];
        assert_eq!(browser.post("/login/code", &tick).await, To("/account"));
        browser
    };

    // Devices: seen, forgotten one, forgotten all.
    let (mut one, mut two) = (remember(&site).await, remember(&site).await);
    let devices = one.get("/account/devices").await;
    devices.assert_shows("Forget all");
    let first = common::between(&devices.text, "name=\"device\" value=\"", "\"").unwrap();
    assert_eq!(two.post("/account/devices", &[("device", &first)]).await, To("/account/devices"));
    assert_eq!(one.log_in("bob", PASSWORD).await, To("/login/code"), "the first is forgotten");
    two.log_out().await;
    assert_eq!(two.log_in("bob", PASSWORD).await, To("/account"), "the second is not");
    assert_eq!(two.post("/account/devices", &[("device", "all")]).await, To("/account/devices"));
    two.get("/account/devices").await.assert_shows("No device is remembered.");
    two.log_out().await;
    assert_eq!(two.log_in("bob", PASSWORD).await, To("/login/code"));

    // New recovery codes take a fresh code, and the old ones are void.
    site.clock.wait(STEP);
    let code = oathtool(&key, site.clock.now());
    assert_eq!(two.code(&code).await, To("/account"));
    let stale = two.post("/account/recovery-codes", &[("code", &code)]).await;
    stale.assert_refused(NOT_ACCEPTED);
    site.clock.wait(STEP);
    let fresh = [("code", &*oathtool(&key, site.clock.now()))];
    let codes = recovery_codes(&two.post("/account/recovery-codes", &fresh).await);
    assert!(codes.iter().all(|code| !old_codes.contains(code)));
    assert_eq!(browser.log_in("bob", PASSWORD).await, To("/login/code"));
    let old = [("recovery_code", &*old_codes[0])];
    browser.post("/login/recovery", &old).await.assert_refused(NOT_ACCEPTED);
    assert_eq!(browser.post("/login/recovery", &[("recovery_code", &codes[0])]).await, To("/account"));

    // Another phone takes password and fresh code; the old phone counts until the new one is confirmed.
    let bare = [("password", PASSWORD)];
    two.post("/account/two-factor/enable", &bare).await.assert_refused("A code is six digits");
    site.clock.wait(STEP);
    let fresh = oathtool(&key, site.clock.now());
    let page = two.post("/account/two-factor/enable", &[("password", PASSWORD), ("code", &fresh)]).await;
    assert_eq!(page, To("/account/two-factor/confirm"));

    // Password: the old one, a fresh code (or recovery code), the new one; the others are out, this one is not.
    let change = [("password", PASSWORD), ("new_password", "a new password")];
    two.post("/account/password", &change).await.assert_refused("A code is six digits");
    let id = two.cookie_mut("session").clone();
    let change = [&change[..], &[("code", &*codes[1])]].concat();
    assert_eq!(two.post("/account/password", &change).await, To("/account"));
    assert_ne!(*two.cookie_mut("session"), id, "a new session id");
    two.get("/account").await.assert_shows("The password was changed");
    assert_eq!(browser.get("/account").await, To("/login"), "the password was changed on another browser");
    assert_eq!(two.get("/account/two-factor/confirm").await, To("/account/two-factor/enable"));
    browser.log_in("bob", PASSWORD).await.assert_refused(WRONG_PASSWORD);
    assert_eq!(browser.log_in("bob", "a new password").await, To("/login/code"));

    // Disable with a fresh code.
    two.post("/account/two-factor/disable", &[("code", "")]).await.assert_refused("A code is six digits");
    site.clock.wait(STEP);
    let fresh = [("code", &*oathtool(&key, site.clock.now()))];
    assert_eq!(two.post("/account/two-factor/disable", &fresh).await, To("/account"));
    two.get("/account").await.assert_shows("Enable two-factor authentication");
    assert_eq!(browser.log_in("bob", "a new password").await, To("/account"));
}

#[tokio::test]
async fn five_wrong_codes_end_the_login_for_the_right_one_too() {
    if !has("oathtool") {
        return;
    }
    let site = Site::start().await;
    let (mut browser, key, _) = site.enrolled("carol").await;
    site.clock.wait(STEP);
    assert_eq!(browser.log_in("carol", PASSWORD).await, To("/login/code"));
    let wrong = wrong(&key, site.clock.now());
    let form = browser.get("/login/code").await.csrf();
    for _ in 0..4 {
        browser.code(&wrong).await.assert_refused(NOT_ACCEPTED);
    }
    let fifth = browser.code(&wrong).await;
    fifth.assert_refused("Please start again");
    fifth.assert_refused("autocomplete=\"current-password\"");
    // The page from before, by the back button.
    let right = oathtool(&key, site.clock.now());
    let back = browser.post_bare("/login/code", &[("code", &right), ("csrf_token", &form)]).await;
    assert_eq!(back.status, 403, "the session of that form is over");
    assert_eq!(browser.get("/login/code").await, To("/login"));
    assert_eq!(browser.get("/account").await, To("/login"));
    assert_eq!(browser.log_in("carol", PASSWORD).await, To("/login/code"));
    assert_eq!(browser.code(&right).await, To("/account"), "the code itself was not used up");
}

#[tokio::test]
async fn used_and_old_codes_and_old_challenges_let_nobody_in() {
    if !has("oathtool") {
        return;
    }
    let site = Site::start().await;
    let (mut browser, key, _) = site.enrolled("dave").await;
    site.clock.wait(10 * STEP);
    let code = oathtool(&key, site.clock.now());
    assert_eq!(browser.log_in("dave", PASSWORD).await, To("/login/code"));
    assert_eq!(browser.code(&code).await, To("/account"));

    let mut thief = site.browser();
    assert_eq!(thief.log_in("dave", PASSWORD).await, To("/login/code"));
    thief.code(&code).await.assert_refused(NOT_ACCEPTED);
    thief.code(&oathtool(&key, site.clock.now() - 4 * STEP)).await.assert_refused(NOT_ACCEPTED);
    for malformed in ["", "12345", "1234567", "abcdef", "１２３４５６"] {
        thief.code(malformed).await.assert_refused("A code is six digits");
    }

    site.clock.wait(601);
    thief.code(&oathtool(&key, site.clock.now())).await.assert_refused("Please start again");
    assert_eq!(thief.get("/account").await, To("/login"));
}

#[tokio::test]
async fn cookies_that_were_tampered_with_are_worth_nothing() {
    if !has("oathtool") {
        return;
    }
    let site = Site::start().await;
    let (mut eve, key, _) = site.enrolled("eve").await;
    site.clock.wait(STEP);
    assert_eq!(eve.log_in("eve", PASSWORD).await, To("/login/code"));
    let tick = [("code", &*oathtool(&key, site.clock.now())), ("remember_device", "on")];
    assert_eq!(eve.post("/login/code", &tick).await, To("/account"));
    let (name, device) = {
        let found = eve.cookies.iter().find(|(name, _)| name.starts_with("device-")).unwrap();
        (found.0.clone(), found.1.clone())
    };

    // The session's.
    let mut tampered = eve.clone();
    let session = tampered.cookie_mut("session");
    *session = flip(session);
    assert_eq!(tampered.get("/account").await, To("/login"));

    // The device's: each a miss that harms nothing. (`d1.series.secret`: here it is the series that is another.)
    let flipped = device.replacen(&device[3..5], if device[3..5] == *"AA" { "BB" } else { "AA" }, 1);
    for value in [flipped.as_str(), "", "d1.x.y", &device[..20], &"d".repeat(4000)] {
        let mut tampered = site.browser();
        tampered.cookies.insert(name.clone(), value.to_owned());
        assert_eq!(tampered.log_in("eve", PASSWORD).await, To("/login/code"), "{value}");
    }

    // Another user's: neither under its own name nor under that of Mallory's.
    let (mut mallory, mallory_key, _) = site.enrolled("mallory").await;
    site.clock.wait(STEP);
    assert_eq!(mallory.log_in("mallory", PASSWORD).await, To("/login/code"));
    let tick = [("code", &*oathtool(&mallory_key, site.clock.now())), ("remember_device", "on")];
    assert_eq!(mallory.post("/login/code", &tick).await, To("/account"));
    mallory.log_out().await;
    *mallory.cookie_mut("device-") = device.clone();
    assert_eq!(mallory.log_in("mallory", PASSWORD).await, To("/login/code"));

    // And Eve's own still lets Eve in.
    eve.log_out().await;
    assert_eq!(eve.log_in("eve", PASSWORD).await, To("/account"));

    // Her series under a secret that is not the one: somebody has a copy. The device is forgotten, and Eve told.
    let mut thief = site.browser();
    thief.cookies.insert(name.clone(), flip(&device));
    assert_eq!(thief.log_in("eve", PASSWORD).await, To("/login/code"));
    eve.get("/account").await.assert_shows("turned up a second time");
    eve.log_out().await;
    assert_eq!(eve.log_in("eve", PASSWORD).await, To("/login/code"));
}

#[tokio::test]
async fn a_post_without_the_forms_token_does_nothing() {
    if !has("oathtool") {
        return;
    }
    let site = Site::start().await;
    let (mut browser, key, _) = site.enrolled("frank").await;
    let credentials = [("username", "frank"), ("password", PASSWORD)];
    assert_eq!(browser.post_bare("/login", &credentials).await.status, 403);
    assert_eq!(browser.post_bare("/register", &credentials).await.status, 403);
    let foreign = site.browser().get("/login").await.csrf();
    let forged = [&credentials[..], &[("csrf_token", &foreign)]].concat();
    assert_eq!(browser.post_bare("/login", &forged).await.status, 403, "another session's token");

    site.clock.wait(STEP);
    assert_eq!(browser.log_in("frank", PASSWORD).await, To("/login/code"));
    let code = oathtool(&key, site.clock.now());
    assert_eq!(browser.post_bare("/login/code", &[("code", &code)]).await.status, 403);
    assert_eq!(browser.code(&code).await, To("/account"), "the code was not even looked at");
    for path in [
        "/logout",
        "/account/two-factor/enable",
        "/account/two-factor/confirm",
        "/account/two-factor/disable",
        "/account/devices",
        "/account/recovery-codes",
        "/account/password",
    ] {
        let fields = [("code", "123456"), ("password", PASSWORD), ("device", "all"), ("csrf_token", "")];
        assert_eq!(browser.post_bare(path, &fields).await.status, 403, "{path}");
    }
    browser.get("/account").await.assert_shows("Hello, frank");
}

#[tokio::test]
async fn two_tabs_of_a_login() {
    if !has("oathtool") {
        return;
    }
    let site = Site::start().await;
    let (mut browser, key, _) = site.enrolled("grace").await;
    site.clock.wait(STEP);
    // Both tabs type the password; the code is typed in the one, and then in the other.
    let first = browser.log_in("grace", PASSWORD).await;
    assert_eq!(first, To("/login/code"));
    let tab = browser.get("/login/code").await.csrf();
    assert_eq!(browser.log_in("grace", PASSWORD).await, To("/login/code"));
    let code = oathtool(&key, site.clock.now());
    assert_eq!(browser.code(&code).await, To("/account"));
    let late = browser.post_bare("/login/code", &[("code", &code), ("csrf_token", &tab)]).await;
    assert_eq!(late.status, 403);
    browser.get("/account").await.assert_shows("Hello, grace");
    assert_eq!(browser.get("/login/code").await, To("/login"), "there is nothing to go back to");
}

#[tokio::test]
async fn nobody_learns_who_has_an_account() {
    let site = Site::start().await;
    let mut browser = site.browser();
    browser.register("heidi").await;
    let wrong = browser.log_in("heidi", "not her password").await;
    let unknown = browser.log_in("nobody-here", "not her password").await;
    wrong.assert_refused(WRONG_PASSWORD);
    assert_eq!(wrong.text, unknown.text);
    assert_eq!(wrong.status, unknown.status);
}

#[tokio::test]
async fn a_session_id_is_never_one_that_came_from_outside() {
    let site = Site::start().await;
    let mut browser = site.browser();
    browser.cookies.insert("session".into(), "AAAAAAAAAAAAAAAAAAAAAA".into());
    browser.get("/login").await.assert_shows("Log in");
    assert_ne!(*browser.cookie_mut("session"), "AAAAAAAAAAAAAAAAAAAAAA");
    browser.register("ivan").await;
    let before = browser.cookie_mut("session").clone();
    assert_eq!(browser.log_in("ivan", PASSWORD).await, To("/account"));
    assert_ne!(*browser.cookie_mut("session"), before);
    let mut fixed = site.browser();
    fixed.cookies.insert("session".into(), before);
    assert_eq!(fixed.get("/account").await, To("/login"), "the id from before the login is worth nothing");
    let after = browser.cookie_mut("session").clone();
    browser.log_out().await;
    fixed.cookies.insert("session".into(), after);
    assert_eq!(fixed.get("/account").await, To("/login"), "nor is the one from before the logout");
}

#[tokio::test]
async fn pages_are_not_kept_and_run_nothing_from_elsewhere() {
    let site = Site::start().await;
    let mut browser = site.browser();
    let page = browser.get("/login").await;
    assert_eq!(page.headers["cache-control"], "no-store");
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert!(
        !page.text.contains("style=") && !page.text.contains("<style") && !page.text.contains(" on"),
        "inline"
    );
    let cookie = page.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("session=") && cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"));
    assert!(!cookie.contains("Secure"), "a browser would not send it back over plain HTTP");
    assert_eq!(browser.get("/healthz").await.text, "ok");
    assert_eq!(browser.get("/nowhere").await.status, 404);

    // Off loopback.
    let site = Site::start_as(Some("https://site.example")).await;
    let mut browser = Browser::new(&[&site.origin]);
    let page = browser.get("/login").await;
    let cookie = page.headers["set-cookie"].to_str().unwrap();
    assert!(
        cookie.starts_with("__Host-session=") && cookie.contains("; Secure") && cookie.contains("Path=/")
    );
    assert!(!cookie.contains("Domain"));
    assert!(page.headers.contains_key("strict-transport-security"));
}

/// The module to copy is the whole of it, with the words beside it.
#[test]
fn one_module_touches_the_library() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            assert!(path.ends_with("two_factor"), "{}", path.display());
            continue;
        }
        let touches = std::fs::read_to_string(&path).unwrap().contains("second_factor::");
        assert_eq!(touches, path.ends_with("two_factor.rs"), "{}", path.display());
        files += 1;
    }
    assert!(files > 10);
}
