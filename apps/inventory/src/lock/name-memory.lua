-- Names what Redis remembers from now on, unless it has a name already. A flush, or a server without its data, takes it away.
--
-- KEYS[1]   name of the memory
-- ARGV[1]   a new name
-- returns   the name in force
redis.call('SET', KEYS[1], ARGV[1], 'NX')
return redis.call('GET', KEYS[1])
