-- One row for each account. Ids are binary, so that they are compared byte by byte: 'alice ' is not 'alice'. A text column would
-- need COLLATE utf8mb4_nopad_bin (MariaDB) or utf8mb4_0900_bin (MySQL); utf8mb4_bin pads, and fails the conformance suite.
CREATE TABLE second_factor (
    account  VARBINARY(255) NOT NULL PRIMARY KEY,
    revision BIGINT         NOT NULL,
    record   MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL
) ENGINE = InnoDB;

-- The audit trail: one row for each event, written in the transaction that writes the record. `number` orders the events of an
-- account, because its changes wait for each other; `at` (seconds since 1970) does not, because a clock may go back. `revision` is that
-- of the change, `sequence` the position of the event in it. You decide how long events are kept: `prune.sql`.
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

-- Stores a change and its events in one round trip: no single statement of this engine writes to two tables. `expected` is null if no
-- row may exist. It has its own transaction, which ends before the answer. SQL SECURITY INVOKER, so that it still works after the
-- user who created it was dropped.
CREATE PROCEDURE second_factor_swap (
    IN id VARBINARY(255), IN next_record MEDIUMTEXT CHARACTER SET utf8mb4, IN next_revision BIGINT, IN expected BIGINT,
    IN events MEDIUMTEXT CHARACTER SET utf8mb4
) MODIFIES SQL DATA SQL SECURITY INVOKER
BEGIN
    DECLARE stored BIGINT DEFAULT 1;
    -- A lock wait timeout ends only the statement, not the transaction.
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
