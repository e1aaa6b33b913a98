//! What a service keeps between two requests: devices with their cookies, sessions, and the clock.

use std::collections::BTreeMap;
use std::sync::Arc;

use second_factor::{AccountId, Clock, Requirement, UnixTime};

use crate::clock::{PretendClock, parse_span};
use crate::flow::Verifier;
use crate::json_file::{FileError, JsonFile};
use crate::stop::Stop;
use crate::{terminal, words};

pub(crate) struct Host {
    pub(crate) verifier: Verifier,
    pub(crate) file: Arc<JsonFile>,
    pub(crate) clock: Arc<PretendClock>,
    /// The device that the user sits in front of.
    pub(crate) device: String,
    /// Whether this service demands a second factor, as set by `demand`. A real service knows this for each
    /// account: by its role, its group, or a date.
    pub(crate) requirement: Requirement,
    /// The sessions, by device. They are lost when the program ends. A real service keeps them in a table, each under
    /// a random id that is new at each login.
    sessions: BTreeMap<String, Session>,
}

/// Somebody has logged in. `settings::session` finds out whether this session is still alive.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) user: String,
    pub(crate) login: second_factor::Session,
}

impl Host {
    pub(crate) fn new(verifier: Verifier, file: Arc<JsonFile>, clock: Arc<PretendClock>) -> Self {
        let (device, requirement) = ("laptop".into(), Requirement::None);
        Self { verifier, file, clock, device, requirement, sessions: BTreeMap::new() }
    }

    pub(crate) fn now(&self) -> UnixTime {
        self.clock.now()
    }

    pub(crate) fn session(&self) -> Option<Session> {
        self.sessions.get(&self.device).cloned()
    }

    pub(crate) fn start_session(&mut self, session: Session) {
        self.sessions.insert(self.device.clone(), session);
    }

    pub(crate) fn end_session(&mut self) {
        self.sessions.remove(&self.device);
    }

    /// Ends the session on this device at once. On the other devices the new epoch ends it at its next
    /// request.
    pub(crate) fn end_all_sessions(&mut self, account: &AccountId) {
        if self.session().is_some_and(|session| session.login.account() == account) {
            self.end_session();
        }
    }

    /// What the browser on this device sends. Over HTTP the cookie has
    /// [`second_factor::DeviceToken::COOKIE_ATTRIBUTES`].
    pub(crate) fn cookie(&self, name: &str) -> Result<Option<String>, FileError> {
        let mut cookies = self.file.read()?.cookies;
        Ok(cookies.remove(&self.device).and_then(|mut of_device| of_device.remove(name)))
    }

    pub(crate) fn set_cookie(&self, name: &str, value: &str) -> Result<(), FileError> {
        self.file.update(|contents| {
            let of_device = contents.cookies.entry(self.device.clone()).or_default();
            Some(of_device.insert(name.to_owned(), value.to_owned()))
        })?;
        Ok(())
    }

    /// Asks for a code; `wait 11m` lets time pass meanwhile.
    pub(crate) fn ask_code(&self, prompt: &str) -> Result<String, Stop> {
        loop {
            let typed = terminal::ask(prompt)?;
            match typed.strip_prefix("wait ") {
                Some(span) => match self.wait(span) {
                    Err(Stop::Unusable(fault)) => terminal::say(fault),
                    waited => waited?,
                },
                None if typed.is_empty() => return Err(Stop::GaveUp),
                None => return Ok(typed),
            }
        }
    }

    /// Sets the time from which a second factor is demanded: `now`, after a while (`7d`), or never (`off`).
    pub(crate) fn demand(&mut self, when: &str) -> Result<(), Stop> {
        self.requirement = match when {
            "off" => Requirement::None,
            "now" => Requirement::Enrolled,
            span => Requirement::EnrolledBy(self.now().saturating_add(parse_span(span).ok_or(NO_SPAN)?)),
        };
        terminal::say(words::demanded(self.requirement));
        Ok(())
    }

    pub(crate) fn wait(&self, span: &str) -> Result<(), Stop> {
        self.clock.wait(parse_span(span.trim()).ok_or(NO_SPAN)?);
        terminal::say(words::pretended(self.now(), self.clock.ahead()));
        Ok(())
    }
}

const NO_SPAN: Stop = Stop::Unusable("Say how long: a number with s, m, h or d, as in `wait 30d`.");
