//! What a browser and the host's session table get from one instance and bring to another. It is all text.

/// Why a request did not succeed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum No {
    /// A refusal, by its name.
    Refused(String),
    /// An error of the library, with its causes.
    Failed(String),
    /// A token or session that this version does not read.
    Unreadable(String),
}

/// A login that is complete.
#[derive(Debug)]
pub(crate) struct In {
    pub(crate) session: String,
    pub(crate) cookie: Option<String>,
}

/// What the password step answers.
#[derive(Debug)]
pub(crate) enum Step {
    In(In),
    /// A code is asked for, for this challenge.
    Code(String),
}

/// What an account's page shows.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Status {
    pub(crate) authenticators: Vec<String>,
    pub(crate) recovery_codes: usize,
    pub(crate) devices: usize,
}

/// One of the servers of a service. Each call is one request: another instance may have made what it takes.
pub(crate) trait Instance: Send + Sync {
    /// The version and the format that it writes, for messages.
    fn name(&self) -> String;
    fn log_in(&self, password: &str, cookie: Option<&str>) -> Result<Step, No>;
    fn present(&self, challenge: &str, typed: &str, remember: bool) -> Result<In, No>;
    fn is_current(&self, session: &str) -> Result<bool, No>;
    /// The session, elevated.
    fn step_up(&self, session: &str, code: &str) -> Result<String, No>;
    /// A key URI and an enrollment token. The code is empty if nothing is bound yet.
    fn begin_enrollment(&self, session: &str, password: &str, code: &str) -> Result<(String, String), No>;
    /// The key URI again.
    fn pending_enrollment(&self, token: &str) -> Result<String, No>;
    /// The id of the new authenticator, and new recovery codes if there are some.
    fn confirm_enrollment(&self, token: &str, code: &str) -> Result<(String, Vec<String>), No>;
    /// The session, continued.
    fn remove_authenticator(&self, session: &str, code: &str, id: &str) -> Result<String, No>;
    /// The session, continued. `meanwhile` is what happens while the host writes its hash.
    fn change_password(
        &self,
        session: &str,
        typed: (&str, &str),
        new: &str,
        meanwhile: &mut dyn FnMut(),
    ) -> Result<String, No>;
    fn status(&self) -> Result<Status, No>;
    /// What an operator or a page does without any input; each call with its name.
    fn operate(&self) -> Vec<(&'static str, Result<(), No>)>;
}
