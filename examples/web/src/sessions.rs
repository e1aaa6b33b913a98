//! Sessions in the site's database, shared by all instances.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use time::OffsetDateTime;
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};

use crate::database::{Database, on};
use crate::keys::{Keys, hex};
use crate::stop::{Outcome, Stop};
use crate::two_factor::Clock;
use crate::users::random;

/// A session ends after this many seconds without a request.
const LIFE: i64 = 12 * 60 * 60;
/// A session in which nobody is logged in ends this many seconds after its last change. A challenge or a set-up ends after ten minutes.
const LIFE_BEFORE_LOGIN: i64 = 15 * 60;
/// A stub lives this many seconds: a form that is sent twice is sent again at once.
const LIFE_OF_STUB: i64 = 60;
/// A request extends the session only if the last extension is this many seconds old, so that not every request writes.
const SLACK: i64 = 5 * 60;
/// The clocks of two instances differ by this many seconds at most. What is further in the future was made with a wrong clock, and does
/// not count.
pub(crate) const SKEW: i64 = 60;
/// The longest that a form holds its turn, in seconds. If a process was killed, its turn ends after this time.
const WORK: i64 = 30;

/// The table `sessions`.
///
/// A visitor who only looks at pages has a session in the cookie alone: its id is authenticated by a tag, and there is no row.
#[derive(Clone)]
pub(crate) struct Sessions {
    database: Database,
    keys: Keys,
    clock: Arc<dyn Clock>,
}

impl Sessions {
    /// The key of a session without a row.
    pub(crate) const VISITOR: &str = "visitor";
    /// The key of the library's session: somebody is logged in.
    pub(crate) const MEMBER: &str = "session";
    /// The key of the form that led to this session id, or that ended it.
    pub(crate) const SENT: &str = "sent";

    pub(crate) fn new(database: Database, keys: Keys, clock: Arc<dyn Clock>) -> Self {
        Self { database, keys, clock }
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Seconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        i64::try_from(self.clock.now().as_secs()).unwrap_or(i64::MAX)
    }

    /// Deletes what has expired.
    pub(crate) async fn sweep(&self) -> sqlx::Result<()> {
        const DELETE: &str = "DELETE FROM sessions WHERE expires_at <= $1 OR expires_at > $2";
        let now = self.now();
        let latest = now + LIFE + SKEW;
        on!(&self.database, pool => sqlx::query(DELETE).bind(now).bind(latest).execute(pool).await.map(drop))
    }

    /// Whether something that lives this many seconds, and ends at this time, lives now.
    pub(crate) fn is_alive(&self, life: i64, until: i64) -> bool {
        let left = until - self.now();
        left > 0 && left <= life + SKEW
    }

    /// Leaves a stub under an old session id. The stub lets nobody in; it only says where the form that ended the id led.
    pub(crate) async fn leave_stub(&self, id: &Id, sent: &impl serde::Serialize) -> Outcome {
        const STUB: &str = "UPDATE sessions SET data = $2, expires_at = $3, is_stub = TRUE WHERE id = $1";
        let data = serde_json::json!({ Self::SENT: sent }).to_string();
        let (row, until) = (self.row(id), self.now() + LIFE_OF_STUB);
        on!(&self.database, pool => sqlx::query(STUB).bind(row).bind(data).bind(until)
            .execute(pool).await.map(drop)?);
        Ok(())
    }

    /// Waits until no other form of the session is being handled: a form that is sent twice at once then sees the result of
    /// the first. Returns whether a turn was taken; if so, it must be given back.
    pub(crate) async fn take_turn(&self, id: &Id) -> Outcome<bool> {
        const TAKE: &str =
            "UPDATE sessions SET taken_until = $2 WHERE id = $1 AND (taken_until <= $3 OR taken_until > $4)";
        const IS_TAKEN: &str = "SELECT taken_until FROM sessions WHERE id = $1 AND taken_until > $2";
        if self.is_visitor(id) {
            return Ok(false);
        }
        for _ in 0..600 {
            let (row, now) = (self.row(id), self.now());
            let taken = on!(&self.database, pool => sqlx::query(TAKE).bind(&row).bind(now + WORK).bind(now)
                .bind(now + WORK + SKEW).execute(pool).await?.rows_affected());
            if taken == 1 {
                return Ok(true);
            }
            let other: Option<(i64,)> = on!(&self.database, pool => sqlx::query_as(IS_TAKEN).bind(&row).bind(now)
                .fetch_optional(pool).await?);
            if other.is_none() {
                return Ok(false);
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        Err(Stop::Busy)
    }

    pub(crate) async fn give_back_turn(&self, id: &Id) -> Outcome {
        const GIVE: &str = "UPDATE sessions SET taken_until = 0 WHERE id = $1";
        let row = self.row(id);
        on!(&self.database, pool => sqlx::query(GIVE).bind(row).execute(pool).await.map(drop)?);
        Ok(())
    }

    /// Deletes a session, but not while one of its forms is being handled: that form may be the one that goes on under a new id.
    pub(crate) async fn delete_idle(&self, id: &Id) -> Outcome {
        const DELETE: &str = "DELETE FROM sessions WHERE id = $1 AND NOT is_stub AND taken_until <= $2";
        let (row, now) = (self.row(id), self.now());
        on!(&self.database, pool => sqlx::query(DELETE).bind(row).bind(now).execute(pool).await.map(drop)?);
        Ok(())
    }

    /// The key of a session's row: a hash, so that nobody can log in with a copy of the table.
    fn row(&self, id: &Id) -> String {
        hex(&self.keys.tag("row", &[&id.0.to_le_bytes()]))
    }

    fn visitor(&self) -> Result<Id> {
        let random = random::<8>().map_err(|_| Error::Backend("no random bytes".into()))?;
        Ok(self.tagged(random))
    }

    fn is_visitor(&self, id: &Id) -> bool {
        let [a, b, c, d, e, f, g, h, ..] = id.0.to_le_bytes();
        self.tagged([a, b, c, d, e, f, g, h]) == *id
    }

    fn tagged(&self, random: [u8; 8]) -> Id {
        let mut id = [0; 16];
        let tag = self.keys.tag("visitor", &[&random]);
        id.iter_mut().zip(random.iter().chain(&tag)).for_each(|(to, from)| *to = *from);
        Id(i128::from_le_bytes(id))
    }

    /// The columns beside the id: the data, and when the row expires.
    fn columns(&self, record: &Record) -> Result<(String, i64)> {
        let life = if record.data.contains_key(Self::MEMBER) { LIFE } else { LIFE_BEFORE_LOGIN };
        let data = serde_json::to_string(&record.data).map_err(|error| Error::Encode(error.to_string()))?;
        Ok((data, self.now() + life))
    }
}

#[async_trait]
impl SessionStore for Sessions {
    /// Always under a new id, even if the record still has the id of a session that has ended.
    async fn create(&self, record: &mut Record) -> Result<()> {
        const INSERT: &str = "INSERT INTO sessions (id, data, expires_at) VALUES ($1, $2, $3)";
        if record.data.keys().all(|key| key == Self::VISITOR) {
            record.id = self.visitor()?;
            return Ok(());
        }
        record.id = Id::default();
        let (row, (data, expires_at)) = (self.row(&record.id), self.columns(record)?);
        on!(&self.database, pool => sqlx::query(INSERT).bind(row).bind(data).bind(expires_at)
            .execute(pool).await.map(drop).map_err(failed))
    }

    /// Never creates a row: a session that was ended while this request ran stays ended.
    async fn save(&self, record: &Record) -> Result<()> {
        const UPDATE: &str = "UPDATE sessions SET data = $2, expires_at = $3 WHERE id = $1 AND NOT is_stub";
        if self.is_visitor(&record.id) {
            return Ok(());
        }
        let (data, expires_at) = self.columns(record)?;
        let row = self.row(&record.id);
        on!(&self.database, pool => sqlx::query(UPDATE).bind(row).bind(data).bind(expires_at)
            .execute(pool).await.map(drop).map_err(failed))
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        const SELECT: &str = "SELECT data, expires_at FROM sessions WHERE id = $1 AND expires_at > $2";
        const EXTEND: &str = "UPDATE sessions SET expires_at = $2 WHERE id = $1 AND NOT is_stub";
        let record = |data, expires_at| {
            let expiry_date = OffsetDateTime::from_unix_timestamp(expires_at);
            Record { id: *id, data, expiry_date: expiry_date.unwrap_or(OffsetDateTime::UNIX_EPOCH) }
        };
        let now = self.now();
        if self.is_visitor(id) {
            return Ok(Some(record([(Self::VISITOR.to_owned(), true.into())].into(), now)));
        }
        let row = self.row(id);
        let found: Option<(String, i64)> = on!(&self.database, pool => sqlx::query_as(SELECT).bind(&row).bind(now)
            .fetch_optional(pool).await.map_err(failed)?);
        let Some((data, expires_at)) = found else { return Ok(None) };
        let found = record(
            serde_json::from_str(&data).map_err(|error| Error::Decode(error.to_string()))?,
            expires_at,
        );
        let is_member = found.data.contains_key(Self::MEMBER);
        if !self.is_alive(if is_member { LIFE } else { LIFE_BEFORE_LOGIN }, expires_at) {
            return Ok(None);
        }
        if is_member && expires_at < now + LIFE - SLACK {
            on!(&self.database, pool => sqlx::query(EXTEND).bind(row).bind(now + LIFE)
                .execute(pool).await.map(drop).map_err(failed)?);
        }
        Ok(Some(found))
    }

    /// A stub stays until it expires.
    async fn delete(&self, id: &Id) -> Result<()> {
        const DELETE: &str = "DELETE FROM sessions WHERE id = $1 AND NOT is_stub";
        let row = self.row(id);
        on!(&self.database, pool => sqlx::query(DELETE).bind(row).execute(pool).await.map(drop).map_err(failed))
    }
}

impl std::fmt::Debug for Sessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sessions").field("database", &self.database).finish_non_exhaustive()
    }
}

fn failed(error: sqlx::Error) -> Error {
    Error::Backend(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::two_factor::SystemClock;

    #[tokio::test]
    async fn no_session_is_overwritten_and_no_ended_one_comes_back() {
        let file = std::env::temp_dir().join(format!("second-factor-sessions-{}.db", std::process::id()));
        let database = Database::open(file.to_str().unwrap()).await.unwrap();
        let sessions = Sessions::new(database, Keys::new("0f"), Arc::new(SystemClock));
        let record = |value: i64| Record {
            id: Id(7),
            data: [("value".to_owned(), value.into())].into(),
            expiry_date: OffsetDateTime::now_utc(),
        };
        let (mut first, mut second) = (record(1), record(2));
        sessions.create(&mut first).await.unwrap();
        sessions.create(&mut second).await.unwrap();
        assert_ne!(first.id, second.id, "each session has an id of its own");
        assert_eq!(sessions.load(&first.id).await.unwrap().unwrap().data, record(1).data);
        assert_eq!(sessions.load(&second.id).await.unwrap().unwrap().data, record(2).data);

        sessions.delete(&first.id).await.unwrap();
        sessions.save(&first).await.unwrap();
        assert!(
            sessions.load(&first.id).await.unwrap().is_none(),
            "a request that was still running recreated the session"
        );

        sessions.leave_stub(&second.id, &"where it led").await.unwrap();
        sessions.save(&second).await.unwrap();
        sessions.delete(&second.id).await.unwrap();
        let stub = sessions.load(&second.id).await.unwrap().unwrap();
        assert_eq!(stub.data, [(Sessions::SENT.to_owned(), "where it led".into())].into());
        on!(&sessions.database, pool => pool.close().await);
        std::fs::remove_file(file).unwrap();
    }
}
