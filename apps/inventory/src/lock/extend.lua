-- Lengthens the locks of one request, all or none: a lease that lost one lock is lost.
--
-- KEYS      the locks
-- ARGV[1]   request token
-- ARGV[2]   time to live from now, ms
-- returns   1 when every lock still belongs to this request, else 0 and nothing is changed
for i = 1, #KEYS do
  if redis.call('GET', KEYS[i]) ~= ARGV[1] then
    return 0
  end
end
for i = 1, #KEYS do
  redis.call('PEXPIRE', KEYS[i], ARGV[2])
end
return 1
