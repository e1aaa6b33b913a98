//! The model flow over plain HTTP, and wrong ways through it, with codes from `oathtool`.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used, reason = "tests")]

#[path = "http/authenticators.rs"]
mod authenticators;
#[path = "http/clock.rs"]
mod clock;
mod common;
#[path = "http/demanded.rs"]
mod demanded;
#[path = "http/doubled.rs"]
mod doubled;
#[path = "http/limits.rs"]
mod limits;
#[path = "http/passwords.rs"]
mod passwords;
#[path = "http/security_log.rs"]
mod security_log;

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

    // 2. to 4. Enable with the password typed again, scan, type a code; the recovery codes are shown.
    laptop
        .post("/account/two-factor/enable", &[("password", "not this one")])
        .await
        .assert_refused(WRONG_PASSWORD);
    let mut other = site.browser();
    assert_eq!(other.log_in("alice", PASSWORD).await, To("/account"));
    let (key, codes) = laptop.enable(site.clock.now()).await;

    // 5. Logged out everywhere; log in with password and code.
    assert_eq!(laptop.get("/account").await, To("/login"));
    assert_eq!(
        other.get("/account").await,
        To("/login"),
        "the other browser's session belongs to an older epoch"
    );
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

    // 6. No code for 30 days on this device; on a new one always.
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

    // A recovery code works once.
    let code = [("recovery_code", &*codes[3].to_lowercase())];
    assert_eq!(laptop.post("/login/recovery", &code).await, To("/account"));
    let account = laptop.get("/account").await;
    account.assert_shows("with your password and a recovery code");
    account.assert_shows("If your phone is lost");
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

    // The devices: listed, one forgotten, all forgotten.
    let (mut one, mut two) = (remember(&site).await, remember(&site).await);
    let devices = one.get("/account/devices").await;
    devices.assert_shows("Forget all");
    let first = common::between(&devices.text, "name=\"device\" value=\"", "\"").unwrap();
    assert_eq!(two.post("/account/devices", &[("device", &first)]).await, To("/account/devices"));
    assert_eq!(one.log_in("bob", PASSWORD).await, To("/login/code"), "the first is forgotten");
    two.log_out().await;
    assert_eq!(two.log_in("bob", PASSWORD).await, To("/account"), "the second is not");
    assert_eq!(two.post("/account/devices", &[("device", "all")]).await, To("/account/devices"));
    assert_eq!(
        two.get("/account/devices").await,
        To("/login"),
        "a session that began on a device outlived it"
    );
    assert_eq!(two.log_in("bob", PASSWORD).await, To("/login/code"));

    // New recovery codes need a fresh code, and make the old ones void.
    site.clock.wait(STEP);
    let code = oathtool(&key, site.clock.now());
    assert_eq!(two.code(&code).await, To("/account"));
    two.get("/account/devices").await.assert_shows("No device is remembered.");
    let stale = two.post("/account/recovery-codes", &[("code", &code)]).await;
    stale.assert_refused(NOT_ACCEPTED);
    site.clock.wait(STEP);
    let fresh = [("code", &*oathtool(&key, site.clock.now()))];
    let codes = recovery_codes(&two.post("/account/recovery-codes", &fresh).await);
    assert!(codes.iter().all(|code| !old_codes.contains(code)));
    two.get("/account").await.assert_shows("You last confirmed that it is you");
    assert_eq!(browser.log_in("bob", PASSWORD).await, To("/login/code"));
    let old = [("recovery_code", &*old_codes[0])];
    browser.post("/login/recovery", &old).await.assert_refused(NOT_ACCEPTED);
    assert_eq!(browser.post("/login/recovery", &[("recovery_code", &codes[0])]).await, To("/account"));

    // Another phone needs the password and a fresh code; the old phone works until the new one is confirmed.
    let bare = [("password", PASSWORD)];
    two.post("/account/two-factor/enable", &bare).await.assert_refused("A code is six digits");
    site.clock.wait(STEP);
    let fresh = oathtool(&key, site.clock.now());
    let page = two.post("/account/two-factor/enable", &[("password", PASSWORD), ("code", &fresh)]).await;
    assert_eq!(page, To("/account/two-factor/confirm"));

    // A new password needs the old one and a fresh code (or a recovery code). Other sessions end, this one does not.
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

    // Disabling needs a fresh code.
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
    // The page from before, reached with the back button.
    let right = oathtool(&key, site.clock.now());
    let back = browser.post_bare("/login/code", &[("code", &right), ("csrf_token", &form)]).await;
    assert_eq!(back.status, 403, "the session of that form is over");
    assert_eq!(browser.get("/login/code").await, To("/login"));
    assert_eq!(browser.get("/account").await, To("/login"));
    assert_eq!(browser.log_in("carol", PASSWORD).await, To("/login/code"));
    assert_eq!(browser.code(&right).await, To("/account"), "the code itself was not used up");
}

/// Somebody guesses until single codes are refused; the owner needs only the app.
#[tokio::test]
async fn a_locked_owner_gets_in_by_four_codes_in_a_row() {
    if !has("oathtool") {
        return;
    }
    let (site, key, _) = Site::with_user("olga").await;
    let mut thief = site.browser();
    let wrong = wrong(&key, site.clock.now());
    for _ in 0..4 {
        assert_eq!(thief.log_in("olga", PASSWORD).await, To("/login/code"));
        for _ in 0..5 {
            assert_eq!(thief.code(&wrong).await.status, 401);
        }
    }

    let mut owner = site.browser();
    assert_eq!(owner.log_in("olga", PASSWORD).await, To("/login/code"));
    let page = owner.get("/login/code").await;
    assert_eq!(
        page.text.matches("name=\"code\"").count(),
        1,
        "more than one field before any refusal: {}",
        page.text
    );
    let right = oathtool(&key, site.clock.now());
    let locked = owner.code(&right).await;
    locked.assert_refused("Too many codes were wrong: type four codes in a row");
    locked.assert_refused("or a recovery code. A single code is accepted again from");
    assert_eq!(locked.text.matches("name=\"code\"").count(), 4, "a field for each: {}", locked.text);
    let longest = common::between(&locked.text, "maxlength=\"", "\"").unwrap();
    assert!(longest.parse::<usize>().unwrap() >= "000 000 ".len() * 4, "{longest}");

    // In the order in which the app shows them, starting now.
    let mut row = vec![right];
    for _ in 0..3 {
        site.clock.wait(STEP);
        row.push(oathtool(&key, site.clock.now()));
    }
    let mistyped = [&row[..3], &[wrong]].concat().join(" ");
    owner.code(&mistyped).await.assert_refused(NOT_ACCEPTED);
    assert_eq!(owner.code(&row.join(" ")).await, To("/account"));
    let account = owner.get("/account").await;
    account.assert_shows("with your password and codes in a row");
    account.assert_shows("somebody may know your password");
    account.assert_shows("type four codes in a row");
    assert_eq!(thief.log_in("olga", PASSWORD).await, To("/login/code"));
    let again = thief.code(&row.join("")).await;
    again.assert_refused(NOT_ACCEPTED);
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

    // The session cookie.
    let mut tampered = eve.clone();
    let session = tampered.cookie_mut("session");
    *session = flip(session);
    assert_eq!(tampered.get("/account").await, To("/login"));

    // The device cookie, `d1.body.tag`: each change makes it unknown and does no harm. In the first value the body is changed.
    let flipped = device.replacen(&device[3..5], if device[3..5] == *"AA" { "BB" } else { "AA" }, 1);
    for value in [flipped.as_str(), &flip(&device), "", "d1.x.y", &device[..20], &"d".repeat(4000)] {
        let mut tampered = site.browser();
        tampered.cookies.insert(name.clone(), value.to_owned());
        assert_eq!(tampered.log_in("eve", PASSWORD).await, To("/login/code"), "{value}");
    }

    // Another user's: neither under its own name nor under the name of Mallory's cookie.
    let (mut mallory, mallory_key, _) = site.enrolled("mallory").await;
    site.clock.wait(STEP);
    assert_eq!(mallory.log_in("mallory", PASSWORD).await, To("/login/code"));
    let tick = [("code", &*oathtool(&mallory_key, site.clock.now())), ("remember_device", "on")];
    assert_eq!(mallory.post("/login/code", &tick).await, To("/account"));
    mallory.log_out().await;
    *mallory.cookie_mut("device-") = device.clone();
    assert_eq!(mallory.log_in("mallory", PASSWORD).await, To("/login/code"));

    // Eve's own cookie still lets Eve in, with a new token each time.
    for _ in 0..2 {
        eve.log_out().await;
        site.clock.wait(DAY);
        assert_eq!(eve.log_in("eve", PASSWORD).await, To("/account"));
    }

    // A token that was replaced twice turns up: somebody copied it. All devices and sessions end, and Eve is told.
    let mut thief = site.browser();
    thief.cookies.insert(name.clone(), device);
    assert_eq!(thief.log_in("eve", PASSWORD).await, To("/login/code"));
    assert_eq!(eve.get("/account").await, To("/login"));
    assert_eq!(eve.log_in("eve", PASSWORD).await, To("/login/code"));
    assert_eq!(eve.code(&oathtool(&key, site.clock.now())).await, To("/account"));
    eve.get("/account").await.assert_shows("cookie turned up");
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
    assert_eq!(
        browser.post_bare("/login", &forged).await.status,
        403,
        "the token of another session was accepted"
    );

    site.clock.wait(STEP);
    assert_eq!(browser.log_in("frank", PASSWORD).await, To("/login/code"));
    let code = oathtool(&key, site.clock.now());
    assert_eq!(browser.post_bare("/login/code", &[("code", &code)]).await.status, 403);
    assert_eq!(browser.code(&code).await, To("/account"), "the forged post used the code up");
    for path in [
        "/logout",
        "/account/two-factor/enable",
        "/account/two-factor/confirm",
        "/account/two-factor/disable",
        "/account/authenticators/rename",
        "/account/authenticators/remove",
        "/account/devices",
        "/account/recovery-codes",
        "/account/password",
        "/account/sessions/end",
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
    // Both tabs type the password; the code is typed in one tab, and then in the other.
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

/// The second answer sets no cookie and leads to the account.
#[tokio::test]
async fn g13_the_code_form_posted_twice_leads_to_the_account() {
    if !has("oathtool") {
        return;
    }
    let (site, key, codes) = Site::with_user("judy").await;
    let at_the_code = async || {
        let mut browser = site.browser();
        assert_eq!(browser.log_in("judy", PASSWORD).await, To("/login/code"));
        let csrf = browser.get("/login/code").await.csrf();
        (browser, csrf)
    };

    // In sequence: with a code, with a recovery code.
    for (path, field, typed) in [
        ("/login/code", "code", oathtool(&key, site.clock.now())),
        ("/login/recovery", "recovery_code", codes[0].clone()),
    ] {
        let (mut browser, csrf) = at_the_code().await;
        let mut second = browser.clone();
        let fields = [(field, &*typed), ("csrf_token", &csrf)];
        assert_eq!(browser.post_bare(path, &fields).await, To("/account"));
        let answer = second.post_bare(path, &fields).await;
        assert_eq!(answer, To("/account"));
        assert!(!answer.headers.contains_key("set-cookie"), "{answer:?}");
        let account = browser.get("/account").await;
        account.assert_shows("Hello, judy");
        assert!(
            !account.text.contains("refused"),
            "the second post counted as a failed try: {}",
            account.text
        );
        assert_eq!(second.get("/account").await, To("/login"), "nobody is let in twice");
    }

    // At once.
    site.clock.wait(STEP);
    let (mut browser, csrf) = at_the_code().await;
    let mut second = browser.clone();
    let fields = [("code", &*oathtool(&key, site.clock.now())), ("csrf_token", &csrf)];
    let answers =
        tokio::join!(browser.post_bare("/login/code", &fields), second.post_bare("/login/code", &fields));
    assert_eq!(answers.0, To("/account"));
    assert_eq!(answers.1, To("/account"));
    let (first, second) = (browser.get("/account").await, second.get("/account").await);
    assert_eq!([first.status, second.status].iter().filter(|status| **status == 200).count(), 1);
}

#[tokio::test]
async fn g04_no_login_by_the_old_password_outlives_its_change() {
    if !has("oathtool") {
        return;
    }
    let site = Site::start().await;
    let (mut owner, key, codes) = site.enrolled("kate").await;
    site.clock.wait(STEP);
    assert_eq!(owner.log_in("kate", PASSWORD).await, To("/login/code"));
    owner.code_and_remember(&oathtool(&key, site.clock.now())).await;
    common::the_old_password_is_over(&site.browser(), "kate", owner, &codes).await;
}

/// The page says which of the passwords is valid.
#[tokio::test]
async fn g06_a_password_not_written_leaves_the_old_one_and_no_session() {
    let site = Site::start().await;
    let (mut browser, mut other) = (site.browser(), site.browser());
    browser.register("nina").await;
    for browser in [&mut browser, &mut other] {
        assert_eq!(browser.log_in("nina", PASSWORD).await, To("/account"));
    }
    let database = sqlx::SqlitePool::connect(&site.database()).await.unwrap();
    let broken = "CREATE TRIGGER broken BEFORE UPDATE ON users BEGIN SELECT RAISE(FAIL, 'no'); END";
    sqlx::query(broken).execute(&database).await.unwrap();
    let change = [("password", PASSWORD), ("new_password", "another password")];
    let page = browser.post("/account/password", &change).await;
    page.assert_refused("Your password was not changed. You have been logged out everywhere");
    page.assert_refused("autocomplete=\"current-password\"");
    for browser in [&mut browser, &mut other] {
        assert_eq!(browser.get("/account").await, To("/login"));
        browser.log_in("nina", "another password").await.assert_refused(WRONG_PASSWORD);
        assert_eq!(browser.log_in("nina", PASSWORD).await, To("/account"));
    }

    sqlx::query("DROP TRIGGER broken").execute(&database).await.unwrap();
    database.close().await;
    assert_eq!(browser.post("/account/password", &change).await, To("/account"));
    assert_eq!(other.get("/account").await, To("/login"));
}

/// The phone is lost: after a recovery code, the password alone binds another one instead.
#[tokio::test]
async fn g11_after_a_login_by_recovery_code_the_password_binds_a_new_phone() {
    if !has("oathtool") {
        return;
    }
    let (site, lost, codes) = Site::with_user("liam").await;
    let mut browser = site.browser();
    assert_eq!(browser.log_in("liam", PASSWORD).await, To("/login/code"));
    assert_eq!(browser.post("/login/recovery", &[("recovery_code", &codes[0])]).await, To("/account"));
    let change = [("password", PASSWORD), ("new_password", "another password"), ("code", "")];
    browser.post("/account/password", &change).await.assert_refused("Please try again");
    let bound = browser.authenticators().await.remove(0);
    let page = browser.get("/account/two-factor/enable").await;
    page.assert_shows(&format!("<option value=\"{bound}\" selected>"));
    let fields = [("password", PASSWORD), ("replacing", &*bound)];
    let (key, page) = browser.set_up(&fields, site.clock.now()).await;
    let new_codes = recovery_codes(&page);
    assert!(new_codes.iter().all(|code| !codes.contains(code)));
    site.clock.wait(STEP);
    assert_eq!(browser.log_in("liam", PASSWORD).await, To("/login/code"));
    browser.code(&oathtool(&lost, site.clock.now())).await.assert_refused(NOT_ACCEPTED);
    assert_eq!(browser.code(&oathtool(&key, site.clock.now())).await, To("/account"));
}

#[tokio::test]
async fn logging_out_everywhere_ends_all_sessions_and_forgets_all_devices() {
    if !has("oathtool") {
        return;
    }
    let (site, key, _) = Site::with_user("mary").await;
    let (mut here, mut there) = (site.browser(), site.browser());
    for browser in [&mut here, &mut there] {
        assert_eq!(browser.log_in("mary", PASSWORD).await, To("/login/code"));
        browser.code_and_remember(&oathtool(&key, site.clock.now())).await;
        site.clock.wait(STEP);
    }
    let csrf = here.get("/account").await.csrf();
    assert_eq!(here.post_bare("/account/sessions/end", &[("csrf_token", &csrf)]).await, To("/login"));
    for browser in [&mut here, &mut there] {
        assert_eq!(browser.get("/account").await, To("/login"));
        assert_eq!(browser.log_in("mary", PASSWORD).await, To("/login/code"));
    }
    assert_eq!(here.code(&oathtool(&key, site.clock.now())).await, To("/account"));
    here.get("/account").await.assert_shows("All sessions were ended");
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
    assert_eq!(fixed.get("/account").await, To("/login"), "the id from before the login is valid");
    let after = browser.cookie_mut("session").clone();
    browser.log_out().await;
    fixed.cookies.insert("session".into(), after);
    assert_eq!(fixed.get("/account").await, To("/login"), "the id from before the logout is valid");
}

#[tokio::test]
async fn the_security_log_says_where_a_request_came_from() {
    if !has("oathtool") {
        return;
    }
    // Without a proxy, the `X-Forwarded-For` of a browser is ignored.
    for (origin, address) in [(None, "127.0.0.1"), (Some("https://site.example"), "198.51.100.7")] {
        let site = Site::start_as(origin, None).await;
        let (mut browser, key, _) = site.enrolled("mary").await;
        site.clock.wait(STEP);
        assert_eq!(browser.log_in("mary", PASSWORD).await, To("/login/code"));
        let code = oathtool(&key, site.clock.now());
        assert_eq!(browser.post("/login/code", &[("code", &code)]).await, To("/account"));
        let line = format!("Logged in with a code (from {address})");
        browser.get("/account").await.assert_shows(&line);
    }
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

    // With an HTTPS origin.
    let site = Site::start_as(Some("https://site.example"), None).await;
    let mut browser = Browser::new(&[&site.origin]);
    let page = browser.get("/login").await;
    let cookie = page.headers["set-cookie"].to_str().unwrap();
    assert!(
        cookie.starts_with("__Host-session=") && cookie.contains("; Secure") && cookie.contains("Path=/")
    );
    assert!(!cookie.contains("Domain"));
    assert!(page.headers.contains_key("strict-transport-security"));
}

/// The module to copy contains every call of the library, together with its submodules.
#[test]
fn one_module_touches_the_library() {
    let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let touches = std::fs::read_to_string(&path).unwrap().contains("second_factor::");
            let is_that_module =
                path.ends_with("src/two_factor.rs") || path.parent().unwrap().ends_with("src/two_factor");
            assert_eq!(touches, is_that_module, "{}", path.display());
            files += 1;
        }
    }
    assert!(files > 15);
}
