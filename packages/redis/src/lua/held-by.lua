-- The lease token of the batch: its id and the claim token.
local function held_by(batch)
  local id, token = unpack(redis.call('HMGET', batch, 'id', 'token'))
  return id and token and id .. ' ' .. token
end
