-- KEYS: the record's hash, the account's revision counter. ARGV: the expected revision or '', the next record.
-- The counter outlives the record, so that no revision comes twice.
if (redis.call('HGET', KEYS[1], 'revision') or '') ~= ARGV[1] then
    return false
end
local revision = redis.call('INCR', KEYS[2])
redis.call('HSET', KEYS[1], 'revision', revision, 'record', ARGV[2])
return revision
