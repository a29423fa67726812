-- Counts what a partition holds.
--
-- KEYS 1 entries, 2 pending, 3 batch, 4 order of the dead, 5 state
-- ARGV 1 now or ''
-- Reply null if the partition was never used, or {pending, claimed, dead, age of the oldest entry in ms, entries that were
--       added, entries that batches took}, and of its batch, if there is one: id, age in ms, attempt, failures, 1 if it is
--       leased, ms until it is due, who leased it, or null, for how many ms, and, if it failed, why and for how many ms it does
local entries, pending, batch, order, state = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local now = now_ms(ARGV[1])

local found, problem = read_batch(batch)
if problem then return problem end
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
local added = count_of(redis.call('HGET', state, 'added')) or 0
local taken = count_of(redis.call('HGET', state, 'taken')) or 0
if not found then return { length, 0, dead, age, added, taken } end

-- The name and the time that belong to the token; nothing if the lease is an older version's.
local function holder_of(token, holder)
  if not token or not holder or string.sub(holder, 1, #token + 1) ~= token .. ' ' then return false, 0 end
  local since, name = string.match(holder, '^(%d+) (.+)$', #token + 2)
  since = since and whole(since)
  if not since then return false, 0 end
  -- Those that Sluice writes are shorter.
  return string.sub(name, 1, 1000), age_of(since, now)
end

local worker, leased_for = holder_of(found.token, found.holder)
local reply = {
  length,
  found.size,
  dead,
  age,
  added,
  taken,
  found.id,
  age_of(found.made_at, now),
  found.attempt,
  found.failures,
  found.token and 1 or 0,
  wait_left(found, now),
  worker,
  leased_for,
}
if found.reason then
  -- Those that Sluice writes are shorter.
  reply[#reply + 1] = string.sub(found.reason, 1, 5000)
  reply[#reply + 1] = age_of(found.failing_since, now)
end
return reply
