-- The pending entries' target keys, in the order in which they came. An item has those that one write brought: a line for
-- the time, and one for each key. An item of older versions is a key, and the time is in its entry.
local function keys_of(item)
  local time, keys = string.match(item, '^(%d+)\n(.+)$')
  return time, keys or item, time and '[^\n]+' or '.+'
end
