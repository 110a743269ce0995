-- Counts the requests of many principals in one go, by the generic cell rate algorithm (GCRA, ITU-T I.371): each request
-- costs the time after which one more is allowed, and who owes more than the whole window is refused. One number a
-- principal: when it will owe nothing any more. Where nothing is owed nothing is stored.
--
-- KEYS[i]  one for each principal
-- ARGV[i]  of each principal: what one request costs and what may be owed at most, µs (the cost of as many as may come at
--          once); how many were let in already, and are to be counted; how many ask to be let in; with colons between
-- returns  for each principal, in turn: how many of those that ask are let in, and what is owed then, µs
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local answers = {}
for i, key in ipairs(KEYS) do
  local cost, most, told, asked = string.match(ARGV[i], '^(%d+):(%d+):(%d+):(%d+)$')
  local counted = math.max(0, (redis.call('GET', key) or now) - now)
  -- More than can be owed: TIME was set back since, or the limit was another. Else it would stay so for as long.
  local wrong = counted > 2 * most
  if wrong then counted = tonumber(most) end
  local owed = counted + told * cost
  local granted = math.max(0, math.min(asked, math.floor((most - owed) / cost)))
  owed = owed + granted * cost
  if wrong or told + granted > 0 then
    redis.call('SET', key, string.format('%.0f', now + owed), 'PX', math.ceil(owed / 1000))
  end
  answers[2 * i - 1] = granted
  answers[2 * i] = owed
end
return answers
