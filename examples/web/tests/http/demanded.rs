//! A site that requires a second factor from a day on.

use crate::common::{DAY, PASSWORD, START, STEP, Site, To, has, oathtool, recovery_codes};
use crate::{NOT_ACCEPTED, wrong};

const IT_STAYS: &str = "Two-factor authentication is required here, so your last authenticator stays.";

/// 08:00 on the day after the start.
const ENROLL_BY: u64 = START - 15 + DAY;

#[tokio::test]
async fn before_the_day_the_account_page_says_until_when() {
    if !has("oathtool") {
        return;
    }
    let site = Site::start_as(None, Some(ENROLL_BY)).await;
    let mut browser = site.browser();
    browser.register("alice").await;
    assert_eq!(browser.log_in("alice", PASSWORD).await, To("/account"));
    let until = "From <strong>16 Jan 2027, 08:00 UTC</strong> on this site requires it";
    browser.get("/account").await.assert_shows(until);
    assert_eq!(browser.get("/login/enroll").await, To("/account"));

    // An owner of a second factor sees no notice, and may still disable it.
    let (key, _) = browser.enable(site.clock.now()).await;
    site.clock.wait(STEP);
    assert_eq!(browser.log_in("alice", PASSWORD).await, To("/login/code"));
    assert_eq!(browser.get("/login/enroll").await, To("/login"), "there is nothing to set up");
    assert_eq!(browser.code(&oathtool(&key, site.clock.now())).await, To("/account"));
    let account = browser.get("/account").await;
    assert!(!account.text.contains("this site requires it"), "{}", account.text);
    site.clock.wait(STEP);
    let code = [("code", &*oathtool(&key, site.clock.now()))];
    assert_eq!(browser.post("/account/two-factor/disable", &code).await, To("/account"));
    browser.get("/account").await.assert_shows(until);

    // The last second before the day, and the day itself.
    site.clock.wait(ENROLL_BY - 1 - site.clock.now());
    assert_eq!(browser.log_in("alice", PASSWORD).await, To("/account"));
    site.clock.wait(1);
    assert_eq!(browser.log_in("alice", PASSWORD).await, To("/login/enroll"));
}

#[tokio::test]
async fn from_the_day_on_the_login_leads_to_the_set_up() {
    if !has("oathtool") {
        return;
    }
    let site = Site::start_as(None, Some(START)).await;
    let mut browser = site.browser();
    browser.register("bob").await;
    browser.log_in("bob", "not this one").await.assert_refused(crate::WRONG_PASSWORD);
    assert_eq!(browser.get("/login/enroll").await, To("/login"));

    // The password alone opens only the set-up, for ten minutes.
    assert_eq!(browser.log_in("bob", PASSWORD).await, To("/login/enroll"));
    for path in ["/account", "/account/two-factor/enable", "/account/two-factor/confirm", "/login/code"] {
        assert_eq!(browser.get(path).await, To("/login"), "{path}");
    }
    browser.get("/login/enroll").await.assert_shows("this site requires two-factor authentication");
    let first = browser.setup_key("/login/enroll").await;
    site.clock.wait(600);
    let csrf = browser.get("/login").await.csrf();
    let late = [("code", &*oathtool(&first, site.clock.now())), ("csrf_token", &csrf)];
    let over = browser.post_bare("/login/enroll", &late).await;
    over.assert_refused("This set-up is over");
    over.assert_refused("autocomplete=\"current-password\"");
    assert_eq!(browser.get("/login/enroll").await, To("/login"));

    assert_eq!(browser.log_in("bob", PASSWORD).await, To("/login/enroll"));
    let key = browser.setup_key("/login/enroll").await;
    assert_ne!(key, first);
    let now = site.clock.now();
    for (code, said) in [
        ("", "A code is six digits"),
        (&*wrong(&key, now), NOT_ACCEPTED),
        (&*oathtool(&first, now), NOT_ACCEPTED),
        (&*oathtool(&key, now - 300), "Your clock is off by about 300 seconds"),
    ] {
        let refused = browser.post("/login/enroll", &[("code", code)]).await;
        refused.assert_refused(said);
        refused.assert_refused("<svg");
    }
    let code = oathtool(&key, now);
    assert_eq!(
        browser.post_bare("/login/enroll", &[("code", &code)]).await.status,
        403,
        "a post without the form's token was accepted"
    );

    // A second browser, which began a set-up too, comes too late.
    let mut other = site.browser();
    assert_eq!(other.log_in("bob", PASSWORD).await, To("/login/enroll"));
    let others = other.setup_key("/login/enroll").await;
    let page = browser.post("/login/enroll", &[("code", &code)]).await;
    let codes = recovery_codes(&page);
    assert_eq!(browser.get("/account").await, To("/login"), "the set-up logged somebody in");
    let csrf = other.get("/login").await.csrf();
    let late = [("code", &*oathtool(&others, now)), ("csrf_token", &csrf)];
    other.post_bare("/login/enroll", &late).await.assert_refused("This set-up is over");

    assert_eq!(browser.log_in("bob", PASSWORD).await, To("/login/code"));
    browser.code(&code).await.assert_refused(NOT_ACCEPTED);
    site.clock.wait(STEP);
    assert_eq!(browser.code(&oathtool(&key, site.clock.now())).await, To("/account"));
    assert_eq!(browser.authenticators().await.len(), 1);
    assert_eq!(codes.len(), 10);
}

#[tokio::test]
async fn the_last_authenticator_stays_while_one_is_demanded() {
    if !has("oathtool") {
        return;
    }
    let site = Site::start_as(None, Some(START + DAY)).await;
    let (mut browser, key, _) = site.enrolled("carol").await;
    site.clock.wait(DAY);
    let fresh = |key: &str| {
        site.clock.wait(STEP);
        oathtool(key, site.clock.now())
    };
    assert_eq!(browser.log_in("carol", PASSWORD).await, To("/login/code"));
    assert_eq!(browser.code(&fresh(&key)).await, To("/account"));
    let ids = browser.authenticators().await;
    let disabled = browser.post("/account/two-factor/disable", &[("code", &fresh(&key))]).await;
    disabled.assert_refused(IT_STAYS);
    let code = fresh(&key);
    let remove = [("authenticator", &*ids[0]), ("code", &code)];
    browser.change("remove", &remove).await.assert_refused(IT_STAYS);
    assert_eq!(browser.authenticators().await, ids);

    // It may be removed if there is another one.
    let code = fresh(&key);
    let fields = [("password", PASSWORD), ("code", &*code), ("label", "Tablet")];
    let (tablet, page) = browser.set_up(&fields, site.clock.now()).await;
    page.assert_shows("Your authenticator is added");
    assert_eq!(browser.log_in("carol", PASSWORD).await, To("/login/code"));
    assert_eq!(browser.code(&fresh(&tablet)).await, To("/account"));
    let code = fresh(&tablet);
    let remove = [("authenticator", &*ids[0]), ("code", &code)];
    assert_eq!(browser.change("remove", &remove).await, To("/account/authenticators"));
    browser.get("/account").await.assert_shows("An authenticator was removed: Authenticator app");
    let disabled = browser.post("/account/two-factor/disable", &[("code", &fresh(&tablet))]).await;
    disabled.assert_refused(IT_STAYS);
}

/// What is refused in any case does not use up a code.
#[tokio::test]
async fn a_refused_removal_of_the_last_authenticator_uses_up_no_code() {
    if !has("oathtool") {
        return;
    }
    let site = Site::start_as(None, Some(START + DAY)).await;
    let (mut browser, key, _) = site.enrolled("dora").await;
    site.clock.wait(DAY);
    assert_eq!(browser.log_in("dora", PASSWORD).await, To("/login/code"));
    assert_eq!(browser.code(&oathtool(&key, site.clock.now())).await, To("/account"));
    let account = browser.get("/account").await;
    assert!(!account.text.contains("/account/two-factor/disable"), "{}", account.text);
    site.clock.wait(STEP);
    let code = oathtool(&key, site.clock.now());
    browser.post("/account/two-factor/disable", &[("code", &code)]).await.assert_refused(IT_STAYS);
    let id = browser.authenticators().await.remove(0);
    let fields = [("authenticator", &*id), ("code", &*code)];
    browser.change("remove", &fields).await.assert_refused(IT_STAYS);
    let codes = browser.post("/account/recovery-codes", &[("code", &code)]).await;
    assert_eq!(recovery_codes(&codes).len(), 10);
}

/// The set-up of a member is that of the account page.
#[tokio::test]
async fn the_set_up_of_a_login_is_not_shown_to_a_member() {
    let site = Site::start().await;
    let mut browser = site.browser();
    browser.register("emil").await;
    assert_eq!(browser.log_in("emil", PASSWORD).await, To("/account"));
    let confirm = To("/account/two-factor/confirm");
    assert_eq!(browser.post("/account/two-factor/enable", &[("password", PASSWORD)]).await, confirm);
    assert_eq!(browser.get("/login/enroll").await, To("/account"));
    browser.get(confirm.0).await.assert_shows("<svg");
}
