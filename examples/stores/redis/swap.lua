-- KEYS: the account's hash, its trail. ARGV: the expected revision or '', the next revision, the next record, the events. Revisions are
-- compared as text: a number in Lua has 53 bits.
if (redis.call('HGET', KEYS[1], 'revision') or '') ~= ARGV[1] then
    return 0
end
-- Redis rolls nothing back. What can fail comes first, and one command writes the events: a key of another type, or no memory left.
if ARGV[4] then
    redis.call('XADD', KEYS[2], '*', 'revision', ARGV[2], unpack(ARGV, 4))
end
redis.call('HSET', KEYS[1], 'revision', ARGV[2], 'record', ARGV[3])
return 1
