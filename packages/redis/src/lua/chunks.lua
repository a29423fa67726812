-- Calls a function with the values of a list, as often as it takes: Lua passes some 8000 at once, at the most.
local CHUNK = 2000
local function in_chunks(list, run)
  for first = 1, #list, CHUNK do run(unpack(list, first, math.min(first + CHUNK - 1, #list))) end
end

-- The fields of a hash, in the order of their names; false where there is none.
local function fields_of(hash, names)
  if #names <= CHUNK then return #names == 0 and {} or redis.call('HMGET', hash, unpack(names)) end
  local values = {}
  in_chunks(names, function(...)
    for _, value in ipairs(redis.call('HMGET', hash, ...)) do values[#values + 1] = value end
  end)
  return values
end
