-- KEYS: the account's hash. ARGV: the expected revision or '', the next revision, the next record. Revisions are compared as text: a
-- number in Lua has 53 bits.
if (redis.call('HGET', KEYS[1], 'revision') or '') ~= ARGV[1] then
    return 0
end
redis.call('HSET', KEYS[1], 'revision', ARGV[2], 'record', ARGV[3])
return 1
