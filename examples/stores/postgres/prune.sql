-- Deletes the events before a time. Run it from a job, as often as you like.
DELETE FROM second_factor_trail WHERE at < $1
