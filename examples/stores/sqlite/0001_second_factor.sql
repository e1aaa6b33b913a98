-- One row an account. The primary key is the one index there is: both statements look up by it.
-- WITHOUT ROWID keeps the row in that index, so that a load is one search. BINARY compares ids byte by byte.
CREATE TABLE second_factor (
    account  TEXT    NOT NULL PRIMARY KEY COLLATE BINARY,
    revision INTEGER NOT NULL,
    record   TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
