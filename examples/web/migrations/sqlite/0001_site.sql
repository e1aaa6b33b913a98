-- `name_key` is the name in lower case: nobody registers as Alice beside alice.
CREATE TABLE users (
    id            TEXT NOT NULL PRIMARY KEY,
    name          TEXT NOT NULL,
    name_key      TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
    id         TEXT    NOT NULL PRIMARY KEY,
    data       TEXT    NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_expires_at ON sessions (expires_at);

-- An audit event a row, as serde writes it.
CREATE TABLE security_log (
    id      INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    event   TEXT NOT NULL
) STRICT;
CREATE INDEX security_log_account ON security_log (account, id);
