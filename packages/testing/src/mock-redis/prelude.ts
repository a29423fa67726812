/**
 * What a script of Redis finds around itself, where Lua 5.3 differs from the 5.1 of Redis. It gets `send`, which
 * suspends the script until the command has its reply.
 */
export const PRELUDE = String.raw`
local send = ...
local raise, kind, floor, ceil, number, unpacked = error, type, math.floor, math.ceil, tonumber, table.unpack

redis = {
  pcall = send,
  call = function(...)
    local reply = send(...)
    if kind(reply) == 'table' and reply.err then raise(reply, 0) end
    return reply
  end,
  error_reply = function(text) return { err = text } end,
  status_reply = function(text) return { ok = text } end,
}

-- Of the numbers, floats alone do not wrap around at 2^31.
function tonumber(...)
  local value = number(...)
  return value and value + 0.0
end
math.floor = function(value) return floor(value) + 0.0 end
math.ceil = function(value) return ceil(value) + 0.0 end

function unpack(list, first, last)
  first, last = first or 1, last or #list
  if last - first >= 7999 then raise('too many results to unpack', 2) end
  return unpacked(list, first, last)
end
table.unpack = nil
loadstring = load
dofile, loadfile, print = nil, nil, nil

setmetatable(_G, {
  __index = function(_, name) raise('Script attempted to access nonexistent global variable \'' .. name .. '\'', 2) end,
  __newindex = function(_, name) raise('Script attempted to create global variable \'' .. name .. '\'', 2) end,
})
`;
