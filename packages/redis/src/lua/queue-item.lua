-- The pending entries' target keys, in the order in which they came. An item has those that one write brought: a line for
-- the time, and one for each key. An item of older versions is a key, and the time is in its entry.
local function time_of(item) return string.match(item, '^(%d+)\n.') end
