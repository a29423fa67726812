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

-- The value of a field that both have, or nil with the reason.
local function combine(rule, was, value)
  if rule == LAST then return value end
  if rule == SUM then
    local a, b = tonumber(was), tonumber(value)
    if not a or not b then return nil, 'corrupt' end
    if a + b > MAX_SUM or a + b < -MAX_SUM then return nil, 'overflow' end
    return string.format('%.0f', a + b)
  end
  local a, b = weight(was), weight(value)
  if not a or not b then return nil, 'corrupt' end
  if rule == GREATEST then return b > a and value or was end
  return b < a and value or was
end

-- The usual case, done without decoding: the old entry begins with the fields of the new one, in their order, and no
-- text needs escapes. Answers nil in any other case.
local function merge_alike(old, new)
  local merged, count, length, at = {}, 0, 1, 2
  for field, value in string.gmatch(new, '"([^"\\]+)":"([^"\\]*)"') do
    local old_field, was, after = string.match(old, '^"([^"\\]+)":"([^"\\]*)"()', at)
    if old_field ~= field then return nil end
    local combined = combine(string.byte(field), was, value)
    if not combined then return nil end
    count = count + 1
    merged[count] = '"' .. field .. '":"' .. combined .. '"'
    length, at = length + #field + #value + 6, after + 1
  end
  local rest = string.match(old, '^.*}$', at - 1)
  if length ~= #new or not rest then return nil end
  return '{' .. table.concat(merged, ',') .. rest
end

-- Answers the merged entry, or nil with the reason and the field.
local function merge(old, new)
  local alike = merge_alike(old, new)
  if alike then return alike end
  local into, from = decode(old), decode(new)
  if not into or not from then return nil, 'corrupt', '' end
  for field, value in pairs(from) do
    if into[field] == nil then
      into[field] = value
    else
      local combined, reason = combine(string.byte(field), into[field], value)
      if not combined then return nil, reason, field end
      into[field] = combined
    end
  end
  return cjson.encode(into)
end
