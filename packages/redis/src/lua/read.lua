-- Reads what a partition holds of some targets.
--
-- KEYS 1 entries, 2 batch
-- ARGV target keys
-- Reply {how many of the targets it came to, for each of these in turn: the packed entry that is pending, and that in the
--       unsettled batch, or null}
local entries, batch = KEYS[1], KEYS[2]
local claimed, problem = claimed_entries(batch, #ARGV)
if problem then return problem end
local held, count = {}, 0
local done = visit_some(entries, ARGV, #ARGV, function(key, pending)
  local taken = claimed(key) or false
  held[count + 1], held[count + 2] = pending, taken
  count = count + 2
  return #(pending or '') + #(taken or '')
end)
return { done, held }
