//! Several authenticators, and an authenticator that the site requires.

use thirtyfour::components::SelectElement;
use thirtyfour::prelude::*;

use crate::common::{PASSWORD, START, STEP, Site, between, oathtool, wrong};
use crate::window::{SCREENS, Window, has_all, scan};

const NOT_ACCEPTED: &str = "This code was not accepted";

/// The setup key of the page, read from its QR code.
async fn scanned(window: &Window) -> String {
    let uri = scan(&window.picture(SCREENS[0]).await);
    between(&format!("{uri}&"), "secret=", "&").unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn either_of_two_authenticators_and_not_a_removed_one() {
    if !has_all() {
        return;
    }
    let (site, phone, _) = Site::with_user("alice").await;
    let fresh = |key: &str| {
        site.clock.wait(STEP);
        oathtool(key, site.clock.now())
    };
    let window = Window::open(&site.origin).await;
    window.log_in_up_to_the_code("alice").await;
    window.code(&fresh(&phone)).await;

    // A second one, from the list of authenticators.
    window.click("Authenticators").await;
    window.assert_shows("Authenticator app").await;
    window.click("Add or replace").await;
    window.fill("password", PASSWORD).await;
    window.fill("label", "Tablet").await;
    let place = window.driver.find(By::Name("replacing")).await.unwrap();
    let place = SelectElement::new(&place).await.unwrap();
    assert_eq!(
        place.first_selected_option().await.unwrap().text().await.unwrap(),
        "None: add it beside the others"
    );
    window.code(&fresh(&phone)).await;
    let tablet = scanned(&window).await;
    assert_ne!(tablet, phone);
    window.code(&oathtool(&tablet, site.clock.now())).await;
    window.assert_shows("Your authenticator is added").await;

    // Each of them logs in.
    for key in [&phone, &tablet] {
        window.log_in_up_to_the_code("alice").await;
        window.code(&fresh(key)).await;
        window.assert_shows("with your password and a code").await;
        window.log_out().await;
    }

    // Remove the phone: with a wrong code it stays, with a code of the tablet it goes.
    window.log_in_up_to_the_code("alice").await;
    window.code(&fresh(&tablet)).await;
    window.click("Authenticators").await;
    window.click("Remove").await;
    window.assert_shows("Remove Authenticator app").await;
    window.code(&wrong(&tablet, site.clock.now())).await;
    window.assert_refused(NOT_ACCEPTED).await;
    window.code(&fresh(&tablet)).await;
    window.assert_shows("Tablet").await;
    assert!(
        !window.text().await.contains("Authenticator app, since 15 Jan 2027\nLast used 15 Jan 2027, 08:00")
    );
    assert_eq!(window.driver.find_all(By::LinkText("Remove")).await.unwrap().len(), 1);
    window.log_out().await;
    window.log_in_up_to_the_code("alice").await;
    window.code(&fresh(&phone)).await;
    window.assert_refused(NOT_ACCEPTED).await;
    window.assert_closed().await;
    window.go("/login/code").await;
    window.code(&fresh(&tablet)).await;
    window.assert_shows("An authenticator was removed: Authenticator app").await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_demanded_authenticator_is_set_up_in_the_login() {
    if !has_all() {
        return;
    }
    let site = Site::start_as(None, Some(START)).await;
    site.browser().register("bob").await;
    let window = Window::open(&site.origin).await;
    window.log_in("bob", PASSWORD).await;
    assert_eq!(window.path().await, "/login/enroll");
    window.assert_shows("this site requires two-factor authentication").await;
    window.assert_closed().await;
    window.go("/login/enroll").await;
    let key = scanned(&window).await;
    window.code(&oathtool(&key, site.clock.now() - 120)).await;
    window.assert_refused("Your clock is off by about 120 seconds").await;
    window.code(&oathtool(&key, site.clock.now())).await;
    window.click("I have kept them, log in").await;
    window.log_in_up_to_the_code("bob").await;
    site.clock.wait(STEP);
    window.code(&oathtool(&key, site.clock.now())).await;
    window.assert_shows("Hello, bob").await;

    // It cannot be disabled: the account page does not offer it, and the other page says why.
    assert!(!window.text().await.contains("Disable"));
    window.go("/account/two-factor/disable").await;
    site.clock.wait(STEP);
    window.code(&oathtool(&key, site.clock.now())).await;
    window
        .assert_refused("Two-factor authentication is required here, so your last authenticator stays")
        .await;
    window.close().await;
}
