-- Of a time: deletes a thousand of the events before it, so that no login waits long for its turn to write. Again while rows go.
DELETE FROM second_factor_trail WHERE number IN (SELECT number FROM second_factor_trail WHERE at < ?1 ORDER BY at LIMIT 1000)
