-- Reads what a partition holds of some targets.
--
-- KEYS 1 entries, 2 batch
-- ARGV target keys
-- Reply for each in turn: the packed entry that is pending, and that in the unsettled batch, or null
local entries, batch = KEYS[1], KEYS[2]
local pending = fields_of(entries, ARGV)
local claimed, problem = claimed_entries(batch)
if problem then return problem end
local reply = {}
for i, key in ipairs(ARGV) do
  reply[2 * i - 1], reply[2 * i] = pending[i], claimed(key) or false
end
return reply
