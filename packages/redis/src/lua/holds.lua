local SETTLEMENTS = 10

-- The tokens of the latest settlements, the new one first, a line each.
local function settlements(token, settled)
  local lines = { token }
  for line in string.gmatch(settled, '[^\n]+') do
    if #lines < SETTLEMENTS then lines[#lines + 1] = line end
  end
  return table.concat(lines, '\n')
end

-- Whether the lease token holds the lease. If so, the second value is what `settled` is to be then. If not, it is the
-- reply: 1 to a token that settled one of the latest leases, whose first reply may have been lost; 0 to any other.
local function holds(batch, state, token)
  local settled = redis.call('HGET', state, 'settled') or ''
  if held_by(batch) == token then return true, settlements(token, settled) end
  return false, string.find('\n' .. settled .. '\n', '\n' .. token .. '\n', 1, true) and 1 or 0
end
