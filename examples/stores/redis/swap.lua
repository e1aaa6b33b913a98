-- KEYS: the account's hash, its trail. ARGV: the expected revision or '', the next revision, the next record, the events. Revisions
-- are compared as text, because a number in Lua is exact only up to 53 bits.
local row = redis.call('HMGET', KEYS[1], 'revision', 'record')
-- Half a row is neither absent nor at any revision.
if (row[1] or '') ~= ARGV[1] or (not row[1]) ~= (not row[2]) then
    return 0
end
-- Redis does not roll back. So the command that can fail (the key has another type, or memory is full) comes first, and a single
-- command writes all events.
if ARGV[4] then
    redis.call('XADD', KEYS[2], '*', 'revision', ARGV[2], unpack(ARGV, 4))
end
redis.call('HSET', KEYS[1], 'revision', ARGV[2], 'record', ARGV[3])
return 1
