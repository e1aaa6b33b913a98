//! Drives `examples/quickstart` through pipes, like a script, and plays the authenticator app.
#![allow(unreachable_pub, reason = "a module of one test")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests"
)]

use std::cell::Cell;
use std::env;
use std::fs;
use std::io::{BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub const PASSWORD: &str = "correct horse battery";
pub const CODE: &str = "code (six digits, or a recovery code): ";
pub const CONFIRM: &str = "code (six digits): ";
pub const FRESH: &str = "a fresh code (six digits, or a recovery code): ";

/// If the program hangs, the test fails after this time.
const PATIENCE: Duration = Duration::from_secs(60);

/// Whether this tool is installed. Without it a test is skipped with a line, or fails if `REQUIRE_ALL` is set.
pub fn has(tool: &str) -> bool {
    let found = Command::new(tool).arg("--version").output().is_ok();
    if !found {
        assert!(env::var_os("REQUIRE_ALL").is_none(), "{tool} is not installed");
        // To the stream itself, because the output of a passing test is not shown; at once, because lines of parallel tests mix.
        let line = format!("skipped: {tool} is not installed\n");
        let _ = std::io::stderr().write_all(line.as_bytes());
    }
    found
}

/// A folder for the accounts file of one test: empty at first, removed at the end.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("quickstart-{name}"));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub fn accounts(&self) -> PathBuf {
        self.file("accounts.json")
    }

    pub fn key(&self) -> PathBuf {
        self.file("accounts.json.key")
    }

    /// Starts the program and reads up to its first prompt.
    pub fn start(&self) -> Quickstart {
        let mut quickstart = Quickstart::start(&self.accounts());
        quickstart.until("laptop, nobody> ");
        quickstart
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The running program.
pub struct Quickstart {
    child: Child,
    stdin: Option<ChildStdin>,
    output: Receiver<u8>,
    pub transcript: String,
    /// The seconds that `wait` has added to the clock.
    ahead: Cell<u64>,
}

impl Quickstart {
    pub fn start(accounts: &Path) -> Self {
        let mut command = Command::new(binary());
        command.arg(accounts).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (sender, output) = mpsc::channel();
        let stdout = child.stdout.take().unwrap();
        let bytes = BufReader::new(stdout).bytes();
        std::thread::spawn(move || bytes.map_while(Result::ok).try_for_each(|b| sender.send(b)));
        let stdin = child.stdin.take();
        Self { child, stdin, output, transcript: String::new(), ahead: Cell::new(0) }
    }

    /// Reads the output up to this prompt.
    #[track_caller]
    pub fn until(&mut self, prompt: &str) -> String {
        let mut read = Vec::new();
        while !read.ends_with(prompt.as_bytes()) {
            match self.output.recv_timeout(PATIENCE) {
                Ok(byte) => read.push(byte),
                Err(error) => {
                    let read = String::from_utf8_lossy(&read);
                    panic!("no `{prompt}` ({error}):\n{}\n--- since the last line:\n{read}", self.transcript)
                }
            }
        }
        let read = String::from_utf8(read).unwrap();
        self.transcript.push_str(&read);
        read
    }

    /// Types a line, and returns the output up to the prompt.
    #[track_caller]
    pub fn line(&mut self, line: &str, prompt: &str) -> String {
        let stdin = self.stdin.as_mut().unwrap();
        writeln!(stdin, "{line}").unwrap();
        stdin.flush().unwrap();
        self.until(prompt)
    }

    /// Ends the input. Returns the rest of the output and the exit status.
    pub fn end(mut self) -> (String, ExitStatus) {
        drop(self.stdin.take());
        let rest: Vec<u8> = self.output.iter().collect();
        (String::from_utf8(rest).unwrap(), self.child.wait().unwrap())
    }

    #[track_caller]
    pub fn register(&mut self, user: &str) {
        self.line("register", "user name: ");
        self.line(user, "password: ");
        let said = self.line(PASSWORD, "nobody> ");
        assert!(said.contains("has an account now"), "{said}");
    }

    /// Types the user name and the password, and returns the output up to the prompt.
    #[track_caller]
    pub fn log_in(&mut self, user: &str, prompt: &str) -> String {
        self.line("login", "user name: ");
        self.line(user, "password: ");
        self.line(PASSWORD, prompt)
    }

    /// The same up to the prompt for the code. `remember` answers whether to remember the device.
    #[track_caller]
    pub fn challenge(&mut self, user: &str, remember: &str) {
        self.log_in(user, "[y/N] ");
        self.line(remember, CODE);
    }

    /// Registers alice on the laptop and enrolls her phone. Returns the setup key, the output with it, and the output after it.
    #[track_caller]
    pub fn enroll(&mut self) -> (String, String, String) {
        self.register("alice");
        self.log_in("alice", "laptop, alice> ");
        self.line("enable", "password again: ");
        let shown = self.line(PASSWORD, CONFIRM);
        let key = setup_key(&shown);
        let confirmed = self.line(&self.code(&key), "laptop, nobody> ");
        (key, shown, confirmed)
    }

    /// Lets time pass, at the menu.
    #[track_caller]
    pub fn wait(&mut self, span: &str, secs: u64) {
        let said = self.line(&format!("wait {span}"), "> ");
        assert!(said.contains("Here it is now"), "{said}");
        self.ahead.set(self.ahead.get() + secs);
    }

    /// Lets a minute pass, at another prompt than the menu's.
    #[track_caller]
    pub fn wait_a_minute(&mut self, prompt: &str) {
        let said = self.line("wait 60s", prompt);
        assert!(said.contains("Here it is now"), "{said}");
        self.ahead.set(self.ahead.get() + 60);
    }

    /// A code of a later step than all before: first a minute passes.
    #[track_caller]
    pub fn fresh_code(&mut self, key: &str) -> String {
        self.wait("60s", 60);
        self.code(key)
    }

    /// The code of the present step by the program's clock. If the next step begins before it is read, the code is one step old
    /// and still accepted.
    pub fn code(&self, key: &str) -> String {
        oathtool(key, self.now(), 0).remove(0)
    }

    /// The code of an app whose clock is off by this much.
    pub fn code_off(&self, key: &str, secs: i64) -> String {
        oathtool(key, self.now().checked_add_signed(secs).unwrap(), 0).remove(0)
    }

    /// The present code and the three before it, oldest first: the codes that the app has shown in the last two minutes.
    pub fn codes_in_a_row(&self, key: &str) -> Vec<String> {
        oathtool(key, self.now() - 90, 3)
    }

    /// The code of the next step. If that has begun before it is read, it is the present code.
    pub fn next_code(&self, key: &str) -> String {
        oathtool(key, self.now() + 30, 0).remove(0)
    }

    /// Codes that are wrong for some minutes from now, even for an app whose clock is off.
    pub fn wrong_codes(&self, key: &str) -> impl Iterator<Item = String> + use<> {
        let right = oathtool(key, self.now() - 900, 80);
        (0..1_000_000).map(|number| format!("{number:06}")).filter(move |code| !right.contains(code))
    }

    fn now(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() + self.ahead.get()
    }
}

impl Drop for Quickstart {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The key from the line "setup key: …".
#[track_caller]
pub fn setup_key(shown: &str) -> String {
    let line = shown.lines().find_map(|line| line.strip_prefix("setup key: "));
    line.expect("a line that starts with `setup key: `").to_owned()
}

/// The recovery codes in the output.
pub fn recovery_codes(shown: &str) -> Vec<String> {
    let is_code = |line: &&str| line.len() == 30 && line.matches('-').count() == 4 && !line.contains(' ');
    shown.lines().filter(is_code).map(str::to_owned).collect()
}

/// The code of this time, and those of the next `more` steps.
fn oathtool(key: &str, at: u64, more: u32) -> Vec<String> {
    let (now, more) = (format!("@{at}"), more.to_string());
    let made = Command::new("oathtool").args(["--totp", "-b", key, "--now", &now, "-w", &more]).output();
    let made = made.unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    String::from_utf8(made.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// The example, built from the present sources. `cargo test` builds it before the tests; `cargo test --test quickstart` does
/// not.
pub fn binary() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let deps = env::current_exe().unwrap();
        let profile_dir = deps.parent().and_then(Path::parent).unwrap();
        let profile = match profile_dir.file_name().and_then(|name| name.to_str()).unwrap() {
            "debug" => "dev",
            other => other,
        };
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| env!("CARGO").into()));
        cargo.current_dir(env!("CARGO_MANIFEST_DIR")).args(["build", "--quiet", "--example", "quickstart"]);
        cargo.args(["--profile", profile, "--target-dir"]).arg(profile_dir.parent().unwrap());
        if cfg!(all(feature = "testing", feature = "tracing")) {
            cargo.arg("--all-features");
        }
        assert!(cargo.status().unwrap().success(), "the example does not build");
        profile_dir.join("examples").join(format!("quickstart{}", env::consts::EXE_SUFFIX))
    })
}
