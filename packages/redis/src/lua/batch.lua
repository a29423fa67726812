-- Reads what is known of the unsettled batch, without its payload. Nil if there is none; and a second value, the error to
-- reply with, if Sluice did not write it. Batches of older versions lack the later fields.
local function read_batch(key)
  local id, token, attempt, due, wait, number, size, failures, made_at, oldest, reason, failing_since, holder =
    unpack(redis.call('HMGET', key, 'id', 'token', 'attempt', 'due', 'wait', 'number', 'size', 'failures', 'madeAt',
      'oldest', 'error', 'failingSince', 'holder'))
  if not id then
    if attempt or due or size then return nil, corrupt(key, 'has no batch id') end
    return nil
  end
  local batch = {
    id = id,
    token = token,
    attempt = count_of(attempt),
    due = whole(due or ''),
    wait = not wait and math.huge or whole(wait),
    number = count_of(number or string.match(id, '%-(%d+)$')),
    size = count_of(size),
    failures = count_of(failures),
    made_at = made_at and whole(made_at),
    oldest = oldest and whole(oldest),
    reason = reason,
    holder = holder,
    failing_since = failing_since and whole(failing_since),
  }
  for _, name in ipairs({ 'attempt', 'due', 'wait', 'number', 'size', 'failures', 'made_at', 'oldest', 'failing_since' }) do
    if batch[name] == nil then return nil, corrupt(key, 'has a field "' .. name .. '" that is no number') end
  end
  return batch
end

-- In how many milliseconds the batch is due. No wait is longer than was asked for, even if the clock was set back.
local function wait_left(batch, now) return math.min(math.max(0, batch.due - now), batch.wait) end

-- How long ago something was, in milliseconds; 0 if it is not known.
local function age_of(since, now) return since and math.max(0, now - since) or 0 end
