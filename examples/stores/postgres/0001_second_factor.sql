-- One row an account. The primary key is the one index there is: both statements look up by it. Collation "C" compares ids byte
-- by byte. An update changes no indexed column, and the free third of each page lets it stay there (a heap-only tuple). A row is not
-- taken apart as those of more than two kilobytes are by default: a record with much in it has more.
CREATE TABLE second_factor (
    account  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    revision BIGINT NOT NULL,
    record   TEXT   NOT NULL
) WITH (fillfactor = 70, toast_tuple_target = 8160);
