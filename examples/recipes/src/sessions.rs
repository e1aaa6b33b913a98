//! A table of sessions, in memory: whoever has the id has the session. In a database, store only a hash of the id.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use second_factor::{EnrollmentToken, Session};

use crate::users::random_hex;

/// The table.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<HashMap<String, Row>>);

struct Row {
    kept: Kept,
    last_used: Instant,
}

/// What is in a session.
#[derive(Clone, Default)]
pub(crate) struct Kept {
    /// Who is logged in, if somebody is.
    pub(crate) session: Option<Session>,
    /// An authenticator that waits for its first code.
    pub(crate) enrollment: Option<EnrollmentToken>,
}

impl Sessions {
    const AT_MOST_IDLE: Duration = Duration::from_secs(12 * 60 * 60);

    /// A new session, and its id.
    pub(crate) fn start(&self, kept: Kept) -> Result<String, getrandom::Error> {
        let id = random_hex::<32>()?;
        let mut rows = self.rows();
        rows.retain(|_, row| row.last_used.elapsed() < Self::AT_MOST_IDLE);
        rows.insert(id.clone(), Row { kept, last_used: Instant::now() });
        Ok(id)
    }

    /// The content of the session. It is empty if there is no session with this id.
    pub(crate) fn get(&self, id: &str) -> Kept {
        let mut rows = self.rows();
        let row = rows.get_mut(id).filter(|row| row.last_used.elapsed() < Self::AT_MOST_IDLE);
        row.map_or_else(Kept::default, |row| {
            row.last_used = Instant::now();
            row.kept.clone()
        })
    }

    /// Ends the session.
    pub(crate) fn end(&self, id: &str) {
        self.rows().remove(id);
    }

    fn rows(&self) -> MutexGuard<'_, HashMap<String, Row>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
