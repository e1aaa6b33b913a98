//! Sessions in the site's database, so that every instance knows them.

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

/// A session ends after so many seconds without a request.
const LIFE: i64 = 12 * 60 * 60;
/// What is not a login yet ends so many seconds after it began. A challenge or a set-up ends after ten minutes.
const LIFE_BEFORE_LOGIN: i64 = 15 * 60;
/// How long a stub is kept: a form that is sent twice is sent again at once.
const LIFE_OF_STUB: i64 = 60;
/// A request makes the session last longer if this many seconds have passed since the last one did. So not each one writes.
const SLACK: i64 = 5 * 60;
/// How long a form can be at work. A process that was killed takes no longer with its own.
const WORK: i64 = 30;

/// The table `sessions`.
///
/// Whoever has only looked at a page has a session in their cookie alone: its id is tagged, and there is no row.
#[derive(Clone)]
pub(crate) struct Sessions {
    database: Database,
    keys: Keys,
    clock: Arc<dyn Clock>,
}

impl Sessions {
    /// What a session without a row holds.
    pub(crate) const VISITOR: &str = "visitor";
    /// Who is logged in.
    pub(crate) const MEMBER: &str = "session";
    /// The form that led from the id before to this one, or on from this one.
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
        const DELETE: &str = "DELETE FROM sessions WHERE expires_at <= $1";
        let now = self.now();
        on!(&self.database, pool => sqlx::query(DELETE).bind(now).execute(pool).await.map(drop))
    }

    /// Leaves a stub under an id that its session no longer has. It lets nobody in. It only says where the form led that ended it.
    pub(crate) async fn leave_stub(&self, id: &Id, sent: &impl serde::Serialize) -> Outcome {
        const STUB: &str = "UPDATE sessions SET data = $2, expires_at = $3, is_stub = TRUE WHERE id = $1";
        let data = serde_json::json!({ Self::SENT: sent }).to_string();
        let (row, until) = (self.row(id), self.now() + LIFE_OF_STUB);
        on!(&self.database, pool => sqlx::query(STUB).bind(row).bind(data).bind(until)
            .execute(pool).await.map(drop)?);
        Ok(())
    }

    /// Waits for the turn of a form among those of its session: one that is sent twice at once then finds what became of the
    /// first. Also whether a turn was taken, which is to be given back.
    pub(crate) async fn take_turn(&self, id: &Id) -> Outcome<bool> {
        const TAKE: &str = "UPDATE sessions SET taken_until = $2 WHERE id = $1 AND taken_until <= $3";
        const IS_TAKEN: &str = "SELECT taken_until FROM sessions WHERE id = $1 AND taken_until > $2";
        if self.is_visitor(id) {
            return Ok(false);
        }
        for _ in 0..600 {
            let (row, now) = (self.row(id), self.now());
            let taken = on!(&self.database, pool => sqlx::query(TAKE).bind(&row).bind(now + WORK).bind(now)
                .execute(pool).await?.rows_affected());
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

    /// The key of a session's row: a hash, so that a copy of the table lets nobody in.
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

    /// What a row has beside its id: the data, and until when it is there.
    fn columns(&self, record: &Record) -> Result<(String, i64)> {
        let life = if record.data.contains_key(Self::MEMBER) { LIFE } else { LIFE_BEFORE_LOGIN };
        let data = serde_json::to_string(&record.data).map_err(|error| Error::Encode(error.to_string()))?;
        Ok((data, self.now() + life))
    }
}

#[async_trait]
impl SessionStore for Sessions {
    /// Under an id of its own, also where the record still has that of a session that has ended.
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

    /// Never makes a session: one that was ended while this request ran stays ended.
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
        if found.data.contains_key(Self::MEMBER) && expires_at < now + LIFE - SLACK {
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
    async fn no_session_is_overwritten_and_none_comes_back() {
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
        assert_ne!(first.id, second.id, "each has an id of its own");
        assert_eq!(sessions.load(&first.id).await.unwrap().unwrap().data, record(1).data);
        assert_eq!(sessions.load(&second.id).await.unwrap().unwrap().data, record(2).data);

        sessions.delete(&first.id).await.unwrap();
        sessions.save(&first).await.unwrap();
        assert!(sessions.load(&first.id).await.unwrap().is_none(), "a request that ran on made it again");

        sessions.leave_stub(&second.id, &"where it led").await.unwrap();
        sessions.save(&second).await.unwrap();
        sessions.delete(&second.id).await.unwrap();
        let stub = sessions.load(&second.id).await.unwrap().unwrap();
        assert_eq!(stub.data, [(Sessions::SENT.to_owned(), "where it led".into())].into());
        on!(&sessions.database, pool => pool.close().await);
        std::fs::remove_file(file).unwrap();
    }
}
