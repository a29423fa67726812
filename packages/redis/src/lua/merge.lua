-- Merges packed entries: the same algebra as merge() in @sluice/core, on strings. A property test compares the two.
-- Numbers travel as strings; sums stay within 2^53, where a Lua number is exact.
local byte, find, match, sub = string.byte, string.find, string.match, string.sub
local MAX_SUM = 9007199254740991
local MAX_TIME = 8640000000000000

-- Numbers as core writes them, and no others that tonumber() takes: no '0x10', ' 1', 'inf' or '1e3'.
local INTEGER = '^%-?%d+$'

local function integer(text, most)
  local value = find(text, INTEGER) and tonumber(text)
  return value and value <= most and value >= -most and value or nil
end

local function is_number(text)
  return find(text, INTEGER) or find(text, '^%-?%d+%.%d+$')
    or find(text, '^%-?%d+e[+-]%d+$') or find(text, '^%-?%d+%.%d+e[+-]%d+$')
end

local function number(text)
  local value = is_number(text) and tonumber(text)
  return value and value < math.huge and value > -math.huge and value or nil
end

local function time(text) return integer(text, MAX_TIME) end

-- A number, or a Date's milliseconds: these follow a letter.
local function comparable(text)
  if byte(text) == 100 then return time(sub(text, 2)) end -- d
  return number(text)
end

-- The number of the batch that a redriven value was buried with; infinite for one that was not.
local function stamp(text)
  local digits = match(text, '^~(%d+) ')
  return digits and #digits <= 15 and tonumber(digits) or math.huge
end

-- The rules. `read` gets what two values are compared or added by from their texts, nil if Sluice did not write the text.
-- `combine` takes both texts, the later one second, and what was read of them. It returns the text of the two, or nil and
-- the reason.

local function sum(_, _, a, b)
  if math.abs(a + b) > MAX_SUM then return nil, 'overflow' end
  return string.format('%.0f', a + b + 0)
end

local function latest(was, value, a, b) return b >= a and value or was end
local function greatest(was, value, a, b) return b > a and value or was end
local function least(was, value, a, b) return b < a and value or was end

local FIRST_AT = { read = time, combine = least }

-- By the mark that a field's name begins with, as a byte.
local RULES = {}
for mark, rule in pairs({
  ['+'] = { read = function(text) return integer(text, MAX_SUM) end, combine = sum },
  ['='] = { read = stamp, combine = latest },
  ['>'] = { read = comparable, combine = greatest },
  ['<'] = { read = comparable, combine = least },
  ['@'] = FIRST_AT,
}) do
  RULES[byte(mark)] = rule
end

-- The rule of a field, nil if it is corrupt. A mark is followed by a name; only @ has none.
local function rule_of(field)
  local rule = RULES[byte(field)]
  if (rule == FIRST_AT) ~= (#field == 1) or #field == 10 and sub(field, 2) == '__proto__' then return nil end
  return rule
end

-- The value of a field of which one entry or both have one.
local function combined(rule, was, value)
  local b = rule.read(value)
  if not b then return nil, 'corrupt' end
  if not was then return value end
  local a = rule.read(was)
  if not a then return nil, 'corrupt' end
  return rule.combine(was, value, a, b)
end

-- The fields of a packed entry, nil if it is no object of texts.
local function decode(packed)
  if byte(packed) ~= 123 then return nil end -- {
  local ok, fields = pcall(cjson.decode, packed)
  if not ok then return nil end
  for _, value in pairs(fields) do
    if type(value) ~= 'string' then return nil end
  end
  return fields
end

-- Where a text ends that is read up to a backslash or its closing quote: behind that quote. Nil if it has other escapes
-- than those that texts usually have.
local function after_text(entry, at)
  while byte(entry, at) == 92 do -- \
    at = match(entry, '^\\["\\/bfnrt][^"\\]*()', at)
    if not at then return nil end
  end
  return byte(entry, at) == 34 and at + 1 or nil -- "
end

-- Whether a packed entry has nothing but fields from a place on, whose names have no escapes.
local function is_plain(entry, at)
  while byte(entry, at) == 44 do -- ,
    local value = match(entry, '^"[^"\\]+":"[^"\\]*()', at + 1)
    at = value and after_text(entry, value)
    if not at then return false end
  end
  return at == #entry and byte(entry, at) == 125 -- }
end

local FIRST_FIELD, NEXT_FIELD = '^{"([^"\\]+)":"([^"\\]*)"()', '^,"([^"\\]+)":"([^"\\]*)"()'

-- The usual case, done without decoding: the old entry begins with the fields of the new one, in their order, and has each
-- of them once; none of these needs escapes. Returns nil in any other case.
local function merge_alike(old, new)
  if byte(new) ~= 123 then return nil end -- {
  local merged, count, length, at, form = {}, 0, 1, 1, FIRST_FIELD
  for field, value, stop in string.gmatch(new, '"([^"\\]+)":"([^"\\]*)"()') do
    local old_field, was, after = match(old, form, at)
    local rule = rule_of(field)
    if old_field ~= field or not rule then return nil end
    if byte(new, stop) ~= (stop < #new and 44 or 125) then return nil end -- , or }
    local text, quoted = combined(rule, was, value), '"' .. field .. '":'
    if not text or find(old, quoted, after, true) then return nil end
    count = count + 1
    merged[count] = quoted .. '"' .. text .. '"'
    length, at, form = length + #field + #value + 6, after, NEXT_FIELD
  end
  if count == 0 or length ~= #new or not is_plain(old, at) then return nil end
  return '{' .. table.concat(merged, ',') .. sub(old, at)
end

-- Returns the merged entry, or nil, the reason and the field. What only the old entry has may be of a newer version's rule:
-- it stays as it is.
local function merge(old, new)
  local alike = merge_alike(old, new)
  if alike then return alike end
  local into, from = decode(old), decode(new)
  if not into or not from then return nil, 'corrupt', '' end
  for field, value in pairs(from) do
    local rule = rule_of(field)
    if not rule then return nil, 'corrupt', field end
    local text, reason = combined(rule, into[field], value)
    if not text then return nil, reason, field end
    into[field] = text
  end
  return cjson.encode(into)
end

-- Stamps the `last` values of a packed entry that is redriven with the number of its batch, as stampLast() in @sluice/core
-- does. Returns the packed entry, or nil if it is unreadable.
local function stamp_last(packed, batch_number)
  local fields = decode(packed)
  if not fields then return nil end
  for field, value in pairs(fields) do
    if byte(field) == 61 and stamp(value) == math.huge then -- =
      fields[field] = string.format('~%.0f ', batch_number) .. value
    end
  end
  return cjson.encode(fields)
end
