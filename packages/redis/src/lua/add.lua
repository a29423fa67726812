-- Adds the entries of one numbered write to the pending ones.
--
-- KEYS 1 entries, 2 pending, 3 state, 4 the set of partitions, 5 the set of numbers of partitions
-- ARGV 1 now or '', 2 partition, 3 epoch, 4 the position at which the producer joined, 5 producer, 6 the write's number, 7 the number that it follows,
--      8 its nonce, 9 a line for each target key and each packed entry in turn, 10 the number of partitions, or '' if it is not known
-- Reply {'applied' | 'duplicate', position, refusals as JSON}, {'conflict'}, {'gap', last number, position} or
--       {'unknown', epoch or '', floor}
local entries, pending, state, partitions, counts = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local name, follows, nonce = 'p:' .. ARGV[5], ARGV[7], ARGV[8]

local record, epoch, applied, floor = unpack(redis.call('HMGET', state, name, 'epoch', 'applied', 'floor'))
applied, floor = count_of(applied), count_of(floor)
if not applied or not floor then return corrupt(state, 'has a position that is no number') end
if epoch ~= ARGV[3] then return { 'unknown', epoch or '', floor } end
if not record and tonumber(ARGV[4]) < floor then return { 'unknown', epoch, floor } end
-- The usual record is not taken apart: it begins with the number that the write follows.
if string.sub(record or '0 ', 1, #follows + 1) ~= follows .. ' ' then
  local last, last_position, last_nonce, last_refused = 0, nil, nil, nil
  if record then last, last_position, last_nonce, last_refused = parse_record(record) end
  if not last then return corrupt(state, 'has a record of the producer ' .. ARGV[5] .. ' that cannot be read') end
  local number = tonumber(ARGV[6])
  if number > last then return { 'gap', last, applied } end
  if number == last and nonce == last_nonce then return { 'duplicate', last_position, last_refused } end
  return { 'conflict' }
end

local keys, opens, count = {}, {}, 0
-- An entry without its closing brace: it gets the stamp, or is merged.
for key, open in string.gmatch(ARGV[9], '([^\n]+)\n([^\n]*)}') do
  count = count + 1
  keys[count], opens[count] = key, open
end

local olds = fields_of(entries, keys)
local merge
local new, opened, sets, set, refusals, stamp = {}, 0, {}, 0, nil, nil
for i = 1, count do
  local key, open, old = keys[i], opens[i], olds[i]
  local value, reason, field
  if old then
    merge = merge or load_merge()
    value, reason, field = merge(old, open .. '}')
  else
    stamp = stamp or string.format(',"@":"%.0f"}', now_ms(ARGV[1]))
    value = open == '{' and open .. string.sub(stamp, 2) or open .. stamp
    opened = opened + 1
    new[opened] = key
  end
  if value then
    sets[set + 1], sets[set + 2] = key, value
    set = set + 2
  else
    refusals = refusals or {}
    refusals[#refusals + 1] = { index = i - 1, reason = reason, field = field }
  end
end
local refused = refusals and cjson.encode(refusals) or '[]'
local refusal = set > 0 and denied('HSET', entries, '', '') or denied('HSET', state, '', '')
if refusal then return refusal end

-- This changes nothing: see `may`. A key must not be listed twice.
if not may then redis.call('HSET', state, 'epoch', epoch) end
-- Sets that someone removed come back, but not every write has to look.
if opened > 0 and redis.call('LLEN', pending) == 0 or applied % 16 == 0 then
  redis.call('SADD', partitions, ARGV[2])
  if ARGV[10] ~= '' then redis.call('SADD', counts, ARGV[10]) end
end
-- From here on nothing fails: what might do so, this user and these keys, has just been tried.
call_in_chunks('RPUSH', pending, new)
call_in_chunks('HSET', entries, sets)
local position = text_of(applied + 1)
redis.call('HSET', state, 'applied', position, name, ARGV[6] .. ' ' .. position .. ' ' .. nonce .. ' ' .. refused)
return { 'applied', applied + 1, refused }
