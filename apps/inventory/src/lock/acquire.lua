-- Takes locks for as many groups as it can, each group as a whole or not at all, and mints one fencing token a lock.
-- A group is granted when each of its locks is free, or belongs to this request already, and none of them is wanted by
-- whoever has waited longest. So nobody starves: before the one at the head of the queue, nobody takes what it wants.
-- Asking again with the same request token is safe: own locks are recognised, lengthened, and keep their tokens.
--
-- KEYS[1]   epoch; missing when Redis lost its memory
-- KEYS[2]   name of the memory
-- KEYS[3]   hash of the last token minted for each lock
-- KEYS[4]   sorted set of the waiters by their turn
-- KEYS[5]   hash of what each waiter wants, and when it last asked
-- KEYS[6…]  the locks, sorted
-- ARGV[1]   request token: the value of every lock it takes
-- ARGV[2]   time to live, ms
-- ARGV[3]   name of the waiter; it keeps its turn from one request to the next, until it gets all it asks for
-- ARGV[4]   how long a waiter that asks no more keeps its turn, ms
-- ARGV[5]   the groups, as JSON: lists of positions among the locks, from 1
-- returns   { 'held', epoch, for each lock its n, or 0 where it was not taken }
--           { 'no-epoch' }: nothing may be minted before the database has said which epoch this is
local epoch = redis.call('GET', KEYS[1])
if not epoch then
  return { 'no-epoch' }
end

-- Anybody can order what nobody sells, and each such name leaves a token for good. Too many are forgotten on purpose, in the
-- way that a flush would do it: the next epoch makes all tokens greater, and locks that are held stay so.
local most = 100000
if redis.call('HLEN', KEYS[3]) >= most then
  redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3])
  return { 'no-epoch' }
end

local queue, wants, before = KEYS[4], KEYS[5], 5
local request, ttl, waiter, patience, groups = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), cjson.decode(ARGV[5])

local function clock()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function forget(one)
  redis.call('ZREM', queue, one)
  redis.call('HDEL', wants, one)
end

-- What the longest waiting one wants. It asks every few milliseconds; one that did not is gone, and so is one whose last
-- time lies ahead: somebody has set the clock back.
local wanted = {}
local first = redis.call('ZRANGE', queue, 0, 0)[1]
while first and first ~= waiter do
  local want = redis.call('HGET', wants, first)
  want = want and cjson.decode(want)
  local age = want and clock() - want.at
  if age and age >= 0 and age < patience then
    for _, lock in ipairs(want.locks) do
      wanted[lock] = true
    end
    break
  end
  forget(first)
  first = redis.call('ZRANGE', queue, 0, 0)[1]
end

local mine, free = {}, {}
for i = before + 1, #KEYS do
  local holder = redis.call('GET', KEYS[i])
  mine[i] = holder == request
  free[i] = mine[i] or (not holder and not wanted[KEYS[i]])
end

local take, missing = {}, {}
for _, group in ipairs(groups) do
  local granted = true
  for _, position in ipairs(group) do
    granted = granted and free[before + position]
  end
  for _, position in ipairs(group) do
    if granted then
      take[before + position] = true
    else
      missing[before + position] = true
    end
  end
end

if next(missing) then
  local want = { at = clock(), locks = {} }
  for i in pairs(missing) do
    want.locks[#want.locks + 1] = KEYS[i]
  end
  local last = redis.call('ZRANGE', queue, -1, -1, 'WITHSCORES')[2]
  redis.call('ZADD', queue, 'NX', (last or 0) + 1, waiter)
  redis.call('HSET', wants, waiter, cjson.encode(want))
  redis.call('PEXPIRE', queue, 10 * patience)
  redis.call('PEXPIRE', wants, 10 * patience)
elseif first then
  forget(waiter)
end

local reply = { 'held', epoch }
for i = before + 1, #KEYS do
  local n = 0
  if take[i] then
    redis.call('SET', KEYS[i], request, 'PX', ttl)
    n = mine[i] and redis.call('HGET', KEYS[3], KEYS[i]) or redis.call('HINCRBY', KEYS[3], KEYS[i], 1)
  end
  reply[#reply + 1] = n
end
return reply
