-- From how many targets on it takes less to read the whole batch once than to search it for each.
local FEW = 8

-- A function that finds the packed entry of a target in the unsettled batch, by its target key; nil if it has none. `count`
-- says how many it will be asked for. The second value is the error to reply with. A payload is a line for each target key
-- and each packed entry in turn.
local function claimed_entries(batch, count)
  local id, payload = unpack(redis.call('HMGET', batch, 'id', 'payload'))
  if id and not payload then return nil, corrupt(batch, 'has no payload') end
  local lines = '\n' .. (payload or '')
  local function line_from(at) return string.sub(lines, at, (string.find(lines, '\n', at, true) or 0) - 1) end
  if count > FEW then
    local starts, at = {}, 2
    repeat
      local key = line_from(at)
      starts[key] = at + #key + 1
      at = string.find(lines, '\n', starts[key], true)
      at = at and at + 1
    until not at
    return function(key) return starts[key] and line_from(starts[key]) end
  end
  return function(key)
    local _, last = string.find(lines, '\n' .. key .. '\n', 1, true)
    return last and line_from(last + 1)
  end
end
