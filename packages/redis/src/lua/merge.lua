-- Merges packed entries: the same algebra as merge() in @sluice/core, on strings. A property test compares the two.
-- Numbers travel as strings; sums stay within 2^53, where a Lua number is exact.
local MAX_SUM = 9007199254740991

-- The rules. Each takes the values of a field that both entries have, the later one second, and returns the value of
-- the two, or nil and the reason.

local function sum(was, value)
  local a, b = tonumber(was), tonumber(value)
  if not a or not b then return nil, 'corrupt' end
  if a + b > MAX_SUM or a + b < -MAX_SUM then return nil, 'overflow' end
  return string.format('%.0f', a + b)
end

-- The number of the batch that a redriven value was buried with; infinite for one that was not.
local function stamp_of(text)
  local digits = type(text) == 'string' and string.match(text, '^~(%d+) ')
  return digits and #digits <= 15 and tonumber(digits) or math.huge
end

local function last(was, value)
  return stamp_of(value) >= stamp_of(was) and value or was
end

-- A number, or a Date's milliseconds: these follow a letter.
local function comparable(value)
  return tonumber(value) or (type(value) == 'string' and tonumber(string.sub(value, 2))) or nil
end

local function greatest(was, value)
  local a, b = comparable(was), comparable(value)
  if not a or not b then return nil, 'corrupt' end
  return b > a and value or was
end

local function least(was, value)
  local a, b = comparable(was), comparable(value)
  if not a or not b then return nil, 'corrupt' end
  return b < a and value or was
end

-- By the mark that a field's name begins with, as a byte. A mark that is not here is corrupt.
local RULES = {}
for mark, rule in pairs({ ['+'] = sum, ['='] = last, ['>'] = greatest, ['<'] = least, ['@'] = least }) do
  RULES[string.byte(mark)] = rule
end

local function decode(packed)
  if string.byte(packed) ~= 123 then return nil end -- {
  local ok, fields = pcall(cjson.decode, packed)
  return ok and fields or nil
end

-- The usual case, done without decoding: the old entry begins with the fields of the new one, in their order, and no
-- text needs escapes. Returns nil in any other case.
local function merge_alike(old, new)
  local merged, count, length, at = {}, 0, 1, 2
  for field, value in string.gmatch(new, '"([^"\\]+)":"([^"\\]*)"') do
    local old_field, was, after = string.match(old, '^"([^"\\]+)":"([^"\\]*)"()', at)
    local rule = RULES[string.byte(field)]
    if old_field ~= field or not rule then return nil end
    local combined = rule(was, value)
    if not combined then return nil end
    count = count + 1
    merged[count] = '"' .. field .. '":"' .. combined .. '"'
    length, at = length + #field + #value + 6, after + 1
  end
  local rest = string.match(old, '^.*}$', at - 1)
  if length ~= #new or not rest then return nil end
  return '{' .. table.concat(merged, ',') .. rest
end

-- Returns the merged entry, or nil, the reason and the field.
local function merge(old, new)
  local alike = merge_alike(old, new)
  if alike then return alike end
  local into, from = decode(old), decode(new)
  if not into or not from then return nil, 'corrupt', '' end
  for field, value in pairs(from) do
    local rule = RULES[string.byte(field)]
    if not rule then return nil, 'corrupt', field end
    if into[field] == nil then
      into[field] = value
    else
      local combined, reason = rule(into[field], value)
      if not combined then return nil, reason, field end
      into[field] = combined
    end
  end
  return cjson.encode(into)
end

-- Stamps the `last` values of a packed entry that is redriven with the number of its batch, as stampLast() in @sluice/core
-- does. Returns the packed entry, or nil if it is unreadable.
local function stamp_last(packed, batch_number)
  local fields = decode(packed)
  if not fields then return nil end
  for field, value in pairs(fields) do
    if string.byte(field) == 61 and type(value) == 'string' and stamp_of(value) == math.huge then -- =
      fields[field] = string.format('~%.0f ', batch_number) .. value
    end
  end
  return cjson.encode(fields)
end
