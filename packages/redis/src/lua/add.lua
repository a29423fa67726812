-- Adds the entries of one numbered write to the pending ones.
--
-- KEYS 1 entries, 2 pending, 3 state, 4 the set of partitions, 5 the set of numbers of partitions
-- ARGV 1 now or '', 2 partition, 3 epoch, 4 the position at which the producer joined, 5 producer, 6 the write's number, 7 the number that it follows,
--      8 its nonce, 9 a line for each target key and each packed entry in turn, 10 the number of partitions, or '' if it is not known
-- Reply the position, if the write was applied and nothing was refused; or {'applied' | 'duplicate', position, refusals as
--       JSON}, {'conflict'}, {'gap', last number, position} or {'unknown', epoch or '', floor}
local entries, pending, state, partitions, counts = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local name, follows, nonce = 'p:' .. ARGV[5], ARGV[7], ARGV[8]

local record, epoch, applied = unpack(redis.call('HMGET', state, name, 'epoch', 'applied'))
applied = count_of(applied)
if not applied then return corrupt(state, 'has a position that is no number') end
if not record or epoch ~= ARGV[3] then
  local floor = count_of(redis.call('HGET', state, 'floor'))
  if not floor then return corrupt(state, 'has a floor that is no number') end
  local is_forgotten = not record and tonumber(ARGV[4]) < floor
  if is_forgotten or epoch ~= ARGV[3] then return { 'unknown', epoch or '', floor } end
end
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

local keys, packed, count = {}, {}, 0
for key, entry in string.gmatch(ARGV[9], '([^\n]+)\n([^\n]+)') do
  count = count + 1
  keys[count], packed[count] = key, entry
end

local olds = fields_of(entries, keys)
local merge
local new, opened, sets, set, refusals = {}, 0, {}, 0, nil
for i = 1, count do
  local key, value, old = keys[i], packed[i], olds[i]
  local reason, field
  if old then
    merge = merge or load_merge()
    value, reason, field = merge(old, value)
  else
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
local item = opened > 0 and text_of(now_ms(ARGV[1])) .. '\n' .. table.concat(new, '\n')
-- Sets that someone removed come back, but not every write has to look.
local is_listing = item and redis.call('LLEN', pending) == 0 or applied % 16 == 0
local refusal = denied('HSET', state, '', '')
  or is_listing and (denied('SADD', partitions, '') or denied('SADD', counts, '') or denied('RPUSH', pending, ''))
if refusal then return refusal end

-- This changes nothing: see `may`. A key must not be listed twice.
if not may then redis.call('HSET', state, 'epoch', epoch) end
if is_listing then
  redis.call('SADD', partitions, ARGV[2])
  if ARGV[10] ~= '' then redis.call('SADD', counts, ARGV[10]) end
end
-- The first change may fail for want of a right; after it nothing does, as the rights and keys of the others have been tried.
if item then redis.call('RPUSH', pending, item) end
call_in_chunks('HSET', entries, sets)
local position = text_of(applied + 1)
redis.call('HSET', state, 'applied', position, name, ARGV[6] .. ' ' .. position .. ' ' .. nonce .. ' ' .. refused)
return refusals and { 'applied', applied + 1, refused } or applied + 1
