-- Leases the unsettled batch if it is due, or freezes the first pending entries into a new one.
--
-- KEYS 1 entries, 2 pending, 3 batch, 4 state
-- ARGV 1 now or '', 2 entries a batch, 3 lease in ms, 4 prefix of a new batch's id, 5 claim token
-- Reply {'leased', id, attempt, entries left pending, payload}, {'busy', ms until it is due} or {'empty'}
--
-- The payload is a line for each target key and each packed entry in turn. Taking entries away comes first, as it
-- needs no memory: Redis then allows the rest of the script even at maxmemory, so that a full server can be drained.
local CHUNK = 2000
local entries, pending, batch, state = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local now, size, lease_ms, claim_token = now_ms(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[5]

local id, held_by, attempt, due, payload = unpack(redis.call('HMGET', batch, 'id', 'token', 'attempt', 'due', 'payload'))
if id and held_by ~= claim_token then
  if tonumber(due) > now then return { 'busy', tonumber(due) - now } end
  attempt = attempt + 1
  redis.call('HDEL', batch, 'token')
  redis.call('HSET', batch, 'token', claim_token, 'attempt', attempt, 'due', string.format('%.0f', now + lease_ms))
end
if id then return { 'leased', id, tonumber(attempt), redis.call('LLEN', pending), payload } end

local keys = redis.call('LRANGE', pending, 0, size - 1)
if #keys == 0 then return { 'empty' } end

local values = {}
for first = 1, #keys, CHUNK do
  local last = math.min(first + CHUNK - 1, #keys)
  for i, value in ipairs(redis.call('HMGET', entries, unpack(keys, first, last))) do
    values[first + i - 1] = value or 'null'
  end
end

-- Only text that Sluice did not write can have a line break; it must not shift the lines after it.
local function one_line(texts)
  if not string.find(table.concat(texts), '\n', 1, true) then return texts end
  local lines = {}
  for i, text in ipairs(texts) do lines[i] = string.gsub(text, '\n', ' ') end
  return lines
end
local lines, shown_keys, shown_values = {}, one_line(keys), one_line(values)
for i = 1, #keys do
  lines[2 * i - 1] = shown_keys[i]
  lines[2 * i] = shown_values[i]
end

redis.call('LTRIM', pending, #keys, -1)
for first = 1, #keys, CHUNK do
  redis.call('HDEL', entries, unpack(keys, first, math.min(first + CHUNK - 1, #keys)))
end
payload = table.concat(lines, '\n')
-- A client may repeat a claim long after the batch of the first one was settled: no id is used twice.
local number = string.format('%.0f', (redis.call('HGET', state, 'batches') or 0) + 1)
redis.call('HSET', state, 'batches', number)
id = ARGV[4] .. '-' .. number
redis.call('HSET', batch, 'id', id, 'payload', payload, 'size', #keys,
  'token', claim_token, 'attempt', 1, 'due', string.format('%.0f', now + lease_ms))
return { 'leased', id, 1, redis.call('LLEN', pending), payload }
