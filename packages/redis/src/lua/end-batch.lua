-- Ends a batch that was applied. Returns the error to reply with if that is not allowed; then nothing changed.
local function end_batch(batch, state, settled)
  local refusal = denied('DEL', batch) or denied('HSET', state, '', '')
  if refusal then return refusal end

  redis.call('DEL', batch)
  redis.call('HSET', state, 'settled', settled)
end
