-- Tells the cache what committed transactions have left of some products. Only what is there is written, a product or the
-- claim of somebody who fills it, and only over a smaller version; it keeps its time to live.
--
-- KEYS      products
-- ARGV      for each key: available, epoch, n, as of
-- returns   how many were written
local written = 0
for i = 1, #KEYS do
  local text = redis.call('GET', KEYS[i])
  if text then
    local at = (i - 1) * 4
    local epoch, n = tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
    local ok, entry = pcall(cjson.decode, text)
    if not ok or type(entry) ~= 'table' then
      redis.call('DEL', KEYS[i])
    else
      local seenEpoch, seenN = tonumber(entry.epoch) or -1, tonumber(entry.n) or -1
      if epoch > seenEpoch or (epoch == seenEpoch and n > seenN) then
        entry.available, entry.epoch, entry.n, entry.asOf = tonumber(ARGV[at + 1]), epoch, n, ARGV[at + 4]
        redis.call('SET', KEYS[i], cjson.encode(entry), 'KEEPTTL')
        written = written + 1
      end
    end
  end
end
return written
