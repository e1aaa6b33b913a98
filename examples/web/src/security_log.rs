//! The security log of each account: the audit events, kept beside the accounts.

use tokio::sync::{mpsc, oneshot};

use crate::database::{Database, on};
use crate::stop::Stop;

/// A queue into the table `security_log`. What is put in is written also if the request that caused it is gone.
#[derive(Clone, Debug)]
pub struct SecurityLog {
    queue: mpsc::UnboundedSender<Entry>,
    database: Database,
}

enum Entry {
    Event { account: String, event: String },
    Flush(oneshot::Sender<()>),
}

impl SecurityLog {
    /// The log, with its writer running.
    pub(crate) fn open(database: Database) -> Self {
        let (queue, mut entries) = mpsc::unbounded_channel();
        let log = Self { queue, database: database.clone() };
        tokio::spawn(async move {
            while let Some(entry) = entries.recv().await {
                match entry {
                    Entry::Event { account, event } => write(&database, account, event).await,
                    Entry::Flush(done) => drop(done.send(())),
                }
            }
        });
        log
    }

    /// Takes an event, without waiting.
    pub(crate) fn note(&self, account: &str, event: String) {
        // The writer goes last of all.
        let _ = self.queue.send(Entry::Event { account: account.into(), event });
    }

    /// Waits until all that was taken before is written.
    pub(crate) async fn flush(&self) {
        let (done, written) = oneshot::channel();
        if self.queue.send(Entry::Flush(done)).is_ok() {
            let _ = written.await;
        }
    }

    /// The latest events of an account, the latest first.
    pub(crate) async fn latest(&self, account: &str) -> Result<Vec<String>, Stop> {
        const SELECT: &str = "SELECT event FROM security_log WHERE account = $1 ORDER BY id DESC LIMIT 20";
        let rows: Vec<(String,)> =
            on!(&self.database, pool => sqlx::query_as(SELECT).bind(account).fetch_all(pool).await?);
        Ok(rows.into_iter().map(|(event,)| event).collect())
    }
}

async fn write(database: &Database, account: String, event: String) {
    const INSERT: &str = "INSERT INTO security_log (account, event) VALUES ($1, $2)";
    let written =
        on!(database, pool => sqlx::query(INSERT).bind(account).bind(&event).execute(pool).await.map(drop));
    if let Err(error) = written {
        // Events hold no secret. The table lacks this one, the log does not.
        tracing::error!(%error, %event, "the security log could not be written");
    }
}
