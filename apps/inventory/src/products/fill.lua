-- Puts products that were read from the database in the place of the claims made before they were read.
-- A claim that is gone (expired, flushed, taken over) writes nothing: what was read under it may be old by now.
-- Of what was read and what refresh.lua has left at the claim meanwhile, the greater version stays.
--
-- KEYS      products
-- ARGV[1]   claim
-- ARGV[2]   time to live, ms
-- ARGV[3…]  for each key the product as JSON; empty where there is no such product
-- returns   how many were written
local written = 0
for i = 1, #KEYS do
  local read = ARGV[i + 2]
  local ok, held = pcall(cjson.decode, redis.call('GET', KEYS[i]) or '')
  if ok and type(held) == 'table' and held.claim == ARGV[1] then
    if read == '' then
      redis.call('DEL', KEYS[i])
    else
      local product = cjson.decode(read)
      if held.epoch and (held.epoch > product.epoch or (held.epoch == product.epoch and held.n > product.n)) then
        product.available, product.asOf, product.epoch, product.n = held.available, held.asOf, held.epoch, held.n
        read = cjson.encode(product)
      end
      redis.call('SET', KEYS[i], read, 'PX', ARGV[2])
      written = written + 1
    end
  end
end
return written
