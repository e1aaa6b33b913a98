//! The model flow in a real browser: headless Chromium through `chromedriver`. The QR code is read off a screenshot by `zbarimg`,
//! the codes are made by `oathtool`.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used, reason = "tests")]

mod common;

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use common::{DAY, PASSWORD, STEP, Site, between, has, oathtool, wrong};
use thirtyfour::prelude::*;

/// Chromium with a profile of its own.
struct Window {
    driver: WebDriver,
    process: Child,
    profile: PathBuf,
}

impl Window {
    async fn open() -> Self {
        static COUNT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let profile =
            std::env::temp_dir().join(format!("second-factor-chromium-{}-{count}", std::process::id()));
        let mut process =
            Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = lines
            .find_map(|line| between(&line.unwrap(), "started successfully on port ", "."))
            .expect("chromedriver says its port");
        std::thread::spawn(move || lines.for_each(drop));
        let mut capabilities = DesiredCapabilities::chrome();
        let profile_argument = format!("--user-data-dir={}", profile.display());
        for argument in [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            "--window-size=1100,900",
            &profile_argument,
        ] {
            capabilities.add_arg(argument).unwrap();
        }
        let driver = WebDriver::new(format!("http://127.0.0.1:{port}"), capabilities).await.unwrap();
        Self { driver, process, profile }
    }

    async fn close(self) {
        let _ = self.driver.clone().quit().await;
    }

    async fn go(&self, url: &str) {
        self.driver.goto(url).await.unwrap();
    }

    async fn path(&self) -> String {
        self.driver.current_url().await.unwrap().path().to_owned()
    }

    async fn text(&self) -> String {
        self.driver.find(By::Tag("body")).await.unwrap().text().await.unwrap()
    }

    async fn assert_shows(&self, text: &str) {
        let shown = self.text().await;
        assert!(shown.contains(text), "no {text:?} at {} in {shown}", self.path().await);
    }

    async fn fill(&self, field: &str, text: &str) {
        let field = self.driver.find(By::Name(field)).await.unwrap();
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Clicks what is called so, and waits for the page that it leads to.
    async fn click(&self, text: &str) {
        let path = format!("//*[(self::a or self::button) and normalize-space()='{text}']");
        self.follow(By::XPath(path)).await;
    }

    async fn follow(&self, element: By) {
        let page = self.driver.find(By::Tag("html")).await.unwrap();
        self.driver.find(element).await.unwrap().click().await.unwrap();
        for _ in 0..3000 {
            // The page before is gone, and the one after it is all there.
            if page.tag_name().await.is_err()
                && let Ok(state) = self.driver.execute("return document.readyState", vec![]).await
                && state.json() == "complete"
            {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("no other page came");
    }

    async fn log_in(&self, origin: &str, name: &str) {
        self.go(&format!("{origin}/login")).await;
        self.fill("username", name).await;
        self.fill("password", PASSWORD).await;
        self.click("Log in").await;
    }

    /// Types a code and sends the form.
    async fn code(&self, code: &str) {
        self.fill("code", code).await;
        self.follow(By::Css("main .card > form button:not([type=button])")).await;
    }

    /// By the back button, which may lead to a page that only another post could make again.
    async fn back(&self) {
        let _ = self.driver.back().await;
    }

    async fn log_out(&self) {
        self.click("Log out").await;
        assert_eq!(self.path().await, "/login");
    }

    /// A picture of the whole page, kept where `SCREENSHOTS` names a folder.
    async fn picture(&self, name: &str) -> Vec<u8> {
        let png = self.driver.screenshot_as_png().await.unwrap();
        if let Some(folder) = std::env::var_os("SCREENSHOTS").map(PathBuf::from) {
            std::fs::write(folder.join(format!("{name}.png")), &png).unwrap();
            for (size, (width, height)) in [("phone", (390, 844)), ("desk", (1100, 900))] {
                self.driver.set_window_rect(0, 0, width, height).await.unwrap();
                let png = self.driver.screenshot_as_png().await.unwrap();
                std::fs::write(folder.join(format!("{name}-{size}.png")), &png).unwrap();
            }
        }
        png
    }
}

/// Also when the test fails: no browser stays behind.
impl Drop for Window {
    fn drop(&mut self) {
        let _ = self.driver.clone().leak();
        // Asked to end, the driver ends its Chromium.
        let _ = Command::new("kill").arg(self.process.id().to_string()).status();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}

fn has_all() -> bool {
    ["chromium", "chromedriver", "zbarimg", "oathtool"].into_iter().all(has)
}

/// What a phone's camera makes of it.
fn scan(png: &[u8]) -> String {
    let file = std::env::temp_dir().join(format!("second-factor-qr-{}.png", std::process::id()));
    std::fs::write(&file, png).unwrap();
    let output = Command::new("zbarimg").args(["--quiet", "--raw"]).arg(&file).output().unwrap();
    std::fs::remove_file(&file).unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_model_flow_in_chromium() {
    if !has_all() {
        return;
    }
    let site = Site::start().await;
    let (origin, now) = (site.origin.as_str(), || site.clock.now());
    let laptop = Window::open().await;

    // 1. Register, log in.
    laptop.go(origin).await;
    laptop.picture("home").await;
    laptop.click("Create an account").await;
    laptop.picture("register").await;
    laptop.fill("username", "alice").await;
    laptop.fill("password", PASSWORD).await;
    laptop.click("Create account").await;
    laptop.picture("login").await;
    laptop.log_in(origin, "alice").await;
    laptop.assert_shows("with your password alone").await;
    laptop.picture("account-off").await;

    // 2. and 3. Enable; the password again.
    laptop.click("Enable two-factor authentication").await;
    laptop.fill("password", "not this one").await;
    laptop.click("Continue").await;
    laptop.assert_shows("User name or password is wrong.").await;
    laptop.picture("enable-refused").await;
    laptop.fill("password", PASSWORD).await;
    laptop.click("Continue").await;

    // 4. Scan; a wrong code, the right one; recovery codes once.
    assert_eq!(laptop.path().await, "/account/two-factor/confirm");
    let uri = scan(&laptop.picture("confirm").await);
    assert!(uri.starts_with("otpauth://totp/Second%20Factor:alice?"), "{uri}");
    let key = between(&format!("{uri}&"), "secret=", "&").unwrap();
    let shown = laptop.driver.find(By::Id("setup-key")).await.unwrap().text().await.unwrap();
    assert_eq!(shown.split_whitespace().collect::<String>(), key, "the key to copy is that of the QR code");
    laptop.code(&wrong(&key, now())).await;
    laptop.assert_shows("This code was not accepted").await;
    laptop.code(&oathtool(&key, now())).await;
    laptop.assert_shows("Keep your recovery codes").await;
    laptop.picture("recovery-codes").await;
    let codes = laptop.driver.find_all(By::Css("#recovery-codes code")).await.unwrap();
    assert_eq!(codes.len(), 10);
    let recovery_code = codes[0].text().await.unwrap();
    let download = laptop.driver.find(By::LinkText("Download")).await.unwrap();
    let file = download.attr("href").await.unwrap().unwrap();
    assert!(file.starts_with("data:text/plain") && file.contains(&recovery_code), "{file}");

    // By the back button the secret does not come again.
    laptop.back().await;
    assert!(!laptop.driver.source().await.unwrap().contains(&key[..8]));

    // 5. Log in again, now with a code: not with the one that was used.
    laptop.log_in(origin, "alice").await;
    assert_eq!(laptop.path().await, "/login/code");
    laptop.picture("code").await;
    laptop.code(&oathtool(&key, now())).await;
    laptop.assert_shows("This code was not accepted").await;
    laptop.picture("code-refused").await;
    site.clock.wait(STEP);
    laptop.driver.find(By::Name("remember_device")).await.unwrap().click().await.unwrap();
    laptop.code(&oathtool(&key, now())).await;
    laptop.assert_shows("with your password and a code").await;
    laptop.assert_shows("A device is remembered: Chrome on Linux").await;
    laptop.picture("account").await;

    // 6. Not asked here for 30 days; on a new device always.
    for _ in 0..2 {
        laptop.log_out().await;
        site.clock.wait(14 * DAY);
        laptop.log_in(origin, "alice").await;
        laptop.assert_shows("on a device remembered since").await;
    }
    let phone = Window::open().await;
    phone.log_in(origin, "alice").await;
    assert_eq!(phone.path().await, "/login/code");
    // Back into the middle: the password page, which asks for the password.
    phone.back().await;
    phone.go(&format!("{origin}/account")).await;
    assert_eq!(phone.path().await, "/login");
    phone.log_in(origin, "alice").await;
    phone.click("Use a recovery code").await;
    phone.picture("recovery").await;
    phone.fill("recovery_code", &recovery_code.to_lowercase()).await;
    phone.click("Continue").await;
    phone.assert_shows("with your password and a recovery code").await;
    phone.log_out().await;
    laptop.log_out().await;
    laptop.log_in(origin, "alice").await;
    assert_eq!(laptop.path().await, "/login/code", "the recovery code made all devices be forgotten");

    // Remembered again, and asked again when the 30 days are over.
    laptop.driver.find(By::Name("remember_device")).await.unwrap().click().await.unwrap();
    laptop.code(&oathtool(&key, now())).await;
    laptop.assert_shows("Hello, alice").await;
    laptop.click("Remembered devices").await;
    laptop.assert_shows("Chrome on Linux").await;
    laptop.picture("devices").await;
    laptop.log_out().await;
    site.clock.wait(30 * DAY - 1);
    laptop.log_in(origin, "alice").await;
    laptop.assert_shows("on a device remembered since").await;
    laptop.log_out().await;
    site.clock.wait(1);
    laptop.log_in(origin, "alice").await;
    assert_eq!(laptop.path().await, "/login/code", "30 days are over");
    laptop.close().await;
    phone.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_wrong_ways_in_chromium() {
    if !has_all() {
        return;
    }
    let site = Site::start().await;
    let (origin, now) = (site.origin.as_str(), || site.clock.now());
    let (_, key, codes) = site.enrolled("bob").await;
    let window = Window::open().await;

    // Five wrong codes, and then the right one by the back button.
    site.clock.wait(STEP);
    window.log_in(origin, "bob").await;
    for _ in 0..4 {
        window.code(&wrong(&key, now())).await;
        window.assert_shows("This code was not accepted").await;
    }
    window.code(&wrong(&key, now())).await;
    window.assert_shows("Please start again").await;
    window.go(&format!("{origin}/login/code")).await;
    assert_eq!(window.path().await, "/login");

    // Two tabs: the code is typed in both.
    window.log_in(origin, "bob").await;
    let first = window.driver.window().await.unwrap();
    let second = window.driver.new_tab().await.unwrap();
    window.driver.switch_to_window(second).await.unwrap();
    window.go(&format!("{origin}/login/code")).await;
    window.code(&oathtool(&key, now())).await;
    window.assert_shows("Hello, bob").await;
    window.driver.switch_to_window(first).await.unwrap();
    window.code(&oathtool(&key, now())).await;
    window.assert_shows("Nothing was done").await;
    window.go(&format!("{origin}/account")).await;
    window.assert_shows("Hello, bob").await;

    // Each sensitive step asks for a fresh code.
    for (path, button) in [
        ("/account/recovery-codes", "Make new recovery codes"),
        ("/account/two-factor/disable", "Disable two-factor authentication"),
    ] {
        window.go(&format!("{origin}{path}")).await;
        window.picture(path.rsplit('/').next().unwrap()).await;
        window.fill("code", &oathtool(&key, now())).await;
        window.click(button).await;
        window.assert_shows("This code was not accepted").await;
    }

    // The challenge expires under the code page.
    window.log_out().await;
    window.log_in(origin, "bob").await;
    site.clock.wait(601);
    window.code(&oathtool(&key, now())).await;
    window.assert_shows("Please start again").await;

    // The password is changed on another browser, with a recovery code.
    window.log_in(origin, "bob").await;
    window.code(&oathtool(&key, now())).await;
    window.assert_shows("Hello, bob").await;
    let other = Window::open().await;
    other.log_in(origin, "bob").await;
    site.clock.wait(STEP);
    other.code(&oathtool(&key, now())).await;
    other.go(&format!("{origin}/account/password")).await;
    other.picture("password").await;
    other.fill("password", PASSWORD).await;
    other.fill("new_password", "another password").await;
    other.driver.find(By::Tag("summary")).await.unwrap().click().await.unwrap();
    other.fill("recovery_code", &codes[0]).await;
    other.click("Change password").await;
    other.assert_shows("The password was changed").await;
    other.picture("account-after").await;
    window.driver.refresh().await.unwrap();
    assert_eq!(window.path().await, "/login");

    // A session cookie that was tampered with.
    other.driver.delete_cookie("session").await.unwrap();
    let mut cookie = Cookie::new("session", "AAAAAAAAAAAAAAAAAAAAAA");
    cookie.set_path("/");
    other.driver.add_cookie(cookie).await.unwrap();
    other.go(&format!("{origin}/account")).await;
    assert_eq!(other.path().await, "/login");
    other.close().await;
    window.close().await;
}
