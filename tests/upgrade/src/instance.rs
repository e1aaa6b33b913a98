//! What a browser and the host's session table get from one instance and bring to another. All of it is text.

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

/// The answer of the password step.
#[derive(Debug)]
pub(crate) enum Step {
    In(In),
    /// A code is needed; with the challenge.
    Code(String),
}

/// The status that an account page shows.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Status {
    pub(crate) authenticators: Vec<String>,
    pub(crate) recovery_codes: usize,
    pub(crate) devices: usize,
}

/// A server of the service. Each call is one request; another instance may have made its arguments.
pub(crate) trait Instance: Send + Sync {
    /// The version and the format that it writes, for messages.
    fn name(&self) -> String;
    fn log_in(&self, password: &str, cookie: Option<&str>) -> Result<Step, No>;
    fn present(&self, challenge: &str, typed: &str, remember: bool) -> Result<In, No>;
    fn is_current(&self, session: &str) -> Result<bool, No>;
    /// Returns the elevated session.
    fn step_up(&self, session: &str, code: &str) -> Result<String, No>;
    /// Returns a key URI and an enrollment token. `code` is empty if nothing is bound yet.
    fn begin_enrollment(&self, session: &str, password: &str, code: &str) -> Result<(String, String), No>;
    /// Returns the key URI again.
    fn pending_enrollment(&self, token: &str) -> Result<String, No>;
    /// Returns the id of the new authenticator, and the new recovery codes, if any.
    fn confirm_enrollment(&self, token: &str, code: &str) -> Result<(String, Vec<String>), No>;
    /// Returns the continued session.
    fn remove_authenticator(&self, session: &str, code: &str, id: &str) -> Result<String, No>;
    /// Returns the continued session. `meanwhile` runs while the host writes its hash.
    fn change_password(
        &self,
        session: &str,
        typed: (&str, &str),
        new: &str,
        meanwhile: &mut dyn FnMut(),
    ) -> Result<String, No>;
    fn status(&self) -> Result<Status, No>;
    /// Calls by an operator or a page that need no input, each with its name.
    fn operate(&self) -> Vec<(&'static str, Result<(), No>)>;
}
