-- Merges dead letters back into the pending entries.
--
-- KEYS 1 entries, 2 pending, 3 dead, 4 order of the dead, 5 batch, 6 state
-- ARGV ids
-- Reply {how many of the ids it came to, of these: the ids of those that are pending again}; a letter that would overflow,
--       or is unreadable, stays
local entries, pending, dead, order, batch, state = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local claimed, problem = claimed_entries(batch, #ARGV)
if problem then return problem end
redis.call('LLEN', pending)
redis.call('ZCARD', order)

-- Leaves out each `last` value that was counted before the one in the unsettled batch, which will be applied first.
local function without_older(packed, claimed_packed)
  local fields, others = decode(packed), decode(claimed_packed)
  if not fields or not others then return packed end
  for field, value in pairs(fields) do
    if string.byte(field) == 61 and others[field] then -- =
      local latest = merge(cjson.encode({ [field] = others[field] }), cjson.encode({ [field] = value }))
      if latest and decode(latest)[field] ~= value then fields[field] = nil end
    end
  end
  return cjson.encode(fields)
end

-- The target key and the packed entry of a letter. Those of older versions have no sixth line; the batch's number is in
-- the id.
local function redriven(id, letter)
  local key, packed, rest = string.match(letter, '^([^\n]*)\n([^\n]*)\n(.*)$')
  local number = key and (string.match(rest, '^[^\n]*\n[^\n]*\n[^\n]*\n(%d+)$') or string.match(id, '%-(%d+)/%d+$'))
  local stamped = key and stamp_last(packed, number or 0)
  if not stamped then return nil end
  local newer = claimed(key)
  return key, newer and without_older(stamped, newer) or stamped
end

-- Letters that one call merges, at most.
local MOST = 150

local gone, is_gone, new, merged_by_key = {}, {}, {}, {}
local done = visit_some(dead, ARGV, MOST, function(id, letter)
  local key, packed = nil, nil
  if letter and not is_gone[id] then key, packed = redriven(id, letter) end
  if key then
    local old = merged_by_key[key] or redis.call('HGET', entries, key)
    -- Even if nothing is pending: merging checks the marks of the fields.
    local merged = merge(old or '{}', packed)
    if merged then
      if not old then new[#new + 1] = key end
      merged_by_key[key] = merged
      gone[#gone + 1], is_gone[id] = id, true
    end
  end
  return #(letter or '')
end)
if #gone == 0 then return { done, gone } end
local sets = {}
for key, merged in pairs(merged_by_key) do sets[#sets + 1], sets[#sets + 2] = key, merged end
local since = math.huge
for _, key in ipairs(new) do
  since = math.min(since, tonumber(string.match(merged_by_key[key], '[{,]"@":"(%d+)"') or 0))
end

local refusal = denied('RPUSH', pending, '')
  or denied('HSET', entries, '', '')
  or denied('ZREM', order, '')
  or denied('HDEL', dead, '')
if refusal then return refusal end

-- These change nothing: see `may`. An entry must not be both pending and dead, nor a key be listed twice.
if not may then
  redis.call('ZREM', order, '')
  redis.call('HDEL', dead, '')
  local epoch = redis.call('HGET', state, 'epoch')
  if epoch then redis.call('HSET', state, 'epoch', epoch) end
end
if #new > 0 then redis.call('RPUSH', pending, text_of(since) .. '\n' .. table.concat(new, '\n')) end
call_in_chunks('HSET', entries, sets)
call_in_chunks('ZREM', order, gone)
call_in_chunks('HDEL', dead, gone)
return { done, gone }
