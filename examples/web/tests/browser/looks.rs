//! Every page in each of its states, on desktop and phone, light and dark: `look.js` checks it, and if `SCREENSHOTS` names a
//! folder, a picture is stored there.

use std::collections::BTreeMap;
use std::path::PathBuf;

use thirtyfour::prelude::*;

use crate::common::{Browser, DAY, PASSWORD, START, STEP, Site, oathtool, wrong};
use crate::lost::lock;
use crate::window::{SCREENS, Window, has_all, scan};

const DEVICES: [&str; 4] = [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/19.0 Safari/605.1.15",
    "something else",
];

/// A round through the pages, with the faults that were found.
struct Round<'a> {
    window: &'a Window,
    faults: Vec<String>,
    /// The title of each page.
    titles: BTreeMap<String, String>,
}

impl<'a> Round<'a> {
    fn new(window: &'a Window) -> Self {
        Self { window, faults: Vec::new(), titles: BTreeMap::new() }
    }

    /// Checks the page that is open.
    async fn look(&mut self, name: &str) {
        for screen in SCREENS {
            self.window.show_on(screen).await;
            let found = self.window.driver.execute(include_str!("look.js"), vec![]).await.unwrap();
            for fault in found.json().as_array().unwrap() {
                self.faults.push(format!("{name}, {}: {fault}", screen.name));
            }
            if let Some(folder) = std::env::var_os("SCREENSHOTS").map(PathBuf::from) {
                let png = self.window.picture(screen).await;
                std::fs::write(folder.join(format!("{name}-{}.png", screen.name)), png).unwrap();
            }
        }
        self.window.show_on(SCREENS[0]).await;
        self.titles.insert(name.to_owned(), self.window.driver.title().await.unwrap());
    }

    /// Checks a form that was refused: the title must say so.
    async fn look_refused(&mut self, name: &str, message: &str) {
        self.window.assert_refused(message).await;
        self.look(name).await;
        assert!(self.titles[name].starts_with("Error: "), "{}", self.titles[name]);
    }

    /// Fails on any fault, and if two pages have the same title (two states of one page may).
    fn end(self) {
        assert!(self.faults.is_empty(), "{:#?}", self.faults);
        for (page, title) in &self.titles {
            let page_of = |name: &str| name.split_once('-').map_or(name, |(page, _)| page).to_owned();
            for (other, _) in self.titles.iter().filter(|(_, other)| *other == title) {
                assert_eq!(page_of(other), page_of(page), "both are called {title}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_before_a_login() {
    if !has_all() {
        return;
    }
    let site = Site::start().await;
    let (_, key, _) = site.enrolled("alice").await;
    site.clock.wait(10 * STEP);
    let window = Window::open(&site.origin).await;
    let mut round = Round::new(&window);

    for (path, name) in
        [("/", "home"), ("/register", "register"), ("/login", "login"), ("/nowhere", "not-found")]
    {
        window.go(path).await;
        round.look(name).await;
    }
    window.go("/register").await;
    window.fill("username", "a name with spaces").await;
    window.fill("password", PASSWORD).await;
    window.send().await;
    round.look_refused("register-refused", "A user name has").await;
    window.log_in("alice", "not this one").await;
    round.look_refused("login-refused", "User name or password is wrong.").await;

    window.log_in_up_to_the_code("alice").await;
    round.look("code").await;
    window.code(&wrong(&key, site.clock.now())).await;
    round.look_refused("code-refused", "This code was not accepted").await;
    window.click("Use a recovery code").await;
    round.look("recovery").await;
    window.fill("recovery_code", "ABCDE-FGHIJ-KLMNO-PQRST-UVWXYZ").await;
    window.send().await;
    round.look_refused("recovery-refused", "six digits").await;
    let tab = window.driver.window().await.unwrap();
    window.another_tab("/login/code").await;
    site.clock.wait(601);
    window.code(&oathtool(&key, site.clock.now())).await;
    round.look_refused("login-again", "Please start again").await;
    window.driver.switch_to_window(tab).await.unwrap();
    window.fill("recovery_code", "ABCDE-FGHIJ-KLMNO-PQRST-UVWXYZ").await;
    window.send().await;
    round.look("out-of-date").await;

    // Twenty wrong codes.
    lock(&site, "alice", &key).await;
    window.log_in_up_to_the_code("alice").await;
    window.code(&oathtool(&key, site.clock.now())).await;
    round.look_refused("code-locked", "Too many codes were wrong").await;
    round.end();
    window.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_an_account() {
    if !has_all() {
        return;
    }
    let site = Site::start().await;
    let window = Window::open(&site.origin).await;
    let mut round = Round::new(&window);
    let name = "maximiliana.featherstonehaugh-cholmondeley@a-long-domain.example";
    site.browser().register(name).await;
    window.log_in(name, PASSWORD).await;
    round.look("account-off").await;
    window.go("/account/password").await;
    round.look("password-off").await;
    window.go("/account/two-factor/enable").await;
    round.look("enable").await;
    window.fill("password", "not this one").await;
    window.send().await;
    round.look_refused("enable-refused", "User name or password is wrong.").await;
    window.fill("password", PASSWORD).await;
    window.send().await;
    round.look("confirm").await;
    // Dark on light in both colour schemes, so that every camera can read it.
    let read = [scan(&window.picture(SCREENS[0]).await), scan(&window.picture(SCREENS[3]).await)];
    assert!(
        read[0].starts_with("otpauth://totp/Second%20Factor:maximiliana") && read[0] == read[1],
        "{read:?}"
    );
    let key = window.driver.find(By::Id("setup-key")).await.unwrap().text().await.unwrap();
    window.code(&wrong(&key, site.clock.now())).await;
    round.look_refused("confirm-refused", "This code was not accepted").await;
    window.code(&oathtool(&key, site.clock.now())).await;
    window.assert_shows("Keep your recovery codes").await;
    round.look("recovery-codes-shown").await;
    window.go("/login").await;
    window.assert_shows("Have you kept your new recovery codes?").await;
    round.look("login-codes-shown").await;
    window.go("/account/recovery-codes").await;
    window.click("I have kept them, log in").await;

    // Logins from several devices, days apart.
    for agent in DEVICES {
        site.clock.wait(2 * DAY);
        let mut browser = Browser::of_agent(&[&site.origin], agent);
        browser.log_in(name, PASSWORD).await;
        browser.code_and_remember(&oathtool(&key, site.clock.now())).await;
    }
    site.clock.wait(2 * DAY);
    window.log_in_up_to_the_code(name).await;
    window.code_and_remember(&oathtool(&key, site.clock.now())).await;
    window.assert_shows("Hello, ").await;
    round.look("account").await;
    for (path, name) in [
        ("/account/devices", "devices"),
        ("/account/authenticators", "authenticators"),
        ("/account/two-factor/enable", "add"),
        ("/account/two-factor/disable", "disable"),
        ("/account/recovery-codes", "recovery-codes"),
        ("/account/password", "password"),
    ] {
        window.go(path).await;
        round.look(name).await;
    }
    for (path, name) in
        [("/account/two-factor/disable", "disable"), ("/account/recovery-codes", "recovery-codes")]
    {
        window.go(path).await;
        window.code(&wrong(&key, site.clock.now())).await;
        round.look_refused(&format!("{name}-refused"), "This code was not accepted").await;
    }
    for (what, at) in [("Rename", "rename"), ("Remove", "remove")] {
        window.go("/account/authenticators").await;
        window.click(what).await;
        round.look(at).await;
        window.code(&wrong(&key, site.clock.now())).await;
        round.look_refused(&format!("{at}-refused"), "This code was not accepted").await;
    }
    window.go("/account/password").await;
    window.fill("password", PASSWORD).await;
    window.fill("new_password", "short").await;
    window.code("123456").await;
    round.look_refused("password-refused", "8 characters or more").await;

    window.go("/account/devices").await;
    window.click("Forget all").await;
    round.look("devices-none").await;
    site.clock.wait(STEP);
    window.go("/account/recovery-codes").await;
    window.code(&oathtool(&key, site.clock.now())).await;
    window.assert_shows("The old ones are void").await;
    round.look("recovery-codes-renewed").await;
    let mut codes = Vec::new();
    for code in window.driver.find_all(By::Css("#recovery-codes code")).await.unwrap() {
        codes.push(code.text().await.unwrap());
    }
    window.go("/account").await;
    window.assert_shows("Have you kept your new recovery codes?").await;
    round.look("account-codes-shown").await;
    window.go("/account/recovery-codes").await;
    window.click("I have kept them").await;

    // A second authenticator with the longest name, and recovery codes that run out.
    site.clock.wait(STEP);
    window.go("/account/two-factor/enable").await;
    window.fill("password", PASSWORD).await;
    window.fill("label", &"Schreibtischauthentifikator".repeat(3)[..64]).await;
    window.code(&oathtool(&key, site.clock.now())).await;
    let second = window.driver.find(By::Id("setup-key")).await.unwrap().text().await.unwrap();
    window.code(&oathtool(&second, site.clock.now() - 300)).await;
    round.look_refused("confirm-clock-off", "Your clock is off by about 300 seconds").await;
    window.code(&oathtool(&second, site.clock.now())).await;
    window.assert_shows("Your authenticator is added").await;
    round.look("added").await;
    for code in &codes[..7] {
        window.log_in_up_to_the_code(name).await;
        window.go("/login/recovery").await;
        window.fill("recovery_code", code).await;
        window.send().await;
        window.assert_shows("Hello, ").await;
    }
    window.assert_shows("You have 3 recovery codes left.").await;
    round.look("account-few-codes").await;
    window.go("/account/authenticators").await;
    round.look("authenticators-two").await;

    // Somebody else has the password.
    lock(&site, name, &key).await;
    window.go("/account").await;
    window.assert_refused("somebody may know your password").await;
    round.look("account-locked").await;
    site.clock.wait(STEP);
    let code = oathtool(&key, site.clock.now());
    for (path, at) in [
        ("/account/two-factor/disable", "disable-locked"),
        ("/account/recovery-codes", "recovery-codes-locked"),
        ("/account/two-factor/enable", "add-locked"),
        ("/account/password", "password-locked"),
    ] {
        window.go(path).await;
        for field in ["password", "new_password"] {
            if window.driver.source().await.unwrap().contains(&format!("name=\"{field}\"")) {
                window.fill(field, PASSWORD).await;
            }
        }
        window.code(&code).await;
        round.look_refused(at, "Too many codes were wrong").await;
    }
    for (what, at) in [("Rename", "rename-locked"), ("Remove", "remove-locked")] {
        window.go("/account/authenticators").await;
        window.click(what).await;
        window.code(&code).await;
        round.look_refused(at, "Too many codes were wrong").await;
    }
    round.end();
    window.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_a_site_that_demands_a_factor() {
    if !has_all() {
        return;
    }
    let site = Site::start_as(None, Some(START + DAY)).await;
    site.browser().register("alice").await;
    let window = Window::open(&site.origin).await;
    let mut round = Round::new(&window);
    window.log_in("alice", PASSWORD).await;
    window.assert_shows("on this site requires it").await;
    round.look("account-demanded").await;
    window.log_out().await;
    site.clock.wait(DAY);
    window.log_in("alice", PASSWORD).await;
    round.look("enroll").await;
    let key = window.driver.find(By::Id("setup-key")).await.unwrap().text().await.unwrap();
    window.code(&wrong(&key, site.clock.now())).await;
    round.look_refused("enroll-refused", "This code was not accepted").await;
    round.end();
    window.close().await;
}
