//! A simple HTTP client as the browser, the site in this process with the test's own clock, and codes from `oathtool`.
#![allow(dead_code, reason = "each test uses a part")]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use second_factor_web::{App, Clock, Settings, UnixTime, serve};

/// The middle of a time step, so that the code of this second is the one of this step.
pub const START: u64 = 1_800_000_015;
pub const STEP: u64 = 30;
pub const DAY: u64 = 24 * 60 * 60;
pub const PASSWORD: &str = "correct horse battery staple";

#[derive(Clone, Debug)]
pub struct TestClock(Arc<AtomicU64>);

impl TestClock {
    pub fn now(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    pub fn wait(&self, secs: u64) {
        self.0.fetch_add(secs, Ordering::SeqCst);
    }

    /// The clock was ahead, and is corrected.
    pub fn go_back(&self, secs: u64) {
        self.0.fetch_sub(secs, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> UnixTime {
        UnixTime::from_secs(self.now())
    }
}

/// The site, with a port and a database of its own.
pub struct Site {
    pub origin: String,
    pub clock: TestClock,
    folder: std::path::PathBuf,
}

impl Site {
    pub async fn start() -> Self {
        Self::start_as(None, None).await
    }

    /// With `origin` as the address that browsers see, and with a second factor required from `enroll_by` on.
    pub async fn start_as(origin: Option<&str>, enroll_by: Option<u64>) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::SeqCst);
        let folder = std::env::temp_dir().join(format!("second-factor-web-{}-{count}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let clock = TestClock(Arc::new(AtomicU64::new(START)));
        let settings = Settings {
            host: [127, 0, 0, 1].into(),
            port: 0,
            database_url: folder.join("site.db").to_str().unwrap().to_owned(),
            sealing_key: "0f".repeat(32),
            origin: origin.map(str::to_owned),
            enroll_by: enroll_by.map(UnixTime::from_secs),
        };
        let app = App::open(&settings, clock.clone()).await.unwrap();
        let listener = tokio::net::TcpListener::bind((settings.host, 0)).await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { serve(listener, &app, std::future::pending()).await });
        Self { origin, clock, folder }
    }

    /// With an enrolled user; also the setup key and the recovery codes. No code of the present step is used up.
    pub async fn with_user(name: &str) -> (Self, String, Vec<String>) {
        let site = Self::start().await;
        let (_, key, codes) = site.enrolled(name).await;
        site.clock.wait(10 * STEP);
        (site, key, codes)
    }

    pub fn browser(&self) -> Browser {
        Browser::new(&[&self.origin])
    }

    /// The file of the database.
    pub fn database(&self) -> String {
        self.folder.join("site.db").to_str().unwrap().to_owned()
    }

    /// Changes the database behind the back of the site.
    pub async fn execute(&self, statement: impl Into<String>) {
        let pool = sqlx::SqlitePool::connect(&self.database()).await.unwrap();
        sqlx::query(sqlx::AssertSqlSafe(statement.into())).execute(&pool).await.unwrap();
        pool.close().await;
    }

    /// How many rows a table has.
    pub async fn rows(&self, table: &str) -> i64 {
        let pool = sqlx::SqlitePool::connect(&self.database()).await.unwrap();
        let count = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
        let (count,) = sqlx::query_as(count).fetch_one(&pool).await.unwrap();
        pool.close().await;
        count
    }

    /// An enrolled user, the setup key and the recovery codes. The code of the present step is used up.
    pub async fn enrolled(&self, name: &str) -> (Browser, String, Vec<String>) {
        let mut browser = self.browser();
        browser.register(name).await;
        assert_eq!(browser.log_in(name, PASSWORD).await, To("/account"));
        let (key, codes) = browser.enable(self.clock.now()).await;
        (browser, key, codes)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[derive(Clone, Debug)]
pub struct Page {
    pub status: u16,
    pub to: String,
    pub text: String,
    pub headers: reqwest::header::HeaderMap,
}

/// A redirect to this path.
#[derive(Debug, PartialEq, Eq)]
pub struct To(pub &'static str);

impl PartialEq<To> for Page {
    fn eq(&self, to: &To) -> bool {
        self.status == 303 && self.to == to.0
    }
}

impl Page {
    /// Asserts that the form was shown again, with this message.
    #[track_caller]
    pub fn assert_refused(&self, message: &str) {
        assert_eq!(self.status, 401, "{}", self.text);
        assert!(self.text.contains(message), "no {message:?} in {}", self.text);
    }

    #[track_caller]
    pub fn assert_shows(&self, text: &str) {
        assert_eq!(self.status, 200, "to {:?}: {}", self.to, self.text);
        assert!(self.text.contains(text), "no {text:?} in {}", self.text);
    }

    /// The token in the first form.
    pub fn csrf(&self) -> String {
        between(&self.text, "name=\"csrf_token\" value=\"", "\"").unwrap_or_default()
    }
}

pub fn between(text: &str, start: &str, end: &str) -> Option<String> {
    Some(text.split_once(start)?.1.split_once(end)?.0.to_owned())
}

/// Sent with every request. Anybody can send the first entry; the last is the one that a proxy, where there is one,
/// appended.
const FORWARDED_FOR: &str = "203.0.113.9, 198.51.100.7";

/// A map of cookies, and requests that go to the origins in turn.
#[derive(Clone)]
pub struct Browser {
    client: reqwest::Client,
    origins: Vec<String>,
    turn: Arc<AtomicUsize>,
    pub cookies: BTreeMap<String, String>,
}

impl Browser {
    pub fn new(origins: &[&str]) -> Self {
        Self::of_agent(origins, "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
    }

    /// With this `User-Agent`.
    pub fn of_agent(origins: &[&str], agent: &str) -> Self {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).user_agent(agent);
        Self {
            client: client.build().unwrap(),
            origins: origins.iter().map(|origin| (*origin).to_owned()).collect(),
            turn: Arc::default(),
            cookies: BTreeMap::new(),
        }
    }

    /// The next origin, round-robin.
    fn url(&self, path: &str) -> String {
        let turn = self.turn.fetch_add(1, Ordering::SeqCst);
        format!("{}{path}", self.origins[turn % self.origins.len()])
    }

    pub async fn try_send(&mut self, request: reqwest::RequestBuilder) -> reqwest::Result<Page> {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = request.header("cookie", cookies.join("; ")).header("x-forwarded-for", FORWARDED_FOR);
        let response = request.send().await?;
        for cookie in response.headers().get_all("set-cookie") {
            let (name, rest) = cookie.to_str().unwrap().split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            if value.is_empty() || rest.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let to = headers.get("location").map(|to| to.to_str().unwrap().to_owned()).unwrap_or_default();
        Ok(Page { status, to, text: response.text().await?, headers })
    }

    pub async fn get(&mut self, path: &str) -> Page {
        let request = self.client.get(self.url(path));
        self.try_send(request).await.unwrap()
    }

    /// Posts only these fields.
    pub async fn try_post_bare(&mut self, path: &str, fields: &[(&str, &str)]) -> reqwest::Result<Page> {
        let request = self.client.post(self.url(path)).form(fields);
        self.try_send(request).await
    }

    pub async fn post_bare(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.try_post_bare(path, fields).await.unwrap()
    }

    /// Opens the page and sends its form.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let csrf = self.get(path).await.csrf();
        self.post_bare(path, &[fields, &[("csrf_token", &csrf)]].concat()).await
    }

    /// Posts the same form twice in a row, as if the first answer had not arrived yet. This browser gets the cookies of the first.
    pub async fn post_twice(&mut self, page: &str, action: &str, fields: &[(&str, &str)]) -> (Page, Page) {
        let csrf = self.get(page).await.csrf();
        let fields = [fields, &[("csrf_token", &csrf)]].concat();
        let mut second = self.clone();
        (self.post_bare(action, &fields).await, second.post_bare(action, &fields).await)
    }

    /// Posts the same form twice at once. This browser gets the cookies of both answers.
    pub async fn post_twice_at_once(
        &mut self,
        page: &str,
        action: &str,
        fields: &[(&str, &str)],
    ) -> (Page, Page) {
        let csrf = self.get(page).await.csrf();
        let fields = [fields, &[("csrf_token", &csrf)]].concat();
        let (mut first, mut second) = (self.clone(), self.clone());
        let answers = tokio::join!(first.post_bare(action, &fields), second.post_bare(action, &fields));
        for (answer, browser) in [(&answers.0, first), (&answers.1, second)] {
            if answer.headers.contains_key("set-cookie") {
                self.cookies = browser.cookies;
            }
        }
        answers
    }

    pub async fn register(&mut self, name: &str) {
        let page = self.post("/register", &[("username", name), ("password", PASSWORD)]).await;
        assert_eq!(page, To("/login"));
    }

    pub async fn log_in(&mut self, name: &str, password: &str) -> Page {
        self.post("/login", &[("username", name), ("password", password)]).await
    }

    pub async fn code(&mut self, code: &str) -> Page {
        self.post("/login/code", &[("code", code)]).await
    }

    pub async fn code_and_remember(&mut self, code: &str) {
        let tick = [("code", code), ("remember_device", "yes")];
        assert_eq!(self.post("/login/code", &tick).await, To("/account"));
    }

    pub async fn log_out(&mut self) {
        let csrf = self.get("/account").await.csrf();
        assert_eq!(self.post_bare("/logout", &[("csrf_token", &csrf)]).await, To("/login"));
    }

    /// From the account page to the recovery codes; returns the setup key and the codes.
    pub async fn enable(&mut self, now: u64) -> (String, Vec<String>) {
        let (key, page) = self.set_up(&[("password", PASSWORD)], now).await;
        page.assert_shows("Keep your recovery codes");
        (key, recovery_codes(&page))
    }

    /// From the account page to the page after the first code; returns the setup key and that page.
    pub async fn set_up(&mut self, fields: &[(&str, &str)], now: u64) -> (String, Page) {
        let page = self.post("/account/two-factor/enable", fields).await;
        assert_eq!(page, To("/account/two-factor/confirm"));
        let key = self.setup_key("/account/two-factor/confirm").await;
        let code = oathtool(&key, now);
        let page = self.post("/account/two-factor/confirm", &[("code", &code)]).await;
        (key, page)
    }

    /// The setup key that the page of a set-up shows.
    pub async fn setup_key(&mut self, path: &str) -> String {
        let page = self.get(path).await;
        page.assert_shows("<svg");
        between(&page.text, "<code id=\"setup-key\">", "</code>").unwrap()
    }

    /// The ids of the authenticators, oldest first.
    pub async fn authenticators(&mut self) -> Vec<String> {
        let list = self.get("/account/authenticators").await;
        let links = list.text.split("/account/authenticators/remove?authenticator=").skip(1);
        links.map(|link| link.split('"').next().unwrap().to_owned()).collect()
    }

    /// Sends the form that renames or removes an authenticator.
    pub async fn change(&mut self, what: &str, fields: &[(&str, &str)]) -> Page {
        let csrf = self.get("/account/authenticators").await.csrf();
        let path = format!("/account/authenticators/{what}");
        self.post_bare(&path, &[fields, &[("csrf_token", &csrf)]].concat()).await
    }

    /// The one cookie whose name has this prefix.
    pub fn cookie_mut(&mut self, prefix: &str) -> &mut String {
        self.cookies
            .iter_mut()
            .find(|(name, _)| name.starts_with(prefix))
            .expect("a cookie with this prefix")
            .1
    }
}

/// Changes passwords while others log in with the old one without pause, on one instance or several. Two accounts: one with
/// a second factor, whose `owner` has just had a device remembered, and one without.
///
/// Afterwards none of these logins has a valid session or a challenge that still works.
pub async fn the_old_password_is_over(stranger: &Browser, name: &str, mut owner: Browser, codes: &[String]) {
    let mut with_device = stranger.clone();
    with_device.cookies.clone_from(&owner.cookies);
    with_device.cookies.remove("session");
    let passwords = [PASSWORD, "another password", "yet another password"];
    let [mut logged_in, mut challenged] = [0, 0];
    for (change, code) in passwords.windows(2).zip(codes) {
        // The first change forgets the device.
        let (one, other) = (stranger.clone(), with_device.clone());
        for mut late in stream_of_logins(&mut owner, [one, other], name, change, code).await {
            assert_eq!(
                late.get("/account").await,
                To("/login"),
                "a login with the old password has a session"
            );
            if late.get("/login/code").await == To("/login") {
                logged_in += 1;
                continue;
            }
            challenged += 1;
            let recovery = [("recovery_code", codes.last().unwrap().as_str())];
            late.post("/login/recovery", &recovery).await.assert_refused("Please start again");
            assert_eq!(late.get("/account").await, To("/login"));
        }
        owner.get("/account").await.assert_shows("Hello, ");
    }
    assert!(logged_in > 0 && challenged > 0, "{logged_in} sessions, {challenged} challenges");

    let name = format!("{name}-2");
    let mut owner = stranger.clone();
    owner.register(&name).await;
    assert_eq!(owner.log_in(&name, PASSWORD).await, To("/account"));
    let mut logged_in = 0;
    for change in [PASSWORD, "another password"].repeat(5).windows(2) {
        let thieves = [stranger.clone(), stranger.clone()];
        for mut late in stream_of_logins(&mut owner, thieves, &name, change, "").await {
            assert_eq!(
                late.get("/account").await,
                To("/login"),
                "a login with the old password has a session"
            );
            logged_in += 1;
        }
        owner.get("/account").await.assert_shows("Hello, ");
    }
    assert!(logged_in >= 9 * 4, "{logged_in}");
}

/// The logins that the old password let in or led to the code page: from four logins before the change to the first refusal.
async fn stream_of_logins(
    owner: &mut Browser,
    thieves: [Browser; 2],
    name: &str,
    change: &[&str],
    code: &str,
) -> Vec<Browser> {
    let (old, new) = (change[0].to_owned(), change[1]);
    let count = Arc::new(AtomicUsize::new(0));
    let streams = [0, 1, 0, 1].map(|thief| {
        let (thief, count) = (thieves[thief].clone(), count.clone());
        let (name, old) = (name.to_owned(), old.clone());
        tokio::spawn(async move {
            let mut late = Vec::new();
            loop {
                let mut browser = thief.clone();
                let page = browser.log_in(&name, &old).await;
                if page == To("/account") || page == To("/login/code") {
                    late.push(browser);
                    count.fetch_add(1, Ordering::SeqCst);
                } else if page.text.contains("User name or password is wrong.") {
                    return late;
                } else {
                    // The change is under way, or was under way when the password was compared.
                    assert_eq!(page.status, 401, "{page:?}");
                }
            }
        })
    });
    while count.load(Ordering::SeqCst) < 4 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let change = [("password", &*old), ("new_password", new), ("code", code)];
    assert_eq!(owner.post("/account/password", &change).await, To("/account"));
    let mut late = Vec::new();
    for stream in streams {
        late.extend(stream.await.unwrap());
    }
    late
}

pub fn recovery_codes(page: &Page) -> Vec<String> {
    let list = between(&page.text, "id=\"recovery-codes\">", "</ol>").unwrap();
    let codes: Vec<_> =
        list.split("<code>").skip(1).map(|item| item.split('<').next().unwrap().to_owned()).collect();
    assert_eq!(codes.len(), 10);
    codes
}

/// The code that an authenticator app would show, from an independent implementation.
pub fn oathtool(key: &str, at: u64) -> String {
    let key: String = key.split_whitespace().collect();
    let output = Command::new("oathtool")
        .args(["--totp", "--base32", "--now", &format!("@{at}"), &key])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A well-formed code that is wrong now and at every time to which a clock may be off.
pub fn wrong(key: &str, at: u64) -> String {
    let key: String = key.split_whitespace().collect();
    let from = format!("@{}", at - 25 * STEP);
    let output = Command::new("oathtool")
        .args(["--totp", "--base32", "--window", "50", "--now", &from, &key])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let right = String::from_utf8(output.stdout).unwrap();
    let tried = ["000000", "111111", "222222", "333333"];
    tried.into_iter().find(|code| !right.lines().any(|r| r == *code)).unwrap().into()
}

/// Replaces a character in the middle.
pub fn flip(text: &str) -> String {
    let (start, end) = text.split_at(text.len() / 2);
    let other = if end.starts_with('A') { 'B' } else { 'A' };
    format!("{start}{other}{}", &end[1..])
}

/// Whether the program is installed. Without it the test is skipped with a line, and under `REQUIRE_ALL=1` it fails.
pub fn has(program: &str) -> bool {
    let has = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()));
    if !has {
        assert!(std::env::var_os("REQUIRE_ALL").is_none(), "{program} is not installed");
        // To the stream itself, because the output of a passing test is not shown; at once, because lines of parallel tests mix.
        let line = format!("skipped: {program} is not installed\n");
        let _ = std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes());
    }
    has
}

/// Runs the binary in a folder, with its log in a file there and only these settings. Returns it and the address that it prints.
pub fn start_binary(
    folder: &std::path::Path,
    log: &str,
    settings: &[(&str, &str)],
) -> (std::process::Child, String) {
    // A umask that opens all files to everybody: the site itself must protect its files.
    let mut command = Command::new("sh");
    command
        .args(["-c", "umask 000; exec \"$0\"", env!("CARGO_BIN_EXE_second-factor-web")])
        .current_dir(folder);
    for name in ["DATABASE_URL", "SEALING_KEY", "ORIGIN", "HOST", "ENROLL_BY", "RUST_LOG"] {
        command.env_remove(name);
    }
    // Another program may have port 3000.
    let mut child = command
        .env("PORT", "0")
        .envs(settings.iter().copied())
        .stdout(std::process::Stdio::piped())
        .stderr(std::fs::File::create(folder.join(log)).unwrap())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.take().unwrap()), &mut line)
        .unwrap();
    (child, line.trim().strip_prefix("Open ").expect("the address").to_owned())
}
