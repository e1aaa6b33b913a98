-- `name_key` is the name in lower case: nobody registers as Alice beside alice. `form` is the token of the form that registered
-- them, so that the same form sent twice is not told that the name is taken.
CREATE TABLE users (
    id            TEXT NOT NULL PRIMARY KEY,
    name          TEXT NOT NULL,
    name_key      TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    form          TEXT NOT NULL
);

-- `id` is a hash: with a copy of this table nobody is logged in. A stub is what a session leaves under an id that it no longer has.
-- `taken_until`: a form of this session is at work until then, at most.
CREATE TABLE sessions (
    id          TEXT    NOT NULL PRIMARY KEY,
    data        TEXT    NOT NULL,
    expires_at  BIGINT  NOT NULL,
    taken_until BIGINT  NOT NULL DEFAULT 0,
    is_stub     BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX sessions_expires_at ON sessions (expires_at);

-- Of the security log, what changes no record of the second factor and so is not in its trail. A few rows for each account.
CREATE TABLE unrecorded (
    account TEXT NOT NULL,
    slot    TEXT NOT NULL,
    at      BIGINT NOT NULL,
    event   TEXT NOT NULL,
    PRIMARY KEY (account, slot)
);
