-- Deletes the locks that still belong to this request; a lock that expired and has a new owner is left alone.
--
-- KEYS      the locks
-- ARGV[1]   request token
-- returns   how many were deleted
local deleted = 0
for i = 1, #KEYS do
  if redis.call('GET', KEYS[i]) == ARGV[1] then
    deleted = deleted + redis.call('DEL', KEYS[i])
  end
end
return deleted
