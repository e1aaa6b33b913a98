//! Wrong ways through a login: the page that each leads to, and that the account stays closed.

use thirtyfour::prelude::*;

use crate::common::{PASSWORD, STEP, Site, oathtool, wrong};
use crate::window::{Window, has_all};

const NOT_ACCEPTED: &str = "This code was not accepted";
const START_AGAIN: &str = "Please start again";
const NOTHING_WAS_DONE: &str = "Nothing was done";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_wrong_codes() {
    if !has_all() {
        return;
    }
    let (site, key, _) = Site::with_user("bob").await;
    let window = Window::open(&site.origin).await;
    window.log_in_up_to_the_code("bob").await;
    let first = window.driver.window().await.unwrap();
    let before = window.another_tab("/login/code").await;
    window.driver.switch_to_window(first).await.unwrap();

    let wrong = wrong(&key, site.clock.now());
    for _ in 0..4 {
        window.code(&wrong).await;
        window.assert_refused(NOT_ACCEPTED).await;
        assert_eq!(window.path().await, "/login/code");
    }
    window.code(&wrong).await;
    window.assert_refused(START_AGAIN).await;
    window.driver.find(By::Name("password")).await.unwrap();
    window.assert_closed().await;

    // The right code is too late: through the address bar, the back button, and a tab that still shows the form.
    window.go("/login/code").await;
    assert_eq!(window.path().await, "/login");
    let right = oathtool(&key, site.clock.now());
    window.driver.switch_to_window(before).await.unwrap();
    window.code(&right).await;
    window.assert_shows(NOTHING_WAS_DONE).await;
    window.assert_closed().await;

    // A new login accepts the same code.
    window.log_in_up_to_the_code("bob").await;
    window.code(&right).await;
    window.assert_shows("Hello, bob").await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_that_was_used_and_codes_of_another_time() {
    if !has_all() {
        return;
    }
    let (site, key, codes) = Site::with_user("carol").await;
    let window = Window::open(&site.origin).await;
    let used = oathtool(&key, site.clock.now());
    window.log_in_up_to_the_code("carol").await;
    window.code(&used).await;
    window.assert_shows("Hello, carol").await;

    // Each sensitive step needs a fresh code. The code of the login is refused.
    for path in ["/account/recovery-codes", "/account/two-factor/disable"] {
        window.go(path).await;
        window.code(&used).await;
        window.assert_refused(NOT_ACCEPTED).await;
    }
    window.go("/account").await;
    window.assert_shows("Hello, carol").await;
    window.log_out().await;

    // A replayed code; a code from two minutes ago; one from two minutes ahead.
    window.log_in_up_to_the_code("carol").await;
    site.clock.wait(STEP);
    let now = site.clock.now();
    for code in [used, oathtool(&key, now - 4 * STEP), oathtool(&key, now + 4 * STEP)] {
        window.code(&code).await;
        window.assert_refused(NOT_ACCEPTED).await;
        window.assert_closed().await;
        window.go("/login/code").await;
    }
    window.code("12 34").await;
    window.assert_refused("A code is six digits").await;
    window.code(&oathtool(&key, now)).await;
    window.assert_shows("Hello, carol").await;
    window.log_out().await;

    // A recovery code works only once too.
    for is_first in [true, false] {
        window.log_in_up_to_the_code("carol").await;
        window.click("Use a recovery code").await;
        window.fill("recovery_code", &codes[0]).await;
        window.send().await;
        if is_first {
            window.assert_shows("with your password and a recovery code").await;
            window.log_out().await;
        } else {
            window.assert_refused(NOT_ACCEPTED).await;
            window.assert_closed().await;
        }
    }
    window.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_back_button_into_the_middle() {
    if !has_all() {
        return;
    }
    let (site, key, _) = Site::with_user("dave").await;
    let window = Window::open(&site.origin).await;

    // Back from the code page to the login page, which asks for the password.
    window.log_in_up_to_the_code("dave").await;
    window.back().await;
    assert_eq!(window.path().await, "/login");
    window.assert_closed().await;

    // Back from the account into the login, which is over.
    window.log_in_up_to_the_code("dave").await;
    window.code(&oathtool(&key, site.clock.now())).await;
    window.assert_shows("Hello, dave").await;
    window.back().await;
    assert_eq!(window.path().await, "/login");

    // Back from the login page into the account after the logout.
    window.go("/account/devices").await;
    window.log_out().await;
    window.back().await;
    assert_eq!(window.path().await, "/login", "the browser kept a page of the account");
    window.assert_closed().await;

    // Back and forth to recovery codes that were just shown: they are not shown again.
    window.log_in_up_to_the_code("dave").await;
    site.clock.wait(STEP);
    window.code(&oathtool(&key, site.clock.now())).await;
    site.clock.wait(STEP);
    window.go("/account/recovery-codes").await;
    window.code(&oathtool(&key, site.clock.now())).await;
    let code = window.driver.find(By::Css("#recovery-codes code")).await.unwrap().text().await.unwrap();
    window.click("I have kept them").await;
    window.back().await;
    assert!(!window.driver.source().await.unwrap().contains(&code), "the recovery codes are shown again");
    window.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_tabs() {
    if !has_all() {
        return;
    }
    let (site, key, _) = Site::with_user("grace").await;
    let window = Window::open(&site.origin).await;

    // A login in both tabs, and the code typed in both.
    window.log_in_up_to_the_code("grace").await;
    let first = window.driver.window().await.unwrap();
    let second = window.another_tab("/login/code").await;
    window.code(&oathtool(&key, site.clock.now())).await;
    window.assert_shows("Hello, grace").await;
    window.driver.switch_to_window(first.clone()).await.unwrap();
    window.code(&oathtool(&key, site.clock.now())).await;
    window.assert_shows(NOTHING_WAS_DONE).await;
    window.go("/account").await;
    window.assert_shows("Hello, grace").await;

    // Log out in one tab: the other one no longer reaches the account.
    window.log_out().await;
    window.driver.switch_to_window(second.clone()).await.unwrap();
    window.click("Change password").await;
    assert_eq!(window.path().await, "/login");

    // The password of one user in one tab, of another user in the other tab: the code typed in the first tab lets nobody in.
    let (_, other_key, _) = site.enrolled("heidi").await;
    site.clock.wait(STEP);
    window.log_in_up_to_the_code("grace").await;
    window.driver.switch_to_window(first).await.unwrap();
    window.log_in_up_to_the_code("heidi").await;
    window.driver.switch_to_window(second).await.unwrap();
    window.code(&oathtool(&key, site.clock.now())).await;
    window.assert_shows(NOTHING_WAS_DONE).await;
    window.go("/login/code").await;
    window.code(&oathtool(&key, site.clock.now())).await;
    window.assert_refused(NOT_ACCEPTED).await;
    window.assert_closed().await;
    window.go("/login/code").await;
    window.code(&oathtool(&other_key, site.clock.now())).await;
    window.assert_shows("Hello, heidi").await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_challenge_that_expires_under_the_page() {
    if !has_all() {
        return;
    }
    let (site, key, codes) = Site::with_user("ivan").await;
    let window = Window::open(&site.origin).await;
    let minutes = 60;

    // At the last second the challenge is valid, at the next it is not.
    window.log_in_up_to_the_code("ivan").await;
    site.clock.wait(10 * minutes - 1);
    window.code(&wrong(&key, site.clock.now())).await;
    window.assert_refused(NOT_ACCEPTED).await;
    site.clock.wait(1);
    window.code(&oathtool(&key, site.clock.now())).await;
    window.assert_refused(START_AGAIN).await;
    window.assert_closed().await;

    // The same on the recovery code page; and the code is not used up.
    window.log_in_up_to_the_code("ivan").await;
    window.click("Use a recovery code").await;
    site.clock.wait(10 * minutes);
    window.fill("recovery_code", &codes[0]).await;
    window.send().await;
    window.assert_refused(START_AGAIN).await;
    window.assert_closed().await;
    window.log_in_up_to_the_code("ivan").await;
    window.click("Use a recovery code").await;
    window.fill("recovery_code", &codes[0]).await;
    window.send().await;
    window.assert_shows("Hello, ivan").await;

    // The same on the page with the QR code; nothing has changed.
    site.browser().register("judy").await;
    window.log_out().await;
    window.log_in("judy", PASSWORD).await;
    window.go("/account/two-factor/enable").await;
    window.fill("password", PASSWORD).await;
    window.send().await;
    let new_key = window.driver.find(By::Id("setup-key")).await.unwrap().text().await.unwrap();
    site.clock.wait(10 * minutes);
    window.code(&oathtool(&new_key, site.clock.now())).await;
    window.assert_refused("This set-up is over").await;
    window.go("/account").await;
    window.assert_shows("Enable two-factor authentication").await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_password_is_changed_on_another_browser() {
    if !has_all() {
        return;
    }
    let (site, key, _) = Site::with_user("frank").await;
    let (laptop, phone) = (Window::open(&site.origin).await, Window::open(&site.origin).await);
    laptop.log_in_up_to_the_code("frank").await;
    laptop.code_and_remember(&oathtool(&key, site.clock.now())).await;
    laptop.assert_shows("A device is remembered").await;
    site.clock.wait(STEP);
    phone.log_in_up_to_the_code("frank").await;
    phone.code(&oathtool(&key, site.clock.now())).await;
    phone.assert_shows("Hello, frank").await;
    // A third login has reached the code page, in a browser of somebody who knows the old password.
    let thief = Window::open(&site.origin).await;
    thief.log_in_up_to_the_code("frank").await;

    site.clock.wait(STEP);
    phone.go("/account/password").await;
    phone.fill("password", PASSWORD).await;
    phone.fill("new_password", "another password").await;
    phone.code(&oathtool(&key, site.clock.now())).await;
    phone.assert_shows("The password was changed").await;

    // On the laptop the session is over, the device forgotten and the old password wrong.
    laptop.driver.refresh().await.unwrap();
    assert_eq!(laptop.path().await, "/login");
    laptop.log_in("frank", PASSWORD).await;
    laptop.assert_refused("User name or password is wrong.").await;
    laptop.assert_closed().await;
    laptop.log_in("frank", "another password").await;
    assert_eq!(laptop.path().await, "/login/code", "the device was forgotten");

    // The third login is over, even with the right code.
    site.clock.wait(STEP);
    thief.code(&oathtool(&key, site.clock.now())).await;
    thief.assert_refused(START_AGAIN).await;
    thief.assert_closed().await;

    // The browser that made the change stays logged in.
    phone.go("/account").await;
    phone.assert_shows("Hello, frank").await;
    for window in [laptop, phone, thief] {
        window.close().await;
    }
}
