-- Of a time: deletes a thousand of the events before it, so that no login waits long for their locks. Again while rows go.
DELETE FROM second_factor_trail WHERE at < ? ORDER BY at LIMIT 1000
