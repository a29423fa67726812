-- Adds the entries of one numbered write to the pending ones.
--
-- KEYS 1 entries, 2 pending, 3 producer, 4 state
-- ARGV 1 now or '', 2 the write's number, 3 how long to remember it in ms, 4 the new epoch if there is none yet,
--      5 a line for each target key and each packed entry in turn
-- Reply {'applied' | 'duplicate', epoch, refusals as JSON} or {'gap', epoch or '', last number}
--
-- Redis does not roll a script back, so everything is read, computed and checked before the first write.
local CHUNK = 2000
local entries, pending, producer, state = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local number = tonumber(ARGV[2])

local record = redis.call('GET', producer)
local last = record and tonumber(string.match(record, '^%d+')) or 0
local epoch = redis.call('HGET', state, 'epoch')
if number <= last then
  return { 'duplicate', epoch or '', number == last and string.match(record, '%[.*$') or '[]' }
end
if number ~= last + 1 then return { 'gap', epoch or '', last } end

-- Fails, before anything has changed, if another program uses the key.
redis.call('LLEN', pending)
local keys, opens, count = {}, {}, 0
-- An entry without its closing brace: it gets the stamp, or is merged.
for key, open in string.gmatch(ARGV[5], '([^\n]+)\n([^\n]*)}') do
  count = count + 1
  keys[count], opens[count] = key, open
end

local new, opened, sets, set, refusals, stamp = {}, 0, {}, 0, {}, nil
for first = 1, count, CHUNK do
  local last = math.min(first + CHUNK - 1, count)
  local olds = redis.call('HMGET', entries, unpack(keys, first, last))
  for i = first, last do
    local key, open, old = keys[i], opens[i], olds[i - first + 1]
    local value, reason, field
    if old then
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
      refusals[#refusals + 1] = { index = i - 1, reason = reason, field = field }
    end
  end
end

local refused = #refusals > 0 and cjson.encode(refusals) or '[]'
if not epoch then
  epoch = ARGV[4]
  redis.call('HSET', state, 'epoch', epoch)
end
for first = 1, #sets, 2 * CHUNK do
  redis.call('HSET', entries, unpack(sets, first, math.min(first + 2 * CHUNK - 1, #sets)))
end
for first = 1, #new, CHUNK do
  redis.call('RPUSH', pending, unpack(new, first, math.min(first + CHUNK - 1, #new)))
end
redis.call('SET', producer, refused == '[]' and ARGV[2] or ARGV[2] .. ' ' .. refused, 'PX', ARGV[3])
return { 'applied', epoch, refused }
