-- One row an account. The primary key is the one index there is: both statements look up by it, and no swap changes it.
-- Not WITHOUT ROWID: in an index a row of more than a kilobyte spills onto a page of its own, which each swap would write anew.
-- BINARY compares ids byte by byte.
CREATE TABLE second_factor (
    account  TEXT    NOT NULL PRIMARY KEY COLLATE BINARY,
    revision INTEGER NOT NULL,
    record   TEXT    NOT NULL
) STRICT;

-- The audit trail: an event a row, written in the transaction that writes the record. `number` orders the events, `at` does not, since
-- clocks go back. `revision` is that of the change, `sequence` the event's place in it. `at` is in seconds since 1970. How long events
-- are kept is yours to say: `prune.sql`.
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
