-- Deletes a thousand of the events before a time, so that no login waits long to write. Repeat it until it deletes nothing.
DELETE FROM second_factor_trail WHERE number IN (SELECT number FROM second_factor_trail WHERE at < ?1 ORDER BY at LIMIT 1000)
