-- Whether the token holds the lease. If not, the second value is the reply: 1 to the token that settled the last
-- lease, whose first reply may have been lost; 0 to any other.
local function holds(batch, state, token)
  if redis.call('HGET', batch, 'token') == token then return true end
  return false, redis.call('HGET', state, 'settled') == token and 1 or 0
end
