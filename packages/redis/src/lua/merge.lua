-- Merges packed entries: the same algebra as merge() in @sluice/core, on strings. A property test compares the two.
-- Numbers travel as strings; sums stay within 2^53, where a Lua number is exact.
local MAX_SUM = 9007199254740991
local MAX_TIME = 8640000000000000

-- The marks that fields' names begin with, as bytes. All of this is made anew by every call of the script, so it has no
-- tables that it can do without.
local SUM, LAST, GREATEST, LEAST, FIRST_AT = string.byte('+=><@', 1, 5)

-- A number as core writes it, and no other that tonumber() takes: no '0x10', ' 1', 'inf' or '1e3'.
local function number(text)
  local is_one = string.find(text, '^%-?%d+$')
    or string.find(text, '^%-?%d+%.%d+$')
    or string.find(text, '^%-?%d+e[+-]%d+$')
    or string.find(text, '^%-?%d+%.%d+e[+-]%d+$')
  local value = is_one and tonumber(text)
  return value and math.abs(value) < math.huge and value or nil
end

local function integer(text, most)
  if not string.find(text, '^%-?%d+$') then return nil end
  local value = tonumber(text)
  return math.abs(value) <= most and value or nil
end

-- The number of the batch that a redriven value was buried with; infinite for one that was not.
local function stamp(text)
  local digits = string.match(text, '^~(%d+) ')
  return digits and #digits <= 15 and tonumber(digits) or math.huge
end

-- The sums that were met, by their texts: most of those in a write are the same few.
local sums = {}

-- The number that a value of max or min is compared by; infinite for text; nil if Sluice did not write it.
local TEXT, BIGINT, DATE = string.byte('sbd', 1, 3)
local function comparable(text)
  local kind = string.byte(text)
  if kind == DATE then return integer(string.sub(text, 2), MAX_TIME) end
  if kind == BIGINT then
    local digits = #text <= 41 and (text == 'b0' and '0' or string.match(text, '^b(%-?[1-9]%d*)$'))
    return digits and #string.gsub(digits, '-', '') <= 39 and tonumber(digits) or nil
  end
  return kind == TEXT and math.huge or number(text)
end

-- What other values are compared or added by; nil if Sluice did not write the text.
local function weight(mark, text)
  if mark == SUM then
    local value = sums[text] or integer(text, MAX_SUM)
    sums[text] = value
    return value
  end
  if mark == LAST then return stamp(text) end
  return integer(text, MAX_TIME)
end

-- Whether one text comes after another, by their bytes: Lua compares by the server's locale.
local function comes_after(a, b)
  for i = 1, math.min(#a, #b) do
    local x, y = string.byte(a, i), string.byte(b, i)
    if x ~= y then return x > y end
  end
  return #a > #b
end

-- Whether one value of max or min is greater than another: the same order as isGreater() in @sluice/core.
local function is_greater(a, b)
  local x, y = comparable(a), comparable(b)
  if x ~= y then return x > y end
  local kind, other = string.byte(a), string.byte(b)
  if kind == TEXT then return comes_after(a, b) end
  if kind ~= BIGINT or other ~= BIGINT then return kind == BIGINT and other ~= BIGINT end
  local is_negative = string.byte(a, 2) == 45 -- -
  if #a ~= #b then return (#a > #b) ~= is_negative end
  if is_negative then return comes_after(b, a) end
  return comes_after(a, b)
end

-- A value of max or min and its companions; nothing if Sluice did not write the text. Without companions it is the text.
local function opened(text)
  if string.byte(text) ~= 91 then return comparable(text) and text, {} end -- [
  local ok, parts = pcall(cjson.decode, text)
  if not ok or #parts ~= 2 or type(parts[1]) ~= 'string' or not comparable(parts[1]) then return nil end
  local value, companions = parts[1], parts[2]
  if type(companions) ~= 'table' or not next(companions) then return nil end
  for name, companion in pairs(companions) do
    local is_one = type(name) == 'string' and name ~= '__proto__' and type(companion) == 'table' and #companion == 2
    local came_with = is_one and companion[1]
    if type(came_with) ~= 'string' or not comparable(came_with) or type(companion[2]) ~= 'string' then return nil end
  end
  return value, companions
end

-- The value that wins, with the companions of both that do; nil if Sluice did not write them.
local function extreme(mark, was, value)
  local function wins(a, b)
    if mark == GREATEST then return is_greater(a, b) end
    return is_greater(b, a)
  end
  local new, its = opened(value)
  if not new then return nil end
  if not was then return value end
  local old, companions = opened(was)
  if not old then return nil end
  -- Each wins by the value that it came with: others may have replaced that since.
  for name, companion in pairs(its) do
    if wins(companion[1], old) then companions[name] = companion end
  end
  local best = wins(new, old) and new or old
  return next(companions) and cjson.encode({ best, companions }) or best
end

-- The marks of the fields that were met, by their names: the entries of a write are mostly of the same fields.
local marks = {}

-- The mark of a field, nil if it is corrupt. A mark is followed by a name; only @ has none.
local function mark_of(field)
  local mark = marks[field]
  if not mark and (field == '@' or string.find(field, '^[+=><].') and string.sub(field, 2) ~= '__proto__') then
    mark = string.byte(field)
    marks[field] = mark
  end
  return mark
end

-- The value of a field of which one entry or both have one, the later one second; nil and the reason if there is none.
local function combined(mark, was, value)
  if mark == GREATEST or mark == LEAST then
    local text = extreme(mark, was, value)
    return text, not text and 'corrupt' or nil
  end
  local b = weight(mark, value)
  if not b then return nil, 'corrupt' end
  if not was then return value end
  local a = weight(mark, was)
  if not a then return nil, 'corrupt' end
  if mark == SUM then
    if math.abs(a + b) > MAX_SUM then return nil, 'overflow' end
    return string.format('%.0f', a + b + 0)
  end
  if mark == LAST then return b >= a and value or was end
  return b < a and value or was
end

-- The fields of a packed entry, nil if it is no object of texts.
local function decode(packed)
  if string.byte(packed) ~= 123 then return nil end -- {
  local ok, fields = pcall(cjson.decode, packed)
  if not ok then return nil end
  for _, value in pairs(fields) do
    if type(value) ~= 'string' then return nil end
  end
  return fields
end

local FIRST_FIELD, NEXT_FIELD = '^{"([^"\\]+)":"([^"\\]*)"()', '^,"([^"\\]+)":"([^"\\]*)"()'

local function ends(entry, at) return at == #entry and string.byte(entry, at) == 125 end -- }

-- Whether a packed entry has, from a place on, nothing but fields without escapes that the other one does not have.
local function has_only_others(entry, at, other)
  while not ends(entry, at) do
    local field, after = string.match(entry, '^,"([^"\\]+)":"[^"\\]*"()', at)
    if not field or string.find(other, '"' .. field .. '":', 1, true) then return false end
    at = after
  end
  return true
end

-- The usual case, done without decoding: the old entry begins with the fields of the new one, in their order, and no text
-- needs escapes. Returns nil in any other case.
local function merge_alike(old, new)
  local merged, form, at, old_at = '{', FIRST_FIELD, 1, 1
  repeat
    local field, value, after = string.match(new, form, at)
    local old_field, was, old_after = string.match(old, form, old_at)
    if not field or field ~= old_field then return nil end
    local mark = mark_of(field)
    local text = mark and combined(mark, was, value)
    if not text then return nil end
    merged = merged .. (form == FIRST_FIELD and '"' or ',"') .. field .. '":"' .. text .. '"'
    form, at, old_at = NEXT_FIELD, after, old_after
  until ends(new, at)
  return has_only_others(old, old_at, new) and merged .. string.sub(old, old_at) or nil
end

-- Returns the merged entry, or nil, the reason and the field. What only the old entry has may be of a newer version's rule:
-- it stays as it is.
local function merge(old, new)
  local alike = merge_alike(old, new)
  if alike then return alike end
  local into, from = decode(old), decode(new)
  if not into or not from then return nil, 'corrupt', '' end
  for field, value in pairs(from) do
    local mark = mark_of(field)
    if not mark then return nil, 'corrupt', field end
    local text, reason = combined(mark, into[field], value)
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
    if string.byte(field) == LAST and stamp(value) == math.huge then
      fields[field] = string.format('~%.0f ', batch_number) .. value
    end
  end
  return cjson.encode(fields)
end
