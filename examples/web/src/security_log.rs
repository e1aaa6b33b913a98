//! The security log of each account.
//!
//! Most of it is the trail that the store writes in one transaction with the record: the two always agree. Events that change
//! no record come from the event sink, through a queue. Their number is bounded, so nobody can fill the table.

use std::collections::HashMap;

use tokio::sync::{mpsc, oneshot};

use crate::database::{Database, on};
use crate::keys::hex;
use crate::pages::account::{Line, Log};
use crate::stop::Outcome;
use crate::two_factor::AuditEvent;
use crate::two_factor::words::{Event, Kind, Unrecorded};
use crate::users::random;

/// The latest lines, of any kind, that are shown.
const LATEST: usize = 20;
/// Of the lines before them, the number that is shown of each important kind. So a flood of one kind does not hide another.
const EARLIER_OF_A_KIND: usize = 3;
/// The most notes that wait to be written. Further ones are only in the log of the service.
const LONGEST_QUEUE: usize = 1024;

/// A handle; clones share the queue.
#[derive(Clone, Debug)]
pub(crate) struct SecurityLog {
    database: Database,
    queue: mpsc::Sender<Note>,
}

/// An entry of the queue.
#[derive(Debug)]
enum Note {
    Login(Row),
    Refusal(Row),
    /// Answered when all entries before it are written.
    Written(oneshot::Sender<()>),
}

#[derive(Debug)]
struct Row {
    account: String,
    at: i64,
    event: String,
}

impl SecurityLog {
    pub(crate) fn open(database: Database) -> Self {
        let (queue, notes) = mpsc::channel(LONGEST_QUEUE);
        tokio::spawn(write_all(database.clone(), notes));
        Self { database, queue }
    }

    /// Queues an event from the sink. It must not wait: the sink is called in the middle of a request.
    pub(crate) fn note(&self, event: &AuditEvent) {
        let (Some(unrecorded), Ok(text)) = (Unrecorded::of(event), serde_json::to_string(event)) else {
            return;
        };
        let at = i64::try_from(event.at.as_secs()).unwrap_or(i64::MAX);
        let row = Row { account: event.account.as_str().into(), at, event: text };
        let note = match unrecorded {
            Unrecorded::Login => Note::Login(row),
            Unrecorded::Refusal => Note::Refusal(row),
        };
        if self.queue.try_send(note).is_err() {
            tracing::warn!("the security log takes no more notes just now");
        }
    }

    /// Waits until all earlier notes are written.
    pub(crate) async fn written(&self) {
        let (answer, written) = oneshot::channel();
        if self.queue.send(Note::Written(answer)).await.is_ok() {
            let _ = written.await;
        }
    }

    /// What the account page shows.
    pub(crate) async fn read(&self, account: &str) -> Outcome<Log> {
        // The numbers, not the times, are the order: clocks can go back. An unrecorded event comes after the event of the trail that was
        // the latest when it was written.
        const TRAIL: &str = "SELECT number, CAST(0 AS BIGINT), CAST(event AS TEXT) FROM second_factor_trail
            WHERE account = $1 ORDER BY number DESC LIMIT 2000";
        const UNRECORDED: &str = "SELECT trail_number, number, event FROM unrecorded WHERE account = $1";
        self.written().await;
        let mut events = self.events(account, TRAIL).await?;
        let mut unrecorded = self.events(account, UNRECORDED).await?;
        // A login on a remembered device whose token was replaced is in both.
        for (_, one) in &events {
            let is_same = |(_, other): &(_, Event)| one.at == other.at && one.text == other.text;
            if let Some(other) = unrecorded.iter().position(is_same) {
                unrecorded.swap_remove(other);
            }
        }
        events.append(&mut unrecorded);
        events.sort_by_key(|(place, _)| std::cmp::Reverse(*place));
        let mut events = events.into_iter().map(|(_, event)| event);
        let latest = events.by_ref().take(LATEST).map(line).collect();
        let mut seen = HashMap::<Kind, usize>::new();
        let is_shown = |event: &Event| {
            if !event.is_notable {
                return false;
            }
            let seen = seen.entry(event.kind).or_default();
            *seen += 1;
            *seen <= EARLIER_OF_A_KIND
        };
        Ok(Log { latest, earlier: events.filter(is_shown).map(line).collect() })
    }

    /// Each event with its place in the log.
    async fn events(&self, account: &str, select: &'static str) -> Outcome<Vec<((i64, i64), Event)>> {
        let rows: Vec<(i64, i64, String)> = on!(&self.database, pool => sqlx::query_as(select).bind(account)
            .fetch_all(pool).await?);
        let event = |(one, other, event): (i64, i64, String)| Some(((one, other), Event::read(&event)?));
        Ok(rows.into_iter().filter_map(event).collect())
    }
}

fn line(event: Event) -> Line {
    (event.at, event.text, event.is_notable)
}

async fn write_all(database: Database, mut notes: mpsc::Receiver<Note>) {
    while let Some(note) = notes.recv().await {
        let written = match note {
            Note::Login(row) => write_login(&database, row).await,
            Note::Refusal(row) => write_refusal(&database, row).await,
            Note::Written(answer) => {
                let _ = answer.send(());
                Ok(())
            }
        };
        if let Err(stop) = written {
            tracing::warn!(?stop, "a line of the security log is lost");
        }
    }
}

/// Each login is a line of its own; each account keeps its latest twenty.
async fn write_login(database: &Database, Row { account, at, event }: Row) -> Outcome {
    const INSERT: &str = "INSERT INTO unrecorded (account, slot, at, event, number, trail_number)
        VALUES ($1, $2, $3, $4,
            (SELECT COALESCE(MAX(number), 0) + 1 FROM unrecorded WHERE account = $1),
            (SELECT COALESCE(MAX(number), 0) FROM second_factor_trail WHERE account = $1))";
    const DELETE: &str = "DELETE FROM unrecorded WHERE account = $1 AND slot IN (SELECT slot FROM unrecorded
        WHERE account = $1 AND slot LIKE 'login %' ORDER BY number DESC, slot LIMIT 1000 OFFSET 20)";
    let slot = format!("login {}", hex(&random::<8>()?));
    on!(database, pool => {
        sqlx::query(INSERT).bind(&account).bind(slot).bind(at).bind(event).execute(pool).await?;
        sqlx::query(DELETE).bind(account).execute(pool).await?;
    });
    Ok(())
}

/// Somebody who has the password can cause any number of refusals: the account keeps one line, for the latest, written at
/// most once in five minutes.
async fn write_refusal(database: &Database, Row { account, at, event }: Row) -> Outcome {
    const UPSERT: &str = "INSERT INTO unrecorded (account, slot, at, event, number, trail_number)
        VALUES ($1, 'refusal', $2, $3,
            (SELECT COALESCE(MAX(number), 0) + 1 FROM unrecorded WHERE account = $1),
            (SELECT COALESCE(MAX(number), 0) FROM second_factor_trail WHERE account = $1))
        ON CONFLICT (account, slot) DO UPDATE SET at = excluded.at, event = excluded.event, number = excluded.number,
            trail_number = excluded.trail_number
        WHERE unrecorded.at <= excluded.at - 300 OR unrecorded.at > excluded.at";
    on!(database, pool => sqlx::query(UPSERT).bind(account).bind(at).bind(event).execute(pool).await.map(drop)?);
    Ok(())
}
