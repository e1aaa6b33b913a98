//! Locked out by somebody's guesses, without the phone, or still logged in on another device.

use thirtyfour::Key;
use thirtyfour::components::SelectElement;
use thirtyfour::prelude::*;

use crate::common::{PASSWORD, STEP, Site, between, oathtool, wrong};
use crate::window::{SCREENS, Window, has_all, scan};

/// Somebody else types twenty wrong codes.
pub async fn lock(site: &Site, name: &str, key: &str) {
    for _ in 0..4 {
        let mut thief = site.browser();
        thief.log_in(name, PASSWORD).await;
        for _ in 0..5 {
            thief.code(&wrong(key, site.clock.now())).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_owner_gets_in_by_a_field_for_each_code() {
    if !has_all() {
        return;
    }
    let (site, key, _) = Site::with_user("olga").await;
    lock(&site, "olga", &key).await;
    let window = Window::open(&site.origin).await;
    let next = || {
        site.clock.wait(STEP);
        oathtool(&key, site.clock.now())
    };
    let fields = async || window.driver.find_all(By::Name("code")).await.unwrap();
    let values = async || {
        let mut values = Vec::new();
        for field in fields().await {
            values.push(field.prop("value").await.unwrap().unwrap());
        }
        values
    };
    window.log_in_up_to_the_code("olga").await;
    assert_eq!(fields().await.len(), 1);
    window.code(&next()).await;
    window.assert_refused("Too many codes were wrong").await;
    window.assert_refused("A single code is accepted again from").await;
    assert_eq!(fields().await.len(), 4);

    // A wrong row: the fields stay.
    let row = [next(), next(), next()];
    for code in &row {
        window.press(code).await;
    }
    assert_eq!(values().await[..3], row, "the focus did not move to the next field by itself");
    window.send().await;
    window.assert_refused("A code is six digits").await;
    assert_eq!(fields().await.len(), 4);
    for code in [&row[0], &row[1], &row[2], &wrong(&key, site.clock.now())] {
        window.press(code).await;
    }
    window.send().await;
    window.assert_refused("This code was not accepted").await;

    // The next codes, sent with the Enter key.
    let row = [next(), next(), next(), next()];
    for code in &row {
        window.press(code).await;
    }
    assert_eq!(values().await, row);
    window.follow(async || window.press(&char::from(Key::Enter).to_string()).await).await;
    window.assert_shows("with your password and codes in a row").await;

    // The same within a session; all codes are pasted into the first field.
    window.go("/account/recovery-codes").await;
    window.code(&next()).await;
    window.assert_refused("Too many codes were wrong").await;
    let row = [next(), next(), next(), next()];
    let first = fields().await.remove(0);
    let paste =
        "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input', {bubbles: true}))";
    let arguments = vec![first.to_json().unwrap(), row.join(" ").into()];
    window.driver.execute(paste, arguments).await.unwrap();
    assert_eq!(values().await, row);
    window.send().await;
    window.assert_shows("Keep your recovery codes").await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_phone_is_replaced_with_the_password_alone() {
    if !has_all() {
        return;
    }
    let (site, lost, codes) = Site::with_user("liam").await;
    let window = Window::open(&site.origin).await;
    window.log_in_up_to_the_code("liam").await;
    window.click("Use a recovery code").await;
    window.fill("recovery_code", &codes[0]).await;
    window.send().await;
    window.assert_shows("with your password and a recovery code").await;
    window.click("Authenticators").await;
    window.click("Add or replace").await;
    let place = window.driver.find(By::Name("replacing")).await.unwrap();
    let place = SelectElement::new(&place).await.unwrap();
    let chosen = place.first_selected_option().await.unwrap().text().await.unwrap();
    assert_eq!(chosen, "Authenticator app", "the lost authenticator is preselected");
    window.fill("password", PASSWORD).await;
    window.send().await;
    let uri = scan(&window.picture(SCREENS[0]).await);
    let key = between(&format!("{uri}&"), "secret=", "&").unwrap();
    window.code(&oathtool(&key, site.clock.now())).await;
    window.assert_shows("Keep your recovery codes").await;
    window.driver.refresh().await.unwrap();
    window.go("/account/recovery-codes").await;
    window.click("I have kept them, log in").await;

    site.clock.wait(STEP);
    window.log_in_up_to_the_code("liam").await;
    window.code(&oathtool(&lost, site.clock.now())).await;
    window.assert_refused("This code was not accepted").await;
    window.code(&oathtool(&key, site.clock.now())).await;
    window.assert_shows("Hello, liam").await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logged_out_everywhere_by_one_button() {
    if !has_all() {
        return;
    }
    let (site, key, _) = Site::with_user("mary").await;
    let (here, there) = (Window::open(&site.origin).await, Window::open(&site.origin).await);
    for window in [&here, &there] {
        site.clock.wait(STEP);
        window.log_in_up_to_the_code("mary").await;
        window.code_and_remember(&oathtool(&key, site.clock.now())).await;
        window.assert_shows("Hello, mary").await;
    }
    here.click("Log out everywhere").await;
    for window in [&here, &there] {
        window.assert_closed().await;
        window.log_in_up_to_the_code("mary").await;
    }
    site.clock.wait(STEP);
    here.code(&oathtool(&key, site.clock.now())).await;
    here.assert_shows("All sessions were ended").await;

    // The account page shows a step-up.
    here.go("/account/recovery-codes").await;
    site.clock.wait(STEP);
    here.code(&oathtool(&key, site.clock.now())).await;
    here.click("I have kept them").await;
    here.assert_shows("You last confirmed that it is you").await;
    here.close().await;
    there.close().await;
}
