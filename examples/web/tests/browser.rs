//! The model flow in a real browser, headless Chromium driven by `chromedriver`: `zbarimg` reads the QR code off a screenshot,
//! and `oathtool` makes the codes. Also wrong ways through a login, a login without mouse and scripts, and checks of every page.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used, reason = "tests")]

#[path = "browser/authenticators.rs"]
mod authenticators;
mod common;
#[path = "browser/cookies.rs"]
mod cookies;
#[path = "browser/double_clicks.rs"]
mod double_clicks;
#[path = "browser/looks.rs"]
mod looks;
#[path = "browser/lost.rs"]
mod lost;
#[path = "browser/plain.rs"]
mod plain;
#[path = "browser/window.rs"]
mod window;
#[path = "browser/wrong_ways.rs"]
mod wrong_ways;

use common::{DAY, PASSWORD, STEP, Site, between, oathtool, wrong};
use thirtyfour::prelude::*;
use window::{SCREENS, Window, has_all, scan};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_model_flow_in_chromium() {
    if !has_all() {
        return;
    }
    let site = Site::start().await;
    let now = || site.clock.now();
    let laptop = Window::open(&site.origin).await;

    // 1. Register, log in.
    laptop.click("Create an account").await;
    laptop.fill("username", "alice").await;
    laptop.fill("password", PASSWORD).await;
    laptop.click("Create account").await;
    laptop.log_in("alice", PASSWORD).await;
    laptop.assert_shows("with your password alone").await;

    // 2. and 3. Enable; the password is asked for again.
    laptop.click("Enable two-factor authentication").await;
    laptop.fill("password", "not this one").await;
    laptop.click("Continue").await;
    laptop.assert_refused("User name or password is wrong.").await;
    laptop.fill("password", PASSWORD).await;
    laptop.click("Continue").await;

    // 4. Scan; a wrong code, then the right one; the recovery codes are shown.
    assert_eq!(laptop.path().await, "/account/two-factor/confirm");
    let uri = scan(&laptop.picture(SCREENS[0]).await);
    assert!(uri.starts_with("otpauth://totp/Second%20Factor:alice?"), "{uri}");
    let key = between(&format!("{uri}&"), "secret=", "&").unwrap();
    let shown = laptop.driver.find(By::Id("setup-key")).await.unwrap().text().await.unwrap();
    assert_eq!(
        shown.split_whitespace().collect::<String>(),
        key,
        "the key to copy differs from that of the QR code"
    );
    laptop.code(&wrong(&key, now())).await;
    laptop.assert_refused("This code was not accepted").await;
    laptop.code(&oathtool(&key, now())).await;
    laptop.assert_shows("Keep your recovery codes").await;
    let codes = laptop.driver.find_all(By::Css("#recovery-codes code")).await.unwrap();
    assert_eq!(codes.len(), 10);
    let recovery_code = codes[0].text().await.unwrap();
    let download = laptop.driver.find(By::LinkText("Download")).await.unwrap();
    let file = download.attr("href").await.unwrap().unwrap();
    assert!(file.starts_with("data:text/plain") && file.contains(&recovery_code), "{file}");

    // The back button does not show the secret again.
    laptop.back().await;
    assert!(!laptop.driver.source().await.unwrap().contains(&shown));

    // 5. Log in again, now with a code. The code that was used is refused.
    laptop.log_in("alice", PASSWORD).await;
    assert_eq!(laptop.path().await, "/login/code");
    laptop.code(&oathtool(&key, now())).await;
    laptop.assert_refused("This code was not accepted").await;
    site.clock.wait(STEP);
    laptop.code_and_remember(&oathtool(&key, now())).await;
    laptop.assert_shows("with your password and a code").await;
    laptop.assert_shows("A device is remembered: Chrome on Linux").await;

    // 6. No code for 30 days on this device; on a new device always.
    for _ in 0..2 {
        laptop.log_out().await;
        site.clock.wait(14 * DAY);
        laptop.log_in("alice", PASSWORD).await;
        laptop.assert_shows("on a device remembered since").await;
    }
    let phone = Window::open(&site.origin).await;
    phone.log_in("alice", PASSWORD).await;
    assert_eq!(phone.path().await, "/login/code");
    // The back button to the code page: that login is over, and the password is asked for.
    phone.back().await;
    assert_eq!(phone.path().await, "/login");
    phone.assert_closed().await;
    phone.log_in("alice", PASSWORD).await;
    phone.click("Use a recovery code").await;
    phone.fill("recovery_code", &recovery_code.to_lowercase()).await;
    phone.click("Continue").await;
    phone.assert_shows("with your password and a recovery code").await;
    phone.log_out().await;
    laptop.log_out().await;
    laptop.log_in("alice", PASSWORD).await;
    assert_eq!(laptop.path().await, "/login/code", "a recovery code forgets all devices");

    // The device is remembered again, and asked for a code after 30 days.
    laptop.code_and_remember(&oathtool(&key, now())).await;
    laptop.assert_shows("Hello, alice").await;
    laptop.click("Remembered devices").await;
    laptop.assert_shows("Chrome on Linux").await;
    laptop.log_out().await;
    site.clock.wait(30 * DAY - 1);
    laptop.log_in("alice", PASSWORD).await;
    laptop.assert_shows("on a device remembered since").await;
    laptop.log_out().await;
    site.clock.wait(1);
    laptop.log_in("alice", PASSWORD).await;
    assert_eq!(laptop.path().await, "/login/code", "30 days are over");
    laptop.close().await;
    phone.close().await;
}
