-- One row for each account. The primary key is the only index: both statements look up by it, and no swap changes it.
-- Not WITHOUT ROWID: in an index a row of more than a kilobyte needs an overflow page, which each swap would write again.
-- BINARY compares ids byte by byte.
CREATE TABLE second_factor (
    account  TEXT    NOT NULL PRIMARY KEY COLLATE BINARY,
    revision INTEGER NOT NULL,
    record   TEXT    NOT NULL
) STRICT;

-- The audit trail: one row for each event, written in the transaction that writes the record. `number` orders the events; `at` (seconds
-- since 1970) does not, because a clock may go back. `revision` is that of the change, `sequence` the position of the event in it. You
-- decide how long events are kept: `prune.sql`.
CREATE TABLE second_factor_trail (
    number   INTEGER PRIMARY KEY,
    account  TEXT    NOT NULL COLLATE BINARY,
    revision INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    event    TEXT    NOT NULL
) STRICT;
CREATE INDEX second_factor_trail_account ON second_factor_trail (account, number);
CREATE INDEX second_factor_trail_at ON second_factor_trail (at);
