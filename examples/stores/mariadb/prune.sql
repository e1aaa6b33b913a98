-- Deletes a thousand of the events before a time, so that no login waits long for their locks. Repeat it until it deletes nothing.
DELETE FROM second_factor_trail WHERE at < ? ORDER BY at LIMIT 1000
