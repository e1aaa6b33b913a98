//! Limits on what strangers can do, and on how long the site waits for them.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Child;
use std::time::{Duration, Instant};

use crate::common::{Browser, PASSWORD, Site, To, has, start_binary};

/// The binary, running in a folder of its own.
struct Process {
    child: Child,
    origin: String,
    folder: std::path::PathBuf,
}

impl Process {
    fn start(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("second-factor-web-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let (child, origin) = start_binary(&folder, "site.log", &[]);
        Self { child, origin, folder }
    }

    /// The resident memory in megabytes.
    fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("site.log")).unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Two hundred posts at once to each path that hashes a password.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g29_two_hundred_posts_at_once_take_no_more_than_128_megabytes() {
    let site = Process::start("flood");
    let mut browser = Browser::new(&[&site.origin]);
    browser.register("alice").await;
    assert_eq!(browser.log_in("alice", PASSWORD).await, To("/account"));
    let (before, mut most, mut refused) = (site.resident(), 0, 0);
    for path in ["/login", "/register", "/account/password", "/account/two-factor/enable"] {
        let page = browser.get(path).await.csrf();
        let posts: Vec<_> = (0..200)
            .map(|n| {
                let (mut browser, csrf) = (browser.clone(), page.clone());
                tokio::spawn(async move {
                    let name = format!("user-{n}");
                    let fields = [
                        ("username", &*name),
                        ("password", "not this one"),
                        ("new_password", "another one"),
                        ("csrf_token", &csrf),
                    ];
                    let started = Instant::now();
                    (browser.post_bare(path, &fields).await, started.elapsed())
                })
            })
            .collect();
        while !posts.iter().all(tokio::task::JoinHandle::is_finished) {
            most = most.max(site.resident());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        for post in posts {
            let (answer, _) = post.await.unwrap();
            assert!([303, 401, 503].contains(&answer.status), "{path}: {answer:?}");
            if answer.status == 503 {
                refused += 1;
                assert!(answer.headers.contains_key("retry-after"));
                assert!(answer.text.contains("Nothing was done"));
            }
        }
    }
    assert!(most < before + 128, "{before} MB before, {most} MB at most");
    assert!(refused > 0, "the queue refused nobody");
    assert_eq!(Browser::new(&[&site.origin]).log_in("alice", PASSWORD).await, To("/account"));
}

/// A client that hangs up leaves the queue: no password is hashed for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g29_requests_whose_sender_hung_up_leave_the_queue() {
    let site = Process::start("hang-up");
    let mut browser = Browser::new(&[&site.origin]);
    let csrf = browser.get("/login").await.csrf();
    let cookie = browser.cookie_mut("session").clone();
    let body = format!("csrf_token={csrf}&username=nobody&password=nothing-right");
    let request = format!(
        "POST /login HTTP/1.1\r\nHost: site\r\nCookie: session={cookie}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let address = site.origin.strip_prefix("http://").unwrap().to_owned();
    let done = || site.log().matches("\"method\":\"POST\",\"path\":\"/login\",\"status\":401").count();
    // Until the queue is full and one request is refused at once.
    let mut open = Vec::new();
    let is_refused = (0..1000).any(|_| {
        let mut stream = TcpStream::connect(&address).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(2))).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = [0; 12];
        let is_refused = stream.read(&mut answer).is_ok_and(|_| answer.ends_with(b"503"));
        open.push(stream);
        is_refused
    });
    assert!(is_refused);
    drop(open);
    let before = done();
    // A request behind all of them is served.
    let mut answer = browser.log_in("nobody", "nothing-right").await;
    for _ in 0..100 {
        if answer.status != 503 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
        answer = browser.log_in("nobody", "nothing-right").await;
    }
    answer.assert_refused("User name or password is wrong.");
    let after = done();
    assert!(after > 0 && after < before + 30, "{} of 68 passwords were hashed for nobody", after - before);
}

#[tokio::test]
async fn g30_activity_extends_a_session_and_nothing_else_does() {
    if !has("oathtool") {
        return;
    }
    let site = Site::start().await;
    let (mut browser, mut idle) = (site.browser(), site.browser());
    browser.register("alice").await;
    let hour = 60 * 60;
    for browser in [&mut browser, &mut idle] {
        assert_eq!(browser.log_in("alice", PASSWORD).await, To("/account"));
    }
    // The cookie does not expire before the session.
    let cookie = browser.cookie_mut("session").clone();
    for _ in 0..10 {
        site.clock.wait(12 * hour - 1);
        browser.get("/account").await.assert_shows("Hello, alice");
        assert_eq!(*browser.cookie_mut("session"), cookie, "looking at a page set a cookie");
    }
    assert_eq!(idle.get("/account").await, To("/login"));
    site.clock.wait(12 * hour);
    assert_eq!(browser.get("/account").await, To("/login"));

    // Looking at a login page does not extend a login that is not complete.
    site.enrolled("bob").await;
    assert_eq!(browser.log_in("bob", PASSWORD).await, To("/login/code"));
    for _ in 0..4 {
        site.clock.wait(4 * 60);
        browser.get("/login/code").await;
    }
    assert_eq!(browser.get("/login/code").await, To("/login"));
}

/// Whatever strangers look at or try.
#[tokio::test]
async fn g33_nothing_is_stored_for_strangers() {
    let site = Site::start().await;
    site.browser().register("alice").await;
    let tables = ["sessions", "users", "unrecorded", "second_factor", "second_factor_trail"];
    let pages = [
        "/",
        "/register",
        "/login",
        "/login/code",
        "/login/recovery",
        "/login/enroll",
        "/account",
        "/account/devices",
        "/account/recovery-codes",
        "/account/two-factor/enable",
        "/account/authenticators",
        "/nowhere",
        "/healthz",
    ];
    for round in 0..20_u128 {
        let mut browser = site.browser();
        if round % 2 == 1 {
            browser.cookies.insert("session".into(), format!("{round:A>22}"));
            browser.cookies.insert("device-x".into(), "d1.x.y".into());
        }
        for page in pages {
            browser.get(page).await;
        }
        assert_eq!(browser.log_in("alice", "not her password").await.status, 401);
        assert_eq!(browser.log_in("nobody", PASSWORD).await.status, 401);
        let csrf = browser.get("/login").await.csrf();
        for page in [
            "/login/code",
            "/login/recovery",
            "/login/enroll",
            "/logout",
            "/account/devices",
            "/account/password",
            "/account/recovery-codes",
            "/account/sessions/end",
            "/account/two-factor/enable",
        ] {
            for token in [&*csrf, "", "forged"] {
                let fields =
                    [("csrf_token", token), ("code", "123456"), ("are_kept", "yes"), ("device", "all")];
                browser.post_bare(page, &fields).await;
            }
        }
        let short = [("username", "x y"), ("password", PASSWORD)];
        assert_eq!(browser.post("/register", &short).await.status, 401);
    }
    let mut rows = Vec::new();
    for table in tables {
        rows.push((table, site.rows(table).await));
    }
    assert_eq!(rows, tables.map(|table| (table, i64::from(table == "users"))));
}

/// The site does not wait for a client that sends half a request.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g33_half_open_requests_are_closed() {
    let site = Site::start().await;
    let address = site.origin.strip_prefix("http://").unwrap().to_owned();
    let head = "POST /login HTTP/1.1\r\nHost: site\r\nContent-Type: application/x-www-form-urlencoded\r\n";
    let half = [
        String::new(),
        "GET".to_owned(),
        head.to_owned(),
        format!("{head}Content-Length: 100\r\n\r\nusername=al"),
        "GET /healthz HTTP/1.1\r\nHost: site\r\n\r\n".to_owned(),
    ];
    let open: Vec<_> = half
        .into_iter()
        .map(|half| {
            let address = address.clone();
            tokio::task::spawn_blocking(move || {
                let mut stream = TcpStream::connect(address).unwrap();
                stream.set_read_timeout(Some(Duration::from_secs(25))).unwrap();
                stream.write_all(half.as_bytes()).unwrap();
                let mut answer = Vec::new();
                let end = stream.read_to_end(&mut answer).map_err(|error| error.kind());
                assert!(!matches!(end, Err(std::io::ErrorKind::WouldBlock)), "{half:?} is still open");
                String::from_utf8(answer).unwrap()
            })
        })
        .collect();
    let mut answers = Vec::new();
    for open in open {
        answers.push(open.await.unwrap());
    }
    assert!(answers[3].starts_with("HTTP/1.1 408"), "{answers:?}");
    assert!(answers[4].ends_with("\r\n\r\nok"), "{answers:?}");

    // A head without an end is refused.
    let mut stream = TcpStream::connect(&address).unwrap();
    let _ = stream.write_all(format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(100_000)).as_bytes());
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    let mut browser = site.browser();
    let long = "x".repeat(17 * 1024);
    assert_eq!(browser.post_bare("/login", &[("username", &long)]).await.status, 413);
}

/// The site's own page, also where the framework refuses a request.
#[tokio::test]
async fn every_refusal_is_a_page_of_the_site() {
    let site = Site::start().await;
    let mut browser = site.browser();
    browser.register("fay").await;
    assert_eq!(browser.log_in("fay", PASSWORD).await, To("/account"));
    for (path, status) in [
        ("/logout", 405),
        ("/account/authenticators/rename?authenticator=a&authenticator=b", 400),
        ("/account/authenticators/remove?authenticator=a&authenticator=b", 400),
        ("/nowhere", 404),
    ] {
        let page = browser.get(path).await;
        assert_eq!(page.status, status, "{path}");
        assert!(page.text.contains("Back to the start"), "{path}: {}", page.text);
    }
    let page = browser.post_bare("/account", &[]).await;
    assert!(page.status == 405 && page.text.contains("Back to the start"), "{page:?}");
}
