-- The lease token of the batch: its id and the claim token.
local function held_by(batch)
  local id, token = unpack(redis.call('HMGET', batch, 'id', 'token'))
  return id and token and id .. ' ' .. token
end

-- Whether the lease token holds the lease. If not, the second value is the reply: 1 to the token that settled the last
-- lease, whose first reply may have been lost; 0 to any other.
local function holds(batch, state, token)
  if held_by(batch) == token then return true end
  return false, redis.call('HGET', state, 'settled') == token and 1 or 0
end
