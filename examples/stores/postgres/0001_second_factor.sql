-- One row an account. The primary key is the one index there is: both statements look up by it. Collation "C" compares ids byte
-- by byte. An update changes no indexed column, and the free quarter of each page lets it stay there (a heap-only tuple): four
-- rows of a kilobyte and a half fit on a page, and the next version of one. A row is not taken apart as those of more than two
-- kilobytes are by default: a record with much in it has more.
CREATE TABLE second_factor (
    account  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    revision BIGINT NOT NULL,
    record   TEXT   NOT NULL
) WITH (fillfactor = 75, toast_tuple_target = 8160);

-- The audit trail: an event a row, written in the statement that writes the record. `number` orders the events of an account, since
-- its changes wait for one another; `at` does not, since clocks go back. `revision` is that of the change, `sequence` the event's place
-- in it. `at` is in seconds since 1970. How long events are kept is yours to say: `prune.sql`.
CREATE TABLE second_factor_trail (
    number   BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account  TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    sequence INTEGER NOT NULL,
    at       BIGINT NOT NULL,
    event    JSON   NOT NULL
);
CREATE INDEX second_factor_trail_account ON second_factor_trail (account, number);
-- For the pruning. Rows come in the order of time, so a summary of each range of pages is enough, and costs a write nothing.
CREATE INDEX second_factor_trail_at ON second_factor_trail USING brin (at);
