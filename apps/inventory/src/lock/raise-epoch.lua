-- Tells Redis the epoch that the database has agreed on. An epoch never goes down, and one that was agreed on for a memory
-- that Redis has lost since means nothing to it: a slow caller changes nothing.
--
-- KEYS[1]   epoch
-- KEYS[2]   name of the memory
-- ARGV[1]   epoch of the caller
-- ARGV[2]   the memory it is for
-- returns   the epoch in force, 0 for none
local current = tonumber(redis.call('GET', KEYS[1]) or '0')
if redis.call('GET', KEYS[2]) == ARGV[2] and tonumber(ARGV[1]) > current then
  redis.call('SET', KEYS[1], ARGV[1])
  return tonumber(ARGV[1])
end
return current
