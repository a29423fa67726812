-- The most usual merge, done without the others: of two entries with one and the same sum. Nil in any other case, an
-- overflow included.
local MAX = 9007199254740991

local function sum_of(old, new)
  local head, by = string.match(new, '^({"%+[^"\\]+":")(%-?%d+)"}$')
  if not head or string.sub(old, 1, #head) ~= head or head == '{"+__proto__":"' then return nil end
  local a, b = tonumber(string.match(old, '^(%-?%d+)"}$', #head + 1)), tonumber(by)
  if not a or math.abs(a) > MAX or math.abs(b) > MAX or math.abs(a + b) > MAX then return nil end
  return head .. string.format('%.0f', a + b + 0) .. '"}'
end
