-- Runs a command with the values of a list, as often as it takes: Lua passes some 8000 at once, at the most.
local CHUNK = 2000
local function call_in_chunks(command, key, list)
  for first = 1, #list, CHUNK do
    redis.call(command, key, unpack(list, first, math.min(first + CHUNK - 1, #list)))
  end
end

-- The fields of a hash, in the order of their names; false where there is none.
local function fields_of(hash, names)
  if #names <= CHUNK then return #names == 0 and {} or redis.call('HMGET', hash, unpack(names)) end
  local values = {}
  for first = 1, #names, CHUNK do
    local some = redis.call('HMGET', hash, unpack(names, first, math.min(first + CHUNK - 1, #names)))
    for _, value in ipairs(some) do values[#values + 1] = value end
  end
  return values
end
