-- Of a time: deletes the events before it. From a job of yours, as often as you like.
DELETE FROM second_factor_trail WHERE at < $1
