-- Tells Redis the epoch that the database has agreed on. An epoch never goes down: a slow caller changes nothing.
--
-- KEYS[1]   epoch
-- ARGV[1]   epoch of the caller
-- returns   the epoch in force
local current = tonumber(redis.call('GET', KEYS[1]) or '0')
if tonumber(ARGV[1]) > current then
  redis.call('SET', KEYS[1], ARGV[1])
  return tonumber(ARGV[1])
end
return current
