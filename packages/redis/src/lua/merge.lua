-- Merges packed entries: the same algebra as merge() in @sluice/core, on strings. A property test compares the two.
-- Numbers travel as strings; sums stay within 2^53, where a Lua number is exact.
local MAX_SUM = 9007199254740991
local SUM, LAST, GREATEST = string.byte('+=>', 1, 3)

local function decode(packed)
  if string.byte(packed) ~= 123 then return nil end -- {
  local ok, fields = pcall(cjson.decode, packed)
  return ok and fields or nil
end

-- What max and min compare: Dates are a letter and milliseconds.
local function weight(value)
  return tonumber(value) or (type(value) == 'string' and tonumber(string.sub(value, 2))) or nil
end

-- The usual case, an increment of one column whose sum is the entry's first field, is done without decoding.
local function merge_sum(old, new)
  local name, amount = string.match(new, '^({"%+[^"\\]*":")(%-?%d+)"}$')
  if not name or string.sub(old, 1, #name) ~= name then return nil end
  local was, rest = string.match(old, '^(%-?%d+)(".*})$', #name + 1)
  local sum = was and was + amount
  if not sum or sum > MAX_SUM or sum < -MAX_SUM then return nil end
  return name .. string.format('%.0f', sum) .. rest
end

-- Answers the merged entry, or nil with the reason and the field.
local function merge(old, new)
  local summed = merge_sum(old, new)
  if summed then return summed end
  local into, from = decode(old), decode(new)
  if not into or not from then return nil, 'corrupt', '' end
  for field, value in pairs(from) do
    local rule, was = string.byte(field), into[field]
    if was == nil or rule == LAST then
      into[field] = value
    elseif rule == SUM then
      local a, b = tonumber(was), tonumber(value)
      if not a or not b then return nil, 'corrupt', field end
      if a + b > MAX_SUM or a + b < -MAX_SUM then return nil, 'overflow', field end
      into[field] = string.format('%.0f', a + b)
    else
      local a, b = weight(was), weight(value)
      if not a or not b then return nil, 'corrupt', field end
      if (rule == GREATEST and b > a) or (rule ~= GREATEST and b < a) then into[field] = value end
    end
  end
  return cjson.encode(into)
end
