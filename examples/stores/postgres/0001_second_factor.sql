-- One row for each account. The primary key is the only index: both statements look up by it. Collation "C" compares ids byte by
-- byte. An update changes no indexed column, and each page has a free quarter, so that the new row version stays on its page (a
-- heap-only tuple): a page has room for four rows of a kilobyte and a half and a new version of one. By default, rows of more than
-- two kilobytes are split (TOAST); toast_tuple_target prevents this for large records.
CREATE TABLE second_factor (
    account  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    revision BIGINT NOT NULL,
    record   TEXT   NOT NULL
) WITH (fillfactor = 75, toast_tuple_target = 8160);

-- The audit trail: one row for each event, written in the statement that writes the record. `number` orders the events of an account,
-- because its changes wait for each other; `at` (seconds since 1970) does not, because a clock may go back. `revision` is that of the
-- change, `sequence` the position of the event in it. You decide how long events are kept: `prune.sql`.
CREATE TABLE second_factor_trail (
    number   BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account  TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    sequence INTEGER NOT NULL,
    at       BIGINT NOT NULL,
    event    JSON   NOT NULL
);
CREATE INDEX second_factor_trail_account ON second_factor_trail (account, number);
-- For pruning. Rows are inserted roughly in the order of time, so a BRIN index is enough; it costs a write next to nothing.
CREATE INDEX second_factor_trail_at ON second_factor_trail USING brin (at);
