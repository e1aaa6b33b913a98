//! A window of headless Chromium, driven through `chromedriver`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use thirtyfour::prelude::*;

use crate::common::{PASSWORD, between, has};

/// Whether all programs that these tests run are installed.
pub fn has_all() -> bool {
    ["chromium", "chromedriver", "zbarimg", "oathtool"].into_iter().all(has)
}

/// The screen that a window is shown on.
#[derive(Clone, Copy, Debug)]
pub struct Screen {
    pub name: &'static str,
    width: u32,
    height: u32,
    scale: u32,
    scheme: &'static str,
}

/// Desktop and phone, light and dark. A window opens on the first.
pub const SCREENS: [Screen; 4] = [
    Screen { name: "desk-light", width: 1280, height: 800, scale: 1, scheme: "light" },
    Screen { name: "desk-dark", width: 1280, height: 800, scale: 1, scheme: "dark" },
    Screen { name: "phone-light", width: 390, height: 844, scale: 2, scheme: "light" },
    Screen { name: "phone-dark", width: 390, height: 844, scale: 2, scheme: "dark" },
];

/// Chromium with a profile of its own.
pub struct Window {
    pub driver: WebDriver,
    origin: String,
    port: u16,
    process: Child,
    profile: PathBuf,
}

impl Window {
    /// Opens the first page of `origin`.
    pub async fn open(origin: &str) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::SeqCst);
        let profile =
            std::env::temp_dir().join(format!("second-factor-chromium-{}-{count}", std::process::id()));
        // The driver looks for a free port, and another process may take it before the driver does.
        let (process, port) = (0..5).find_map(|_| start_driver()).expect("chromedriver has a port");
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
            &profile_argument,
        ] {
            capabilities.add_arg(argument).unwrap();
        }
        let driver = WebDriver::new(format!("http://127.0.0.1:{port}"), capabilities).await.unwrap();
        let window = Self { driver, origin: origin.into(), port, process, profile };
        // How long the driver waits for an element that is not on the page yet.
        window.driver.set_implicit_wait_timeout(Duration::from_secs(30)).await.unwrap();
        window.show_on(SCREENS[0]).await;
        window.go("/").await;
        window
    }

    pub async fn close(self) {
        let _ = self.driver.clone().quit().await;
    }

    /// Through the address bar.
    pub async fn go(&self, path: &str) {
        self.driver.goto(format!("{}{path}", self.origin)).await.unwrap();
    }

    /// The back button, which may lead to a page that only another post could produce.
    pub async fn back(&self) {
        let _ = self.driver.back().await;
    }

    pub async fn path(&self) -> String {
        self.driver.current_url().await.unwrap().path().to_owned()
    }

    pub async fn text(&self) -> String {
        self.driver.find(By::Tag("body")).await.unwrap().text().await.unwrap()
    }

    pub async fn assert_shows(&self, text: &str) {
        let shown = self.text().await;
        assert!(shown.contains(text), "no {text:?} at {} in {shown}", self.path().await);
    }

    /// Asserts that a form was refused: the message is an alert.
    pub async fn assert_refused(&self, message: &str) {
        let alert = self.driver.find(By::Css("[role=alert]")).await.unwrap().text().await.unwrap();
        assert!(alert.contains(message), "no {message:?} at {} in {alert}", self.path().await);
    }

    /// Asserts that nobody is logged in here: the account page leads to the login.
    pub async fn assert_closed(&self) {
        self.go("/account").await;
        assert_eq!(self.path().await, "/login", "the account is open: {}", self.text().await);
    }

    pub async fn fill(&self, field: &str, text: &str) {
        let field = self.driver.find(By::Name(field)).await.unwrap();
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    pub async fn tick(&self, field: &str) {
        self.driver.find(By::Name(field)).await.unwrap().click().await.unwrap();
    }

    /// Clicks the link or button with this text, and waits for the page that it leads to.
    pub async fn click(&self, text: &str) {
        let path = format!("//*[(self::a or self::button) and normalize-space()='{text}']");
        let element = self.driver.find(By::XPath(path)).await.unwrap();
        self.follow(async || element.click().await.unwrap()).await;
    }

    /// Clicks twice, as some users do, and waits for the page with the text `end`.
    pub async fn double_click(&self, text: &str, end: &str) {
        let path = format!("//button[normalize-space()='{text}']");
        let button = self.driver.find(By::XPath(path)).await.unwrap();
        self.follow(async || {
            self.driver.action_chain().double_click_element(&button).perform().await.unwrap();
        })
        .await;
        for _ in 0..200 {
            // While a page is being replaced it has no text.
            if self.driver.source().await.is_ok_and(|source| source.contains(end)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("no {end:?} after {text:?} at {}: {}", self.path().await, self.text().await);
    }

    /// Disables scripts.
    pub async fn without_scripts(&self) {
        self.chromium("Emulation.setScriptExecutionDisabled", serde_json::json!({"value": true})).await;
    }

    /// Types with the keyboard into the focused element.
    pub async fn press(&self, keys: &str) {
        self.driver.action_chain().send_keys(keys).perform().await.unwrap();
    }

    /// Sends the form of the page.
    pub async fn send(&self) {
        let button = self.driver.find(By::Css("main .card > form button:not([type=button])")).await.unwrap();
        self.follow(async || button.click().await.unwrap()).await;
    }

    /// Runs `act`, and waits until another page has replaced this one and is complete.
    pub async fn follow(&self, act: impl AsyncFnOnce()) {
        let page = self.driver.find(By::Tag("html")).await.unwrap();
        act().await;
        page.wait_until()
            .wait(Duration::from_secs(30), Duration::from_millis(10))
            .error("no other page followed")
            .stale()
            .await
            .unwrap();
        self.driver.find(By::Tag("footer")).await.unwrap();
    }

    pub async fn log_in(&self, name: &str, password: &str) {
        self.go("/login").await;
        self.fill("username", name).await;
        self.fill("password", password).await;
        self.click("Log in").await;
    }

    /// Types the password that all users have here; the site then asks for a code.
    pub async fn log_in_up_to_the_code(&self, name: &str) {
        self.log_in(name, PASSWORD).await;
        assert_eq!(self.path().await, "/login/code", "{}", self.text().await);
    }

    /// Types a code and sends the form.
    pub async fn code(&self, code: &str) {
        self.fill("code", code).await;
        self.send().await;
    }

    /// Types a code and ticks "remember me".
    pub async fn code_and_remember(&self, code: &str) {
        self.tick("remember_device").await;
        self.code(code).await;
    }

    pub async fn log_out(&self) {
        self.click("Log out").await;
        assert_eq!(self.path().await, "/login");
    }

    /// The cookie whose name has this prefix.
    pub async fn cookie(&self, prefix: &str) -> Cookie {
        let cookies = self.driver.get_all_cookies().await.unwrap();
        cookies.into_iter().find(|cookie| cookie.name.starts_with(prefix)).expect("a cookie with this prefix")
    }

    /// Opens a second tab at the path, in front.
    pub async fn another_tab(&self, path: &str) -> WindowHandle {
        let tab = self.driver.new_tab().await.unwrap();
        self.driver.switch_to_window(tab.clone()).await.unwrap();
        self.go(path).await;
        tab
    }

    /// Sets a cookie in this browser, replacing the one of the same name.
    pub async fn put_cookie(&self, name: &str, value: &str) {
        let mut cookie = Cookie::new(name, value);
        cookie.set_path("/");
        cookie.set_http_only(true);
        self.driver.add_cookie(cookie).await.unwrap();
        assert_eq!(self.cookie(name).await.value, value);
    }

    /// Emulates this screen, whatever the machine has.
    pub async fn show_on(&self, screen: Screen) {
        self.resize(screen, screen.height).await;
        let features = serde_json::json!([{"name": "prefers-color-scheme", "value": screen.scheme}]);
        self.chromium("Emulation.setEmulatedMedia", serde_json::json!({"features": features})).await;
    }

    async fn resize(&self, screen: Screen, height: u32) {
        let size = serde_json::json!({
            "width": screen.width, "height": height, "deviceScaleFactor": screen.scale, "mobile": screen.width < 500,
        });
        self.chromium("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// A command of the Chromium protocol, for what WebDriver lacks.
    pub async fn chromium(&self, command: &str, parameters: serde_json::Value) {
        self.driver.cdp().send_raw(command, parameters).await.unwrap();
    }

    /// A picture of the whole page.
    pub async fn picture(&self, screen: Screen) -> Vec<u8> {
        self.show_on(screen).await;
        let height =
            self.driver.execute("return document.documentElement.scrollHeight", vec![]).await.unwrap();
        let height = u32::try_from(height.json().as_u64().unwrap()).unwrap();
        self.resize(screen, height.max(screen.height)).await;
        let png = self.driver.screenshot_as_png().await.unwrap();
        self.show_on(screen).await;
        png
    }
}

fn start_driver() -> Option<(Child, u16)> {
    let mut process = Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let port = lines.find_map(|line| between(&line.unwrap(), "started successfully on port ", "."));
    let Some(port) = port else {
        process.wait().unwrap();
        return None;
    };
    std::thread::spawn(move || lines.for_each(drop));
    Some((process, port.parse().unwrap()))
}

/// Runs also when the test fails, so that no browser stays behind.
impl Drop for Window {
    fn drop(&mut self) {
        let _ = self.driver.clone().leak();
        // A killed driver leaves its Chromium running. Told to shut down, it ends Chromium and then itself.
        if let Ok(mut driver) = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)) {
            let _ =
                driver.write_all(b"GET /shutdown HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            let _ = driver.read_to_end(&mut Vec::new());
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}

/// What a phone's camera reads.
pub fn scan(png: &[u8]) -> String {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let count = COUNT.fetch_add(1, Ordering::SeqCst);
    let file = std::env::temp_dir().join(format!("second-factor-qr-{}-{count}.png", std::process::id()));
    std::fs::write(&file, png).unwrap();
    let output = Command::new("zbarimg").args(["--quiet", "--raw"]).arg(&file).output().unwrap();
    std::fs::remove_file(&file).unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
