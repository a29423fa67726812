-- A script that has much to do does a part of it, and says how far it came: it keeps the server from others meanwhile.
local MOST_BYTES = 64 * 1024

-- Goes through the fields of a hash in the order of their names, few at a time, since each may be large: calls `visit` with
-- a name and its text, false if there is none. `visit` returns the bytes that it had to do with. Ends early after
-- MOST_BYTES, or after `most` fields. Returns how many there were, which is never 0 unless there are no names.
local function visit_some(hash, names, most, visit)
  local STEP = 4
  local done, bytes, last = 0, 0, math.min(#names, most)
  while done < last and bytes < MOST_BYTES do
    local some = redis.call('HMGET', hash, unpack(names, done + 1, math.min(done + STEP, last)))
    for i, text in ipairs(some) do bytes = bytes + visit(names[done + i], text) end
    done = done + #some
  end
  return done
end
