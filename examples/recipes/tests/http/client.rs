//! What a person does with a service, whether it has pages or an API.

/// A browser or an app. A clone sends what the original would have sent.
pub trait Client: Clone {
    /// A client that has never used this service.
    fn new(origin: &str) -> Self;

    async fn log_in(&mut self, name: &str, password: &str) -> Answer;

    async fn code(&mut self, code: &str, remember: Remember) -> Answer;

    async fn log_out(&mut self);

    /// What the account's page says to somebody who is logged in.
    async fn account(&mut self) -> Option<String>;

    async fn enable(&mut self, password: &str) -> Answer;

    async fn confirm(&mut self, code: &str) -> Answer;

    async fn change_password(&mut self, password: &str, new: &str, code: &str) -> Answer;

    /// The answer to a form that was accepted a moment ago.
    fn already_done() -> Answer;

    /// Whether the earlier session goes on after another login. In a browser, the new session replaces it.
    const SESSIONS_ADD_UP: bool;

    /// What stands for the session: a cookie's value or a bearer token.
    fn session(&self) -> Option<&str>;
}

#[derive(Clone, Copy)]
pub enum Remember {
    No,
    ThisDevice,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    LoggedIn,
    CodeRequired,
    /// Nobody is logged in.
    LogIn,
    /// The setup key.
    Enroll(String),
    /// They are shown once.
    RecoveryCodes(Vec<String>),
    /// A refusal, with this text.
    Refused(String),
}

impl Answer {
    #[track_caller]
    pub fn setup_key(self) -> String {
        match self {
            Self::Enroll(key) => key,
            other => panic!("no enrollment, but {other:?}"),
        }
    }

    #[track_caller]
    pub fn recovery_codes(self) -> Vec<String> {
        match self {
            Self::RecoveryCodes(codes) => codes,
            other => panic!("no recovery codes, but {other:?}"),
        }
    }

    #[track_caller]
    pub fn refusal(self) -> String {
        match self {
            Self::Refused(words) => words,
            other => panic!("not refused, but {other:?}"),
        }
    }
}
