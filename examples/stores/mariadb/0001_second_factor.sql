-- One row an account. Ids are binary, so they are compared byte by byte: 'alice ' is not alice. A column of text would have to be
-- COLLATE utf8mb4_nopad_bin (MariaDB) or utf8mb4_0900_bin (MySQL); utf8mb4_bin pads, and fails the conformance suite.
CREATE TABLE second_factor (
    account  VARBINARY(255) NOT NULL PRIMARY KEY,
    revision BIGINT         NOT NULL,
    record   MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL
) ENGINE = InnoDB;

-- The audit trail: an event a row, written in the transaction that writes the record. `number` orders the events of an account, since
-- its changes wait for one another; `at` does not, since clocks go back. `revision` is that of the change, `sequence` the event's place
-- in it. `at` is in seconds since 1970. How long events are kept is yours to say: `prune.sql`.
CREATE TABLE second_factor_trail (
    number   BIGINT         NOT NULL AUTO_INCREMENT PRIMARY KEY,
    account  VARBINARY(255) NOT NULL,
    revision BIGINT         NOT NULL,
    sequence INT            NOT NULL,
    at       BIGINT         NOT NULL,
    event    JSON           NOT NULL,
    KEY second_factor_trail_account (account, number),
    KEY second_factor_trail_at (at)
) ENGINE = InnoDB;

-- A change with events, in one round trip: no statement of this engine writes to two tables. `expected` is null where no row may be there.
-- The transaction is its own, and over before the answer is. SQL SECURITY INVOKER, so that it outlives the user that made it.
CREATE PROCEDURE second_factor_swap (
    IN id VARBINARY(255), IN next_record MEDIUMTEXT CHARACTER SET utf8mb4, IN next_revision BIGINT, IN expected BIGINT,
    IN events MEDIUMTEXT CHARACTER SET utf8mb4
) MODIFIES SQL DATA SQL SECURITY INVOKER
BEGIN
    DECLARE stored BIGINT DEFAULT 1;
    -- A lock that was waited for too long ends its statement alone, not the transaction.
    DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END;
    START TRANSACTION;
    IF expected IS NULL THEN
        INSERT INTO second_factor (account, record, revision) VALUES (id, next_record, next_revision);
    ELSE
        UPDATE second_factor SET record = next_record, revision = next_revision
        WHERE account = id AND revision = expected;
        SET stored = ROW_COUNT();
    END IF;
    IF stored = 1 THEN
        INSERT INTO second_factor_trail (account, revision, sequence, at, event)
        SELECT id, next_revision, told.sequence, told.at, told.event
        FROM JSON_TABLE(events, '$[*]' COLUMNS (
            sequence FOR ORDINALITY, at BIGINT PATH '$.at', event JSON PATH '$')) AS told
        ORDER BY told.sequence;
    END IF;
    COMMIT;
    SELECT stored;
END;
