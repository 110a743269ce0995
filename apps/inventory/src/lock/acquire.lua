-- Takes the locks of a whole batch, all or none, and mints one fencing token for each.
-- Asking again with the same request token is safe: own locks are recognised, lengthened, and keep their tokens.
--
-- KEYS[1]   epoch; missing when Redis lost its memory
-- KEYS[2]   hash of the last token minted for each lock
-- KEYS[3…]  the locks, sorted
-- ARGV[1]   request token: the value of every lock it takes
-- ARGV[2]   time to live, ms
-- returns   { 'held', epoch, n of KEYS[3], n of KEYS[4], … }
--           { 'busy', the first lock that belongs to somebody else }
--           { 'no-epoch' }: nothing may be minted before the database has said which epoch this is
local epoch = redis.call('GET', KEYS[1])
if not epoch then
  return { 'no-epoch' }
end

local mine = {}
for i = 3, #KEYS do
  local holder = redis.call('GET', KEYS[i])
  if holder and holder ~= ARGV[1] then
    return { 'busy', KEYS[i] }
  end
  mine[i] = holder
end

local reply = { 'held', epoch }
for i = 3, #KEYS do
  redis.call('SET', KEYS[i], ARGV[1], 'PX', ARGV[2])
  reply[i] = mine[i] and redis.call('HGET', KEYS[2], KEYS[i]) or redis.call('HINCRBY', KEYS[2], KEYS[i], 1)
end
return reply
