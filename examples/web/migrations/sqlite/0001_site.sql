-- `name_key` is the name in lower case, so that Alice and alice are not two users. `form` is the token of the form that
-- registered the user: if it is sent twice, the second answer is not "This user name is taken".
CREATE TABLE users (
    id            TEXT NOT NULL PRIMARY KEY,
    name          TEXT NOT NULL,
    name_key      TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    form          TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- `id` is a hash, so that nobody can log in with a copy of this table. `is_stub`: the session that had this id has another one now,
-- or has ended. `taken_until`: a form of this session is being handled, until then at most.
CREATE TABLE sessions (
    id          TEXT    NOT NULL PRIMARY KEY,
    data        TEXT    NOT NULL,
    expires_at  INTEGER NOT NULL,
    taken_until INTEGER NOT NULL DEFAULT 0,
    is_stub     INTEGER NOT NULL DEFAULT FALSE
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_expires_at ON sessions (expires_at);

-- The events of the security log that change no record of the second factor, and so are not in its trail. A few rows an account.
-- `number` is the order in which the rows of an account were written, and `trail_number` the latest number in the trail at that time: clocks can
-- go back, so `at` is no order.
CREATE TABLE unrecorded (
    account      TEXT    NOT NULL,
    slot         TEXT    NOT NULL,
    number       INTEGER NOT NULL,
    trail_number INTEGER NOT NULL,
    at           INTEGER NOT NULL,
    event        TEXT    NOT NULL,
    PRIMARY KEY (account, slot)
) STRICT, WITHOUT ROWID;
