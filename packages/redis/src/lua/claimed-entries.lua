-- A function that finds the packed entry of a target in the unsettled batch, by its target key; nil if it has none. The
-- second value is the error to reply with. A payload is a line for each target key and each packed entry in turn.
local function claimed_entries(batch)
  local id, payload = unpack(redis.call('HMGET', batch, 'id', 'payload'))
  if id and not payload then return nil, corrupt(batch, 'has no payload') end
  local lines = '\n' .. (payload or '')
  return function(key)
    local _, last = string.find(lines, '\n' .. key .. '\n', 1, true)
    return last and string.match(lines, '^[^\n]*', last + 1)
  end
end
