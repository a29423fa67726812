-- Adds the entries of numbered writes to the pending ones, one write after the other.
--
-- KEYS of each write: 1 entries, 2 pending, 3 state
-- ARGV 1 now or '', and of each write: 1 epoch, 2 the position at which the producer joined, 3 producer, 4 the write's number,
--      5 the number that it follows, 6 its nonce, 7 a line for each target key and each packed entry in turn
-- Reply of each write: the position, if it was applied and nothing was refused; or {'applied' | 'duplicate', position, refusals
--       as JSON}, {'conflict'}, {'gap', last number, position}, {'unknown', epoch or '', floor}, or an error
local merge, now

local function add(entries, pending, state, known_epoch, joined_at, producer, number, follows, nonce, payload)
  local name = 'p:' .. producer

  local record, epoch, applied, added = unpack(redis.call('HMGET', state, name, 'epoch', 'applied', 'added'))
  applied = count_of(applied)
  if not applied then return corrupt(state, 'has a position that is no number') end
  if not record or epoch ~= known_epoch then
    local floor = count_of(redis.call('HGET', state, 'floor'))
    if not floor then return corrupt(state, 'has a floor that is no number') end
    local is_forgotten = not record and tonumber(joined_at) < floor
    if is_forgotten or epoch ~= known_epoch then return { 'unknown', epoch or '', floor } end
  end
  -- The usual record is not taken apart: it begins with the number that the write follows.
  if string.sub(record or '0 ', 1, #follows + 1) ~= follows .. ' ' then
    local last, last_position, last_nonce, last_refused = 0, nil, nil, nil
    if record then last, last_position, last_nonce, last_refused = parse_record(record) end
    if not last then return corrupt(state, 'has a record of the producer ' .. producer .. ' that cannot be read') end
    local given = tonumber(number)
    if given > last then return { 'gap', last, applied } end
    if given == last and nonce == last_nonce then return { 'duplicate', last_position, last_refused } end
    return { 'conflict' }
  end

  local keys, packed, count = {}, {}, 0
  for key, entry in string.gmatch(payload, '([^\n]+)\n([^\n]+)') do
    count = count + 1
    keys[count], packed[count] = key, entry
  end

  local olds = fields_of(entries, keys)
  local new, opened, sets, set, refusals = {}, 0, {}, 0, nil
  for i = 1, count do
    local key, value, old = keys[i], packed[i], olds[i]
    local reason, field
    if old then
      local sum = sum_of(old, value)
      if not sum then merge = merge or load_merge() end
      if sum then value = sum else value, reason, field = merge(old, value) end
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
  if opened > 0 then now = now or text_of(now_ms(ARGV[1])) end
  local item = opened > 0 and now .. '\n' .. table.concat(new, '\n')
  -- Not every write has to ask for each right: the first change may fail, too.
  local asks = item and redis.call('LLEN', pending) == 0
  local refusal = denied('HSET', state, '', '') or asks and denied('RPUSH', pending, '')
  if refusal then return refusal end

  -- This changes nothing: see `may`. A key must not be listed twice.
  if not may then redis.call('HSET', state, 'epoch', epoch) end
  -- The first change may fail for want of a right; after it nothing does, as the rights and keys of the others have been tried.
  if item then redis.call('RPUSH', pending, item) end
  call_in_chunks('HSET', entries, sets)
  local position = text_of(applied + 1)
  -- The count of entries is only shown: one that cannot be read begins again at 0, and stops nothing.
  redis.call('HSET', state, 'applied', position, name, number .. ' ' .. position .. ' ' .. nonce .. ' ' .. refused,
    'added', text_of((count_of(added) or 0) + set / 2))
  return refusals and { 'applied', applied + 1, refused } or applied + 1
end

local replies = {}
for i = 1, #KEYS / 3 do
  replies[i] = add(KEYS[3 * i - 2], KEYS[3 * i - 1], KEYS[3 * i], unpack(ARGV, 7 * i - 5, 7 * i + 1))
end
return replies
