//! Cookies that were tampered with, stolen, forgotten or kept too long: the site asks for a code and shows no account.

use crate::common::{DAY, PASSWORD, STEP, Site, flip, oathtool};
use crate::window::{Window, has_all};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cookies_that_were_tampered_with() {
    if !has_all() {
        return;
    }
    let (site, key, _) = Site::with_user("eve").await;
    let eve = Window::open(&site.origin).await;
    eve.log_in_up_to_the_code("eve").await;
    eve.code_and_remember(&oathtool(&key, site.clock.now())).await;
    eve.assert_shows("Hello, eve").await;

    // The session cookie: changed, made up, empty. With its old value it is valid again.
    let session = eve.cookie("session").await.value;
    for value in [flip(&session), "AAAAAAAAAAAAAAAAAAAAAA".into(), String::new()] {
        eve.put_cookie("session", &value).await;
        eve.assert_closed().await;
    }
    eve.put_cookie("session", &session).await;
    eve.go("/account").await;
    eve.assert_shows("Hello, eve").await;

    // The device cookie, `d1.body.tag`: with a changed body, no body, cut off, and too long.
    let device = eve.cookie("device-").await;
    let thief = Window::open(&site.origin).await;
    for value in [&*flip(&device.value), "", "d1.x.y", &device.value[..20], &"d".repeat(3000)] {
        thief.put_cookie(&device.name, value).await;
        thief.log_in_up_to_the_code("eve").await;
        thief.assert_closed().await;
    }
    // None of that changed Eve's own cookie, which is replaced at each login.
    for _ in 0..2 {
        eve.log_out().await;
        site.clock.wait(DAY);
        eve.log_in("eve", PASSWORD).await;
        eve.assert_shows("on a device remembered since").await;
    }

    // A token that was replaced twice turns up: somebody copied it. All devices and sessions end, and Eve is told.
    thief.put_cookie(&device.name, &device.value).await;
    thief.log_in_up_to_the_code("eve").await;
    thief.assert_closed().await;
    eve.assert_closed().await;
    eve.log_in_up_to_the_code("eve").await;
    eve.code(&oathtool(&key, site.clock.now())).await;
    eve.assert_shows("cookie turned up").await;
    thief.close().await;
    eve.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_device_cookie_of_another_user() {
    if !has_all() {
        return;
    }
    let (site, key, _) = Site::with_user("eve").await;
    let eve = Window::open(&site.origin).await;
    eve.log_in_up_to_the_code("eve").await;
    eve.code_and_remember(&oathtool(&key, site.clock.now())).await;
    eve.assert_shows("A device is remembered").await;
    let hers = eve.cookie("device-").await;

    let (_, mallory_key, _) = site.enrolled("mallory").await;
    site.clock.wait(STEP);
    let mallory = Window::open(&site.origin).await;
    mallory.log_in_up_to_the_code("mallory").await;
    mallory.code_and_remember(&oathtool(&mallory_key, site.clock.now())).await;
    mallory.assert_shows("A device is remembered").await;
    mallory.log_out().await;

    // Eve's value under the name of Mallory's cookie: refused. Under its own name, together with Mallory's cookie: his own device counts.
    let own = mallory.cookie("device-").await;
    assert_ne!(own.name, hers.name);
    mallory.put_cookie(&own.name, &hers.value).await;
    mallory.log_in_up_to_the_code("mallory").await;
    mallory.assert_closed().await;
    mallory.driver.delete_cookie(&own.name).await.unwrap();
    mallory.put_cookie(&hers.name, &hers.value).await;
    mallory.log_in_up_to_the_code("mallory").await;
    mallory.assert_closed().await;

    // The other way round: Mallory's value under the name of Eve's cookie does not let her in.
    mallory.put_cookie(&hers.name, &own.value).await;
    mallory.log_in_up_to_the_code("eve").await;
    mallory.assert_closed().await;

    // Eve's cookie still works, and so does Mallory's.
    eve.log_out().await;
    eve.log_in("eve", PASSWORD).await;
    eve.assert_shows("on a device remembered since").await;
    mallory.put_cookie(&own.name, &own.value).await;
    mallory.log_in("mallory", PASSWORD).await;
    mallory.assert_shows("on a device remembered since").await;
    mallory.close().await;
    eve.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_that_was_forgotten_or_is_too_old() {
    if !has_all() {
        return;
    }
    let (site, key, _) = Site::with_user("kim").await;
    let window = Window::open(&site.origin).await;
    window.log_in_up_to_the_code("kim").await;
    window.code_and_remember(&oathtool(&key, site.clock.now())).await;
    window.log_out().await;

    // No code at the last second of the 30 days; a code at the next.
    site.clock.wait(30 * DAY - 1);
    window.log_in("kim", PASSWORD).await;
    window.assert_shows("on a device remembered since").await;
    window.log_out().await;
    site.clock.wait(1);
    window.log_in_up_to_the_code("kim").await;
    window.assert_closed().await;

    // The owner forgets the device.
    window.log_in_up_to_the_code("kim").await;
    window.code_and_remember(&oathtool(&key, site.clock.now())).await;
    window.click("Remembered devices").await;
    window.click("Forget").await;
    window.assert_shows("No device is remembered.").await;
    window.log_out().await;
    window.log_in_up_to_the_code("kim").await;
    window.assert_closed().await;
    window.close().await;
}
