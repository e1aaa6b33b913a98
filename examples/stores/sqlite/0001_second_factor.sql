-- One row an account. The primary key is the one index there is: both statements look up by it, and no swap changes it.
-- Not WITHOUT ROWID: in an index a row of two kilobytes spills onto a page of its own, which each swap would write anew.
-- BINARY compares ids byte by byte.
CREATE TABLE second_factor (
    account  TEXT    NOT NULL PRIMARY KEY COLLATE BINARY,
    revision INTEGER NOT NULL,
    record   TEXT    NOT NULL
) STRICT;
