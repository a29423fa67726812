-- The pending entries' target keys, in the order in which they came. An item has those that one write brought: a line for
-- the time, and one for each key. An item of older versions is a key, and the time is in its entry. Returns the time, if
-- the item has one, and the first key.
local function head_of(item)
  local time, key = string.match(item, '^(%d+)\n([^\n]+)')
  return time, key or item
end
