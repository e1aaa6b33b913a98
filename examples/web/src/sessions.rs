//! Sessions in the site's database, so that every instance knows them.

use async_trait::async_trait;
use time::OffsetDateTime;
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};

use crate::database::{Database, on};

/// The table `sessions`.
#[derive(Clone, Debug)]
pub(crate) struct Sessions(pub(crate) Database);

impl Sessions {
    /// Deletes what has expired.
    pub(crate) async fn sweep(&self) -> sqlx::Result<()> {
        const DELETE: &str = "DELETE FROM sessions WHERE expires_at <= $1";
        let now = OffsetDateTime::now_utc().unix_timestamp();
        on!(&self.0, pool => sqlx::query(DELETE).bind(now).execute(pool).await.map(drop))
    }
}

#[async_trait]
impl SessionStore for Sessions {
    /// Never over another session: an id that is taken, however unlikely, is drawn again.
    async fn create(&self, record: &mut Record) -> Result<()> {
        const INSERT: &str =
            "INSERT INTO sessions (id, data, expires_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
        loop {
            let (id, data, expires_at) = row(record)?;
            let inserted = on!(&self.0, pool => sqlx::query(INSERT).bind(id).bind(data).bind(expires_at)
                .execute(pool).await.map_err(failed)?.rows_affected());
            if inserted == 1 {
                return Ok(());
            }
            record.id = Id::default();
        }
    }

    /// Never makes a session: one that was ended while this request ran stays ended.
    async fn save(&self, record: &Record) -> Result<()> {
        const UPDATE: &str = "UPDATE sessions SET data = $2, expires_at = $3 WHERE id = $1";
        let (id, data, expires_at) = row(record)?;
        on!(&self.0, pool => sqlx::query(UPDATE).bind(id).bind(data).bind(expires_at)
            .execute(pool).await.map(drop).map_err(failed))
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        const SELECT: &str = "SELECT data FROM sessions WHERE id = $1 AND expires_at > $2";
        let now = OffsetDateTime::now_utc().unix_timestamp();
        let row: Option<(String,)> = on!(&self.0, pool => sqlx::query_as(SELECT).bind(id.to_string()).bind(now)
            .fetch_optional(pool).await.map_err(failed)?);
        row.map(|(data,)| serde_json::from_str(&data).map_err(|error| Error::Decode(error.to_string())))
            .transpose()
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        const DELETE: &str = "DELETE FROM sessions WHERE id = $1";
        on!(&self.0, pool => sqlx::query(DELETE).bind(id.to_string()).execute(pool).await.map(drop).map_err(failed))
    }
}

fn row(record: &Record) -> Result<(String, String, i64)> {
    let data = serde_json::to_string(record).map_err(|error| Error::Encode(error.to_string()))?;
    Ok((record.id.to_string(), data, record.expiry_date.unix_timestamp()))
}

fn failed(error: sqlx::Error) -> Error {
    Error::Backend(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_session_is_overwritten_and_none_comes_back() {
        let file = std::env::temp_dir().join(format!("second-factor-sessions-{}.db", std::process::id()));
        let sessions = Sessions(Database::open(file.to_str().unwrap()).await.unwrap());
        let record = |value: i64| Record {
            id: Id(7),
            data: [("value".to_owned(), value.into())].into(),
            expiry_date: OffsetDateTime::now_utc() + time::Duration::HOUR,
        };
        let (mut first, mut second) = (record(1), record(2));
        sessions.create(&mut first).await.unwrap();
        sessions.create(&mut second).await.unwrap();
        assert_ne!(first.id, second.id, "the id that was taken was drawn again");
        assert_eq!(sessions.load(&first.id).await.unwrap().unwrap().data, record(1).data);
        assert_eq!(sessions.load(&second.id).await.unwrap().unwrap().data, record(2).data);

        sessions.delete(&first.id).await.unwrap();
        sessions.save(&first).await.unwrap();
        assert!(sessions.load(&first.id).await.unwrap().is_none(), "a request that ran on made it again");

        second.expiry_date = OffsetDateTime::now_utc() - time::Duration::SECOND;
        sessions.save(&second).await.unwrap();
        assert!(sessions.load(&second.id).await.unwrap().is_none(), "it has expired");
        on!(&sessions.0, pool => pool.close().await);
        std::fs::remove_file(file).unwrap();
    }
}
