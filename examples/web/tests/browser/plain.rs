//! A login without a mouse and without scripts.

use thirtyfour::Key;
use thirtyfour::prelude::*;

use crate::common::{PASSWORD, STEP, Site, oathtool};
use crate::window::{Window, has_all};

async fn type_and_enter(window: &Window, keys: String) {
    window
        .follow(async || {
            window.driver.action_chain().send_keys(keys).send_keys(Key::Enter).perform().await.unwrap();
        })
        .await;
}

/// The name of the focused element.
async fn focused(window: &Window) -> String {
    let element = window.driver.active_element().await.unwrap();
    let name = element.attr("name").await.unwrap().unwrap_or_default();
    if name.is_empty() { element.text().await.unwrap() } else { name }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_with_the_keyboard_alone_and_no_script() {
    if !has_all() {
        return;
    }
    let site = Site::start().await;
    let (_, key, _) = site.enrolled("lena").await;
    site.clock.wait(STEP);
    let window = Window::open(&site.origin).await;
    window.without_scripts().await;

    window.go("/login").await;
    assert_eq!(focused(&window).await, "username");
    type_and_enter(&window, format!("lena{}{PASSWORD}", char::from(Key::Tab))).await;
    assert_eq!(window.path().await, "/login/code");
    assert_eq!(focused(&window).await, "code");
    // On to the checkbox, which the space bar ticks, and to the button.
    window
        .driver
        .action_chain()
        .send_keys(Key::Tab)
        .send_keys(" ")
        .send_keys(Key::Tab)
        .perform()
        .await
        .unwrap();
    assert_eq!(focused(&window).await, "Continue");
    assert!(window.driver.find(By::Name("remember_device")).await.unwrap().is_selected().await.unwrap());
    for expected in ["Use a recovery code", "Cancel"] {
        window.driver.action_chain().send_keys(Key::Tab).perform().await.unwrap();
        assert_eq!(focused(&window).await, expected);
    }
    window.driver.find(By::Name("code")).await.unwrap().focus().await.unwrap();
    type_and_enter(&window, oathtool(&key, site.clock.now())).await;
    window.assert_shows("with your password and a code").await;

    // The first Tab of a page offers to skip the header.
    window.driver.action_chain().send_keys(Key::Tab).perform().await.unwrap();
    assert_eq!(focused(&window).await, "Skip to content");

    // The copy button needs a script, so without scripts it is hidden.
    window.go("/account/recovery-codes").await;
    site.clock.wait(STEP);
    window.code(&oathtool(&key, site.clock.now())).await;
    window.assert_shows("Keep your recovery codes").await;
    let copy = window.driver.find(By::Css("button[data-copy]")).await.unwrap();
    assert!(!copy.is_displayed().await.unwrap());
    window.close().await;
}
