//! Forms that are sent twice, and recovery codes that are shown until they are kept.

use crate::NOT_ACCEPTED;
use crate::common::{Browser, PASSWORD, Page, STEP, Site, To, has, oathtool, recovery_codes};

const LIST: &str = "/account/authenticators";
const CODES: &str = "/account/recovery-codes";

fn fresh(site: &Site, key: &str) -> String {
    site.clock.wait(STEP);
    oathtool(key, site.clock.now())
}

async fn logged_in(site: &Site, name: &str, key: &str) -> Browser {
    let mut browser = site.browser();
    assert_eq!(browser.log_in(name, PASSWORD).await, To("/login/code"));
    assert_eq!(browser.code(&fresh(site, key)).await, To("/account"));
    browser
}

/// Asserts that the answer leads to this page and sets no cookie.
#[track_caller]
fn assert_led(answer: &Page, to: To) {
    assert_eq!(*answer, to, "{}", answer.text);
    assert!(!answer.headers.contains_key("set-cookie"), "{answer:?}");
}

/// Asserts that one of two answers did the work and the other only leads on, in either order.
#[track_caller]
fn assert_done_once(answers: &(Page, Page), to: &'static str) {
    for answer in [&answers.0, &answers.1] {
        assert_eq!(*answer, To(to), "{}", answer.text);
    }
    let set = [&answers.0, &answers.1].map(|answer| answer.headers.contains_key("set-cookie"));
    assert!(set[0] != set[1], "{set:?}");
}

#[tokio::test]
async fn g13_a_form_of_an_account_without_a_factor_posted_twice() {
    let site = Site::start().await;
    let mut browser = site.browser();
    let credentials = [("username", "alice"), ("password", PASSWORD)];
    for name in ["alice", "bob"] {
        let fields = [("username", name), credentials[1]];
        let answers = match name {
            "alice" => browser.post_twice("/register", "/register", &fields).await,
            _ => browser.post_twice_at_once("/register", "/register", &fields).await,
        };
        assert_led(&answers.0, To("/login"));
        assert_led(&answers.1, To("/login"));
    }
    assert_eq!(site.rows("users").await, 2);
    browser.post("/register", &credentials).await.assert_refused("This user name is taken.");

    // Each of the two logins is valid.
    let answers = browser.post_twice("/login", "/login", &credentials).await;
    assert_eq!(answers.0, To("/account"));
    assert_eq!(answers.1, To("/account"));
    browser.get("/account").await.assert_shows("Hello, alice");

    let passwords = [PASSWORD, "a second password", "a third password"];
    for (round, change) in passwords.windows(2).enumerate() {
        let fields = [("password", change[0]), ("new_password", change[1])];
        if round == 0 {
            let answers = browser.post_twice("/account/password", "/account/password", &fields).await;
            assert_eq!(answers.0, To("/account"));
            assert_led(&answers.1, To("/account"));
        } else {
            let answers = browser.post_twice_at_once("/account/password", "/account/password", &fields).await;
            assert_done_once(&answers, "/account");
        }
        browser.get("/account").await.assert_shows("Hello, alice");
    }

    let enable = "/account/two-factor/enable";
    let answers = browser.post_twice_at_once(enable, enable, &[("password", passwords[2])]).await;
    assert_done_once(&answers, "/account/two-factor/confirm");
    browser.get("/account/two-factor/confirm").await.assert_shows("<svg");

    let answers = browser.post_twice_at_once("/account", "/logout", &[]).await;
    assert_done_once(&answers, "/login");
    assert_eq!(browser.get("/account").await, To("/login"));

    assert_eq!(browser.log_in("alice", passwords[2]).await, To("/account"));
    let answers = browser.post_twice_at_once("/account", "/account/sessions/end", &[]).await;
    assert_done_once(&answers, "/login");
    assert_eq!(browser.log_in("alice", passwords[2]).await, To("/account"));
    let answers = browser.post_twice("/account", "/account/sessions/end", &[]).await;
    assert_eq!(answers.0, To("/login"));
    assert_led(&answers.1, To("/login"));
}

#[tokio::test]
async fn g13_a_form_of_an_account_with_a_factor_posted_twice() {
    if !has("oathtool") {
        return;
    }
    let (site, key, _) = Site::with_user("judy").await;
    let mut browser = logged_in(&site, "judy", &key).await;
    let id = browser.authenticators().await.remove(0);
    for is_at_once in [false, true] {
        let code = fresh(&site, &key);
        let fields = [("authenticator", &*id), ("label", "Phone"), ("code", &*code)];
        let action = "/account/authenticators/rename";
        if is_at_once {
            assert_done_once(&browser.post_twice_at_once(LIST, action, &fields).await, LIST);
        } else {
            let answers = browser.post_twice(LIST, action, &fields).await;
            assert_eq!(answers.0, To(LIST));
            assert_led(&answers.1, To(LIST));
        }
        browser.get(LIST).await.assert_shows("Phone");
    }
    // The same where the browser has the new id already and still shows the old page.
    let csrf = browser.get("/account/two-factor/enable").await.csrf();
    let code = fresh(&site, &key);
    let fields = [("password", PASSWORD), ("code", &*code), ("csrf_token", &csrf)];
    for is_second in [false, true] {
        let answer = browser.post_bare("/account/two-factor/enable", &fields).await;
        assert_eq!(answer, To("/account/two-factor/confirm"));
        assert!(!is_second || !answer.headers.contains_key("set-cookie"));
    }

    // Add a second authenticator, remove one, then disable two-factor authentication.
    let tablet = browser.setup_key("/account/two-factor/confirm").await;
    let code = oathtool(&tablet, site.clock.now());
    let confirm = "/account/two-factor/confirm";
    let answers = browser.post_twice(confirm, confirm, &[("code", &code)]).await;
    answers.0.assert_shows("Your authenticator is added");
    assert_led(&answers.1, To("/login"));
    let mut browser = logged_in(&site, "judy", &key).await;
    let code = fresh(&site, &key);
    let fields = [("authenticator", &*id), ("code", &*code)];
    let answers = browser.post_twice_at_once(LIST, "/account/authenticators/remove", &fields).await;
    assert_done_once(&answers, LIST);
    assert_eq!(browser.authenticators().await.len(), 1);
    let code = fresh(&site, &tablet);
    let disable = "/account/two-factor/disable";
    let answers = browser.post_twice_at_once(disable, disable, &[("code", &code)]).await;
    assert_done_once(&answers, "/account");
    let account = browser.get("/account").await;
    account.assert_shows("Enable two-factor authentication");
    assert!(!account.text.contains("refused"), "a second post counted as a failed try: {}", account.text);
}

#[tokio::test]
async fn g13_forgetting_a_device_twice_leads_to_the_list() {
    if !has("oathtool") {
        return;
    }
    let (site, key, _) = Site::with_user("kim").await;
    let mut browser = site.browser();
    assert_eq!(browser.log_in("kim", PASSWORD).await, To("/login/code"));
    browser.code_and_remember(&oathtool(&key, site.clock.now())).await;
    let devices = "/account/devices";
    let device =
        crate::common::between(&browser.get(devices).await.text, "name=\"device\" value=\"", "\"").unwrap();
    for device in [&*device, "all"] {
        let answers = browser.post_twice_at_once(devices, devices, &[("device", device)]).await;
        assert_led(&answers.0, To(devices));
        assert_led(&answers.1, To(devices));
    }
    browser.get(devices).await.assert_shows("No device is remembered.");
}

/// A page has one token for all its forms: the one that was sent does not answer for another.
#[tokio::test]
async fn g13_a_form_does_not_answer_for_another_form_of_its_page() {
    if !has("oathtool") {
        return;
    }
    let (site, key, _) = Site::with_user("rosa").await;
    let mut browser = logged_in(&site, "rosa", &key).await;
    let id = browser.authenticators().await.remove(0);
    let mut old = browser.clone();
    let csrf = browser.get(LIST).await.csrf();
    let rename = "/account/authenticators/rename";
    let mut codes = [fresh(&site, &key), String::new()];
    let fields = |code: &str| {
        [
            ("authenticator", id.clone()),
            ("label", "Phone".into()),
            ("code", code.to_owned()),
            ("csrf_token", csrf.clone()),
        ]
    };
    let send = async |browser: &mut Browser, path: &str, code: &str| {
        let fields = fields(code);
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, &**value)).collect();
        browser.post_bare(path, &fields).await
    };
    assert_eq!(send(&mut browser, rename, &codes[0]).await, To(LIST));
    // Under the old id the other form is refused and says so; the browser keeps its new session.
    let refused = send(&mut old, "/logout", "").await;
    assert_eq!(refused.status, 403, "{refused:?}");
    assert!(!refused.headers.contains_key("set-cookie"), "{refused:?}");
    browser.get("/account").await.assert_shows("Hello, rosa");
    // Under the new one it is carried out, once; and each form that was sent still answers for itself.
    codes[1] = fresh(&site, &key);
    let made = send(&mut browser, CODES, &codes[1]).await;
    recovery_codes(&made);
    assert_led(&send(&mut browser, rename, &codes[0]).await, To(LIST));
    assert_led(&send(&mut browser, CODES, &codes[1]).await, To(CODES));
    let mut kept = browser.clone();
    assert_eq!(send(&mut browser, "/logout", "").await, To("/login"));
    assert_eq!(kept.get("/account").await, To("/login"), "the session is alive after its log-out");
}

/// A stub lets nobody in, even somebody who knows the old id.
#[tokio::test]
async fn g13_an_id_that_was_renewed_is_worth_nothing() {
    if !has("oathtool") {
        return;
    }
    let (site, key, _) = Site::with_user("lena").await;
    let mut browser = logged_in(&site, "lena", &key).await;
    let mut thief = browser.clone();
    let thiefs = thief.get("/account").await.csrf();
    let code = fresh(&site, &key);
    recovery_codes(&browser.post(CODES, &[("code", &code)]).await);
    for path in ["/account", CODES, LIST, "/account/devices"] {
        assert_led(&thief.get(path).await, To("/login"));
    }
    for path in ["/account/devices", CODES, "/account/sessions/end"] {
        let fields = [("csrf_token", &*thiefs), ("device", "all"), ("are_kept", "yes"), ("code", &code)];
        assert_eq!(thief.post_bare(path, &fields).await.status, 303, "{path}");
    }
    browser.get(CODES).await.assert_shows("Keep your recovery codes");
    // After a minute the stub is gone.
    let rows = site.rows("sessions WHERE is_stub").await;
    assert!(rows > 0);
    site.clock.wait(61);
    assert_eq!(thief.get("/account").await, To("/login"));
    browser.get("/account").await.assert_shows("Hello, lena");
}

/// The codes that the user sees are valid for as long as they are shown.
#[tokio::test]
async fn g14_new_codes_asked_for_twice_are_those_that_are_shown() {
    if !has("oathtool") {
        return;
    }
    let (site, key, old) = Site::with_user("mary").await;
    let mut browser = logged_in(&site, "mary", &key).await;
    for is_at_once in [false, true] {
        let code = fresh(&site, &key);
        let (first, second) = if is_at_once {
            browser.post_twice_at_once(CODES, CODES, &[("code", &code)]).await
        } else {
            browser.post_twice(CODES, CODES, &[("code", &code)]).await
        };
        let (made, doubled) = if first.status == 200 { (first, second) } else { (second, first) };
        assert_led(&doubled, To(CODES));
        let codes = recovery_codes(&made);
        for _ in 0..2 {
            assert_eq!(recovery_codes(&browser.get(CODES).await), codes);
        }
        browser.get("/account").await.assert_shows("Have you kept your new recovery codes?");
        assert_eq!(browser.post(CODES, &[("are_kept", "yes")]).await, To("/account"));
        let page = browser.get(CODES).await;
        page.assert_shows("Make new recovery codes");
        assert!(!page.text.contains(&codes[0]));
        let mut other = site.browser();
        assert_eq!(other.log_in("mary", PASSWORD).await, To("/login/code"));
        other.post("/login/recovery", &[("recovery_code", &old[0])]).await.assert_refused(NOT_ACCEPTED);
        assert_eq!(other.post("/login/recovery", &[("recovery_code", &codes[0])]).await, To("/account"));
    }
}

#[tokio::test]
async fn g14_the_codes_of_a_set_up_posted_twice_are_shown_until_they_are_kept() {
    if !has("oathtool") {
        return;
    }
    for is_at_once in [false, true] {
        let site = Site::start().await;
        let mut browser = site.browser();
        browser.register("nina").await;
        assert_eq!(browser.log_in("nina", PASSWORD).await, To("/account"));
        let confirm = "/account/two-factor/confirm";
        assert_eq!(browser.post("/account/two-factor/enable", &[("password", PASSWORD)]).await, To(confirm));
        let key = browser.setup_key(confirm).await;
        let code = oathtool(&key, site.clock.now());
        let (first, second) = if is_at_once {
            browser.post_twice_at_once(confirm, confirm, &[("code", &code)]).await
        } else {
            browser.post_twice(confirm, confirm, &[("code", &code)]).await
        };
        let (made, doubled) = if first.status == 200 { (first, second) } else { (second, first) };
        assert_led(&doubled, To(CODES));
        let codes = recovery_codes(&made);
        assert_eq!(browser.get("/account").await, To("/login"), "the set-up logged somebody in");
        browser.get("/login").await.assert_shows("Have you kept your new recovery codes?");
        assert_eq!(recovery_codes(&browser.get(CODES).await), codes);

        // A login keeps them.
        if is_at_once {
            browser = logged_in_from(browser, &site, "nina", &key).await;
            assert_eq!(recovery_codes(&browser.get(CODES).await), codes);
            assert_eq!(browser.post(CODES, &[("are_kept", "yes")]).await, To("/account"));
        } else {
            let answers = browser.post_twice(CODES, CODES, &[("are_kept", "yes")]).await;
            assert_eq!(answers.0, To("/login"));
            assert_led(&answers.1, To("/login"));
            assert_eq!(browser.get(CODES).await, To("/login"));
            browser = logged_in_from(browser, &site, "nina", &key).await;
        }
        browser.get(CODES).await.assert_shows("Make new recovery codes");
    }
}

async fn logged_in_from(mut browser: Browser, site: &Site, name: &str, key: &str) -> Browser {
    assert_eq!(browser.log_in(name, PASSWORD).await, To("/login/code"));
    assert_eq!(browser.code(&fresh(site, key)).await, To("/account"));
    browser
}

#[tokio::test]
async fn g14_codes_are_not_shown_to_another_account_in_the_same_browser() {
    if !has("oathtool") {
        return;
    }
    let site = Site::start().await;
    site.browser().register("otto").await;
    let (mut browser, _, codes) = site.enrolled("nina").await;
    assert_eq!(browser.log_in("otto", PASSWORD).await, To("/account"));
    browser.get(CODES).await.assert_shows("Make new recovery codes");
    for page in ["/account", CODES] {
        let page = browser.get(page).await;
        assert!(!page.text.contains(&codes[0]) && !page.text.contains("Have you kept"), "{}", page.text);
    }
}

/// For ten minutes at most, and in no file unencrypted.
#[tokio::test]
async fn g14_codes_are_sealed_while_shown_and_for_ten_minutes_at_most() {
    if !has("oathtool") {
        return;
    }
    let site = Site::start().await;
    let (mut browser, _, codes) = site.enrolled("olga").await;
    for beside in ["", "-wal"] {
        let file = std::fs::read(format!("{}{beside}", site.database())).unwrap();
        for code in &codes {
            let spelled = [code.clone(), code.replace('-', ""), code.to_lowercase()];
            for code in spelled {
                let is_there = file.windows(code.len()).any(|window| window == code.as_bytes());
                assert!(!is_there, "{code} is in the file {beside}");
            }
        }
    }
    site.clock.wait(10 * 60 - 1);
    assert_eq!(recovery_codes(&browser.get(CODES).await), codes);
    site.clock.wait(1);
    assert_eq!(browser.get(CODES).await, To("/login"));
    assert!(!browser.get("/login").await.text.contains("new recovery codes"));
}

/// The library recognizes the code, but does not know which form it was typed into.
#[tokio::test]
async fn a_code_that_another_form_used_is_refused_and_not_done() {
    if !has("oathtool") {
        return;
    }
    let (site, key, _) = Site::with_user("alice").await;
    let mut browser = logged_in(&site, "alice", &key).await;
    let code = fresh(&site, &key);
    browser.post(CODES, &[("code", &code)]).await.assert_shows("Keep your recovery codes");
    let change = [("password", PASSWORD), ("new_password", "a second password"), ("code", &*code)];
    let answer = browser.post("/account/password", &change).await;
    answer
        .assert_refused("This code was used a moment ago. If what you wanted is not done, use the next one.");
    assert_eq!(site.browser().log_in("alice", PASSWORD).await, To("/login/code"));
}

/// The same form again with another password is not the same registration.
#[tokio::test]
async fn g13_a_registration_with_another_password_is_not_done_already() {
    let site = Site::start().await;
    let mut browser = site.browser();
    let csrf = browser.get("/register").await.csrf();
    let mut register = async |name: &str, password: &str| {
        let fields = [("username", name), ("password", password), ("csrf_token", &*csrf)];
        browser.post_bare("/register", &fields).await
    };
    assert_eq!(register("alice", PASSWORD).await, To("/login"));
    assert_eq!(register("alice", PASSWORD).await, To("/login"));
    register("alice", "another password").await.assert_refused("This user name is taken.");
    assert_eq!(site.rows("users").await, 1);
    assert_eq!(site.browser().log_in("alice", PASSWORD).await, To("/account"));
}

/// Not even in the middle of the login of somebody else.
#[tokio::test]
async fn g14_codes_are_not_shown_while_another_account_logs_in() {
    if !has("oathtool") {
        return;
    }
    let (site, _, _) = Site::with_user("otto").await;
    let (mut browser, _, codes) = site.enrolled("nina").await;
    browser.get("/login").await.assert_shows("Have you kept");
    assert_eq!(browser.log_in("otto", PASSWORD).await, To("/login/code"));
    let page = browser.get(CODES).await;
    assert!(!page.text.contains(&codes[0]), "{}", page.text);
    assert_eq!(page, To("/login"));
}
