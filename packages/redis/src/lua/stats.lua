-- Counts what partitions hold.
--
-- KEYS entries, pending, batch, order of the dead and state of each partition in turn
-- ARGV 1 now or ''
-- Reply for each partition: null if it was never used, or {pending, claimed, dead, age of the oldest entry in ms}, and of
-- its batch, if there is one: id, age in ms, attempt, failures, 1 if it is leased, ms until it is due, and, if it failed,
-- why and for how many ms it does
local now = now_ms(ARGV[1])

local function batch_stats(batch, reply)
  for _, value in ipairs({
    batch.id,
    age_of(batch.made_at, now),
    batch.attempt,
    batch.failures,
    batch.token and 1 or 0,
    wait_left(batch, now),
  }) do
    reply[#reply + 1] = value
  end
  if batch.reason then
    reply[#reply + 1] = batch.reason
    reply[#reply + 1] = age_of(batch.failing_since, now)
  end
end

local function stats_of(entries, pending, batch, order, state)
  local found, problem = read_batch(batch)
  if problem then return nil, problem end
  local length, dead = redis.call('HLEN', entries), redis.call('ZCARD', order)
  if length == 0 and dead == 0 and not found and redis.call('EXISTS', state) == 0 then return false end
  local age = found and age_of(found.oldest, now) or 0
  local item = redis.call('LINDEX', pending, 0)
  if item then
    local time, key = head_of(item)
    -- An entry has a time of its own if a dead letter was redriven into it, which may be older.
    local since = string.match(redis.call('HGET', entries, key) or '', '[{,]"@":"(%d+)"') or time
    age = math.max(age, age_of(since, now))
  end
  local reply = { length, found and found.size or 0, dead, age }
  if found then batch_stats(found, reply) end
  return reply
end

local replies = {}
for i = 1, #KEYS, 5 do
  local reply, problem = stats_of(unpack(KEYS, i, i + 4))
  if problem then return problem end
  replies[#replies + 1] = reply
end
return replies
