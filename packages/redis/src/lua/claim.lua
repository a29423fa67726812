-- Leases the unsettled batch if it is due, or freezes the first pending entries into a new one. With a lease token, it ends
-- the batch of that lease first, which was applied.
--
-- KEYS 1 entries, 2 pending, 3 batch, 4 state
-- ARGV 1 now or '', 2 entries a batch, 3 bytes a batch, 4 lease in ms, 5 prefix of a new batch's id,
--      6 claim token, 7 'early' to take a batch that nobody holds before it is due, 8 lease token or '',
--      9 the worker's name
-- Reply {'leased', id, attempt, failures, age in ms, entries left pending, payload}, {'busy', ms until it is due} or {'empty'};
--       0 if the token does not hold the lease
--
-- The payload is a line for each target key and each packed entry in turn. It is read last, since it may be large.
-- Changes begin with one that needs no memory: Redis then allows the others even at maxmemory, so that a full server
-- can be drained.
local entries, pending, batch, state = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local now, size, bytes, lease_ms, claim_token = now_ms(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[6]

-- Who holds the lease, and since when. The token says which lease that is: older versions make others, and leave this.
local holder = claim_token .. ' ' .. text_of(now) .. ' ' .. ARGV[9]

local function leased_again(held)
  local left = wait_left(held, now)
  local is_mine = held.token == claim_token
  if not is_mine and left > 0 and (held.token or ARGV[7] ~= 'early') then
    if now + left < held.due then
      local refusal = denied('HDEL', batch, '') or denied('HSET', batch, '', '')
      if refusal then return refusal end
      redis.call('HDEL', batch, 'none')
      redis.call('HSET', batch, 'due', text_of(now + left))
    end
    return { 'busy', left }
  end

  local payload = redis.call('HGET', batch, 'payload')
  if not payload then return corrupt(batch, 'has no payload') end
  local remaining = redis.call('HLEN', entries)
  local attempt, made_at = held.attempt, held.made_at or now
  if not is_mine then
    local refusal = denied('HDEL', batch, '') or denied('HSET', batch, '', '')
    if refusal then return refusal end
    attempt = attempt + 1
    redis.call('HDEL', batch, 'none')
    redis.call('HSET', batch, 'token', claim_token, 'attempt', text_of(attempt), 'due', text_of(now + lease_ms),
      'wait', text_of(lease_ms), 'madeAt', text_of(made_at), 'holder', holder)
  end
  return { 'leased', held.id, attempt, held.failures, age_of(made_at, now), remaining, payload }
end

local is_applied, settled = false, nil
if ARGV[8] ~= '' then
  is_applied, settled = holds(batch, state, ARGV[8])
  if settled == 0 then return 0 end
end
if not is_applied then
  local held, problem = read_batch(batch)
  if problem then return problem end
  if held then return leased_again(held) end
end

-- Only text that Sluice did not write can have a line break; it must not shift the lines after it.
local function one_line(text)
  return string.find(text, '\n', 1, true) and string.gsub(text, '\n', ' ') or text
end

local queue = read_queue(pending, size, bytes)
-- Few entries at a time, since each may be large.
local STEP = 50
local keys, lines, taken, found, sum, is_full = {}, {}, 0, 0, 0, false
local most = math.min(size, queue.length)
if most == 0 then return is_applied and end_batch(batch, state, settled) or { 'empty' } end
repeat
  local values = redis.call('HMGET', entries, unpack(queue.keys, taken + 1, math.min(taken + STEP, most)))
  for _, packed in ipairs(values) do
    local key, stamp = queue.keys[taken + 1], queue.stamps[taken + 1]
    local value = with_time(packed or 'null', stamp)
    sum = sum + #key + #value
    is_full = taken > 0 and sum > bytes
    if is_full then break end
    taken = taken + 1
    if packed then found = found + 1 end
    keys[taken], lines[2 * taken - 1], lines[2 * taken] = key, one_line(key), one_line(value)
  end
until is_full or taken == most
local whole_items, rest = after(queue, taken)
local remaining = redis.call('HLEN', entries) - found

local batches = count_of(redis.call('HGET', state, 'batches'))
if not batches then return corrupt(state, 'has a count of batches that is no number') end
-- Only shown: what cannot be read begins again at 0, and stops nothing. HMGET would be a right that workers do without.
local taken_so_far = text_of((count_of(redis.call('HGET', state, 'taken')) or 0) + taken)
-- A client may repeat a claim long after the batch of the first one was settled, and data may go back to an earlier
-- state: no id is used twice.
local number = text_of(batches + 1)
local id = ARGV[5] .. '-' .. number .. '-' .. server_time()
local payload = table.concat(lines, '\n')
-- The entry may be corrupt; the batch must be readable even so.
local first_at = whole(string.match(lines[2], '"@":"(%d+)"') or '') or now
local oldest = text_of(first_at)

local refusal = denied('HSET', state, '', '')
  or is_applied and denied('DEL', batch)
  or denied('HSET', batch, '', '')
  or denied('LTRIM', pending, '0', '-1')
  or rest and denied('LSET', pending, '0', '')
  or denied('HDEL', entries, '')
if refusal then return refusal end

-- These change nothing: see `may`.
redis.call('HDEL', entries, '')
redis.call('LTRIM', pending, 0, -1)
if rest and not may then redis.call('LSET', pending, 0, queue.items[1].text) end
if is_applied then redis.call('DEL', batch) end
redis.call('HSET', state, 'batches', number, 'taken', taken_so_far, unpack(is_applied and { 'settled', settled } or {}))
redis.call('HSET', batch, 'id', id, 'number', number, 'payload', payload, 'size', taken, 'oldest', oldest,
  'madeAt', text_of(now), 'token', claim_token, 'attempt', 1, 'due', text_of(now + lease_ms), 'wait', text_of(lease_ms),
  'holder', holder)
redis.call('LTRIM', pending, whole_items, -1)
if rest then redis.call('LSET', pending, 0, rest) end
call_in_chunks('HDEL', entries, keys)
return { 'leased', id, 1, 0, 0, remaining, payload }
