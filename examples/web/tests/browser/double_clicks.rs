//! Every button of the site, clicked twice.

use thirtyfour::prelude::*;

use crate::common::{PASSWORD, STEP, Site, oathtool};
use crate::window::{Window, has_all};

/// With scripts: the page's script drops the second click, so the browser reads the answer to the first. Without scripts the
/// browser may read the second answer, which sets no cookie, and another login follows: see `tests/http/doubled.rs`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g13_a_double_click_on_every_button() {
    if !has_all() {
        return;
    }
    let site = Site::start().await;
    let window = Window::open(&site.origin).await;
    let fresh = |key: &str| {
        site.clock.wait(STEP);
        oathtool(key, site.clock.now())
    };
    let fill = async |fields: &[(&str, &str)]| {
        for (field, text) in fields {
            window.fill(field, text).await;
        }
    };
    let credentials = [("username", "alice"), ("password", PASSWORD)];

    window.go("/register").await;
    fill(&credentials).await;
    window.double_click("Create account", "Welcome back.").await;
    fill(&credentials).await;
    window.double_click("Log in", "Hello, alice").await;

    // The set-up. After two clicks the codes are shown, and they are valid.
    window.go("/account/two-factor/enable").await;
    fill(&[("password", PASSWORD)]).await;
    window.double_click("Continue", "setup-key").await;
    let key = window.driver.find(By::Id("setup-key")).await.unwrap().text().await.unwrap();
    fill(&[("code", &oathtool(&key, site.clock.now()))]).await;
    window.double_click("Confirm", "Keep your recovery codes").await;
    let recovery_code = first_code(&window).await;
    window.double_click("I have kept them, log in", "Welcome back.").await;

    fill(&credentials).await;
    window.double_click("Log in", "Enter your code").await;
    window.double_click("Cancel", "Welcome back.").await;
    window.log_in_up_to_the_code("alice").await;
    fill(&[("code", &fresh(&key))]).await;
    window.tick("remember_device").await;
    window.double_click("Continue", "Hello, alice").await;
    window.assert_shows("with your password and a code").await;

    // The pages of the account.
    window.go("/account/authenticators").await;
    window.click("Rename").await;
    fill(&[("label", "Phone"), ("code", &fresh(&key))]).await;
    window.double_click("Rename", "A code of any of them gets you in").await;
    window.assert_shows("Phone").await;
    window.go("/account/recovery-codes").await;
    fill(&[("code", &fresh(&key))]).await;
    window.double_click("Make new recovery codes", "Keep your recovery codes").await;
    let new_code = first_code(&window).await;
    assert_ne!(new_code, recovery_code);
    window.double_click("I have kept them", "Hello, alice").await;
    window.go("/account/devices").await;
    window.double_click("Forget", "No device is remembered.").await;
    for _ in 0..2 {
        let mut device = site.browser();
        device.log_in("alice", PASSWORD).await;
        device.code_and_remember(&fresh(&key)).await;
    }
    window.driver.refresh().await.unwrap();
    window.double_click("Forget all", "No device is remembered.").await;
    window.go("/account/password").await;
    fill(&[("password", PASSWORD), ("new_password", PASSWORD), ("code", &fresh(&key))]).await;
    window.double_click("Change password", "Hello, alice").await;
    window.double_click("Log out", "Welcome back.").await;

    // The recovery codes that were shown last are the valid ones.
    window.log_in_up_to_the_code("alice").await;
    window.go("/login/recovery").await;
    fill(&[("recovery_code", &recovery_code)]).await;
    window.send().await;
    window.assert_refused("This code was not accepted").await;
    fill(&[("recovery_code", &new_code)]).await;
    window.double_click("Continue", "Hello, alice").await;
    window.double_click("Log out everywhere", "Welcome back.").await;

    window.log_in_up_to_the_code("alice").await;
    window.code(&fresh(&key)).await;
    window.go("/account/two-factor/disable").await;
    fill(&[("code", &fresh(&key))]).await;
    window.double_click("Disable two-factor authentication", "Hello, alice").await;
    window.assert_shows("two-factor authentication is off").await;

    // Another button to the same end: removing the last authenticator.
    window.go("/account/two-factor/enable").await;
    fill(&[("password", PASSWORD)]).await;
    window.send().await;
    let key = window.driver.find(By::Id("setup-key")).await.unwrap().text().await.unwrap();
    window.code(&oathtool(&key, site.clock.now())).await;
    window.click("I have kept them, log in").await;
    window.log_in_up_to_the_code("alice").await;
    window.code(&fresh(&key)).await;
    window.go("/account/authenticators").await;
    window.click("Remove").await;
    fill(&[("code", &fresh(&key))]).await;
    window.double_click("Remove", "Hello, alice").await;
    window.assert_shows("Enable two-factor authentication").await;
    for refused in ["it had been used", "it was wrong"] {
        // At most one: above, one void recovery code was typed.
        let text = window.text().await;
        assert!(text.matches(refused).count() <= 1, "the second click counted as another try: {text}");
    }
    window.close().await;
}

async fn first_code(window: &Window) -> String {
    window.driver.find(By::Css("#recovery-codes code")).await.unwrap().text().await.unwrap()
}
