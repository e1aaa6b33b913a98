//! Several authenticators on an account.

use crate::common::{Browser, PASSWORD, STEP, Site, To, has, oathtool, recovery_codes};
use crate::{NOT_ACCEPTED, WRONG_PASSWORD};

const NO_SUCH: &str = "Your account has no such authenticator.";
const NOT_A_CODE: &str = "A code is six digits";

/// A fresh code of this key.
fn fresh(site: &Site, key: &str) -> String {
    site.clock.wait(STEP);
    oathtool(key, site.clock.now())
}

async fn log_in(site: &Site, name: &str, key: &str) -> Browser {
    let mut browser = site.browser();
    assert_eq!(browser.log_in(name, PASSWORD).await, To("/login/code"));
    assert_eq!(browser.code(&fresh(site, key)).await, To("/account"));
    browser
}

/// Adds an authenticator and returns its setup key. All sessions end.
async fn add(site: &Site, name: &str, key: &str, label: &str) -> String {
    let mut browser = log_in(site, name, key).await;
    let code = fresh(site, key);
    let fields = [("password", PASSWORD), ("code", &*code), ("label", label)];
    let (added, page) = browser.set_up(&fields, site.clock.now()).await;
    page.assert_shows("Your authenticator is added");
    assert!(!page.text.contains("recovery-codes"), "{}", page.text);
    assert_eq!(browser.get("/account").await, To("/login"));
    added
}

#[tokio::test]
async fn two_authenticators_either_logs_in_and_a_removed_one_does_not() {
    if !has("oathtool") {
        return;
    }
    let (site, phone, codes) = Site::with_user("alice").await;
    let tablet = add(&site, "alice", &phone, "Tablet").await;
    let mut other = log_in(&site, "alice", &tablet).await;
    let mut browser = log_in(&site, "alice", &phone).await;

    // The list. The first was bound at 8:00, and everything after it took a few minutes.
    let list = browser.get("/account/authenticators").await;
    for shown in
        ["Authenticator app", "Tablet", "since <time>15 Jan 2027</time>", "Last used <time>15 Jan 2027, 08:0"]
    {
        list.assert_shows(shown);
    }
    browser
        .get("/account")
        .await
        .assert_shows("<a href=\"/account/authenticators\">Authenticators</a><span>2</span>");
    let ids = browser.authenticators().await;
    assert_eq!(ids.len(), 2);

    // A rename needs a fresh code.
    let name = [("authenticator", &*ids[1]), ("label", "Kitchen <tablet>")];
    browser.change("rename", &name).await.assert_refused(NOT_A_CODE);
    let code = fresh(&site, &phone);
    assert_eq!(
        browser.change("rename", &[&name[..], &[("code", &code)]].concat()).await,
        To("/account/authenticators")
    );
    browser.get("/account/authenticators").await.assert_shows("<strong>Kitchen &lt;tablet&gt;</strong>");
    browser.get("/account").await.assert_shows("An authenticator was renamed: Kitchen &lt;tablet&gt;");

    // So does a removal: refused without a code, with the code of the login, and with a wrong one.
    let path = format!("/account/authenticators/remove?authenticator={}", ids[0]);
    browser.get(&path).await.assert_shows("Remove Authenticator app");
    let used = fresh(&site, &phone);
    let mut third = site.browser();
    assert_eq!(third.log_in("alice", PASSWORD).await, To("/login/code"));
    assert_eq!(third.code(&used).await, To("/account"));
    let remove = [("authenticator", &*ids[0])];
    browser.change("remove", &remove).await.assert_refused(NOT_A_CODE);
    for code in [&*used, &*crate::wrong(&phone, site.clock.now())] {
        browser
            .change("remove", &[&remove[..], &[("code", code)]].concat())
            .await
            .assert_refused(NOT_ACCEPTED);
    }
    assert_eq!(browser.authenticators().await, ids);

    // After the removal the other sessions are over, and this one continues under a new id.
    let id = browser.cookie_mut("session").clone();
    let code = fresh(&site, &tablet);
    let removed = browser.change("remove", &[&remove[..], &[("code", &code)]].concat()).await;
    assert_eq!(removed, To("/account/authenticators"));
    assert_ne!(*browser.cookie_mut("session"), id);
    assert_eq!(browser.authenticators().await, ids[1..]);
    browser.get("/account").await.assert_shows("An authenticator was removed: Authenticator app");
    for browser in [&mut other, &mut third] {
        assert_eq!(browser.get("/account").await, To("/login"));
    }
    assert_eq!(other.log_in("alice", PASSWORD).await, To("/login/code"));
    other.code(&fresh(&site, &phone)).await.assert_refused(NOT_ACCEPTED);
    assert_eq!(other.code(&fresh(&site, &tablet)).await, To("/account"));

    // The recovery codes are still those of the first set-up.
    assert_eq!(third.log_in("alice", PASSWORD).await, To("/login/code"));
    assert_eq!(third.post("/login/recovery", &[("recovery_code", &codes[0])]).await, To("/account"));

    // Without the last one, two-factor authentication is off.
    let code = fresh(&site, &tablet);
    let path = format!("/account/authenticators/remove?authenticator={}", ids[1]);
    other.get(&path).await.assert_shows("It is your last one");
    let last = [("authenticator", &*ids[1]), ("code", &code)];
    assert_eq!(other.change("remove", &last).await, To("/account/authenticators"));
    assert_eq!(other.get("/account/authenticators").await, To("/account"));
    other.get("/account").await.assert_shows("Enable two-factor authentication");
    assert_eq!(site.browser().log_in("alice", PASSWORD).await, To("/account"));
}

#[tokio::test]
async fn an_authenticator_of_another_account_cannot_be_changed() {
    if !has("oathtool") {
        return;
    }
    let (site, key, _) = Site::with_user("eve").await;
    let (_, mallorys, _) = site.enrolled("mallory").await;
    let mut eve = log_in(&site, "eve", &key).await;
    let mut mallory = log_in(&site, "mallory", &mallorys).await;
    let hers = eve.authenticators().await;
    for id in [&*hers[0], "", "A", "../../etc/passwd"] {
        let code = fresh(&site, &mallorys);
        let fields = [("authenticator", id), ("code", &code), ("label", "mine")];
        for what in ["remove", "rename"] {
            mallory.change(what, &fields).await.assert_refused(NO_SUCH);
            let path = format!("/account/authenticators/{what}?authenticator={id}");
            assert_eq!(mallory.get(&path).await, To("/account/authenticators"));
        }
        if !id.is_empty() {
            let fields = [("password", PASSWORD), ("code", &code), ("replacing", id)];
            mallory.post("/account/two-factor/enable", &fields).await.assert_refused(NO_SUCH);
        }
        // None of that used up the code.
        let codes = mallory.post("/account/recovery-codes", &[("code", &code)]).await;
        codes.assert_shows("Keep your recovery codes");
    }
    assert_eq!(eve.authenticators().await, hers);
    eve.get("/account/authenticators").await.assert_shows("<strong>Authenticator app</strong>");
    assert_eq!(mallory.authenticators().await.len(), 1);
}

#[tokio::test]
async fn three_at_most_and_a_lost_one_is_replaced() {
    if !has("oathtool") {
        return;
    }
    let (site, phone, codes) = Site::with_user("bob").await;
    let tablet = add(&site, "bob", &phone, "Tablet").await;
    let third = add(&site, "bob", &tablet, "").await;
    let mut browser = log_in(&site, "bob", &third).await;
    let ids = browser.authenticators().await;
    assert_eq!(ids.len(), 3);

    // Without room for another, the request is refused and uses up no code.
    let page = browser.get("/account/two-factor/enable").await;
    page.assert_shows("there is no room for another");
    assert!(!page.text.contains("selected"), "{}", page.text);
    let code = fresh(&site, &third);
    let fields = [("password", PASSWORD), ("code", &*code)];
    let refused = browser.post("/account/two-factor/enable", &fields).await;
    refused.assert_refused("as many authenticators as an account can have: choose one to be replaced");
    let fields = [&fields[..], &[("replacing", &*ids[2])]].concat();
    assert_eq!(browser.post("/account/two-factor/enable", &fields).await, To("/account/two-factor/confirm"));
    assert_eq!(browser.authenticators().await, ids, "the old one went before the new one was confirmed");

    // The phone is lost: log in with a recovery code, type the password, and choose the lost one.
    assert_eq!(browser.log_in("bob", PASSWORD).await, To("/login/code"));
    assert_eq!(browser.post("/login/recovery", &[("recovery_code", &codes[0])]).await, To("/account"));
    let fields = [("password", "not this one"), ("replacing", &*ids[0])];
    browser.post("/account/two-factor/enable", &fields).await.assert_refused(WRONG_PASSWORD);
    let fields = [("password", PASSWORD), ("replacing", &*ids[0]), ("label", "New phone")];
    let (new, page) = browser.set_up(&fields, site.clock.now()).await;
    assert!(recovery_codes(&page).iter().all(|code| !codes.contains(code)));

    let mut browser = site.browser();
    assert_eq!(browser.log_in("bob", PASSWORD).await, To("/login/code"));
    browser.code(&fresh(&site, &phone)).await.assert_refused(NOT_ACCEPTED);
    assert_eq!(browser.code(&fresh(&site, &new)).await, To("/account"));
    let left = browser.authenticators().await;
    assert_eq!(left[..2], ids[1..], "another one was replaced");
    browser.get("/account/authenticators").await.assert_shows("<strong>New phone</strong>");
}

#[tokio::test]
async fn the_set_up_says_by_how_much_a_clock_is_off() {
    if !has("oathtool") {
        return;
    }
    let site = Site::start().await;
    let mut browser = site.browser();
    browser.register("carol").await;
    assert_eq!(browser.log_in("carol", PASSWORD).await, To("/account"));
    let page = browser.post("/account/two-factor/enable", &[("password", PASSWORD)]).await;
    assert_eq!(page, To("/account/two-factor/confirm"));
    let key = browser.setup_key("/account/two-factor/confirm").await;
    let now = site.clock.now();
    for (at, said) in [
        (now - 180, "Your clock is off by about 180 seconds: your phone's is behind."),
        (now + 600, "Your clock is off by about 600 seconds: your phone's is ahead."),
        (now + 630, NOT_ACCEPTED),
    ] {
        let code = oathtool(&key, at);
        let page = browser.post("/account/two-factor/confirm", &[("code", &code)]).await;
        page.assert_refused(said);
        page.assert_refused("<svg");
    }
    browser.get("/account").await.assert_shows("Enable two-factor authentication");
    let page = browser.post("/account/two-factor/confirm", &[("code", &oathtool(&key, now))]).await;
    page.assert_shows("Keep your recovery codes");

    // At a login only the security log says so.
    site.clock.wait(10 * STEP);
    assert_eq!(browser.log_in("carol", PASSWORD).await, To("/login/code"));
    let refused = browser.code(&oathtool(&key, site.clock.now() - 180)).await;
    refused.assert_refused(NOT_ACCEPTED);
    assert!(!refused.text.contains("clock"), "{}", refused.text);
    assert_eq!(browser.code(&oathtool(&key, site.clock.now())).await, To("/account"));
    browser.get("/account").await.assert_shows("the clock of its app is about 180 seconds behind");
}

#[tokio::test]
async fn the_account_page_warns_of_few_recovery_codes() {
    if !has("oathtool") {
        return;
    }
    let (site, _, codes) = Site::with_user("dave").await;
    for (code, left) in codes.iter().zip((0..10).rev()) {
        let mut browser = site.browser();
        assert_eq!(browser.log_in("dave", PASSWORD).await, To("/login/code"));
        assert_eq!(browser.post("/login/recovery", &[("recovery_code", code)]).await, To("/account"));
        let account = browser.get("/account").await;
        let said = match left {
            0 => "You have no recovery code left.".to_owned(),
            1 => "You have 1 recovery code left.".to_owned(),
            left => format!("You have {left} recovery codes left."),
        };
        account.assert_shows(&format!("{left} left"));
        assert_eq!(account.text.contains(&said), left <= 3, "{left}: {}", account.text);
    }
}
