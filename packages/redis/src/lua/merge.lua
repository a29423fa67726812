-- Merges packed entries: the same algebra as merge() in @sluice/core, on strings. A property test compares the two.
-- Numbers travel as strings; sums stay within 2^53, where a Lua number is exact.
local MAX_SUM = 9007199254740991
local MAX_TIME = 8640000000000000

-- Numbers as core writes them, and no others that tonumber() takes: no '0x10', ' 1', 'inf' or '1e3'.
local FORMS = { '^%-?%d+$', '^%-?%d+%.%d+$', '^%-?%d+e[+-]%d+$', '^%-?%d+%.%d+e[+-]%d+$' }

local function number(text)
  for _, form in ipairs(FORMS) do
    if string.find(text, form) then
      local value = tonumber(text)
      return math.abs(value) < math.huge and value or nil
    end
  end
end

local function integer(text, most)
  if not string.find(text, FORMS[1]) then return nil end
  local value = tonumber(text)
  return math.abs(value) <= most and value or nil
end

local function time(text) return integer(text, MAX_TIME) end

-- The sums that were met, by their texts: most of those in a write are the same few.
local sums = {}

local function sum_of(text)
  local value = sums[text] or integer(text, MAX_SUM)
  sums[text] = value
  return value
end

-- A number, or a Date's milliseconds: these follow a letter.
local function comparable(text)
  if string.byte(text) == 100 then return time(string.sub(text, 2)) end -- d
  return number(text)
end

-- The number of the batch that a redriven value was buried with; infinite for one that was not.
local function stamp(text)
  local digits = string.match(text, '^~(%d+) ')
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

-- By the byte of the mark that a field's name begins with. Written out, since every call of the script makes it.
local RULES = {
  [43] = { read = sum_of, combine = sum }, -- +
  [61] = { read = stamp, combine = latest }, -- =
  [62] = { read = comparable, combine = greatest }, -- >
  [60] = { read = comparable, combine = least }, -- <
  [64] = FIRST_AT, -- @
}

-- The rules of the fields that were met, by their names: the entries of a write are mostly of the same fields.
local met = {}

-- The rule of a field, nil if it is corrupt. A mark is followed by a name; only @ has none.
local function rule_of(field)
  if met[field] then return met[field] end
  local rule = RULES[string.byte(field)]
  if (rule == FIRST_AT) ~= (#field == 1) or string.sub(field, 2) == '__proto__' then return nil end
  met[field] = rule
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
    local rule = rule_of(field)
    local text = rule and combined(rule, was, value)
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
    if string.byte(field) == 61 and stamp(value) == math.huge then -- =
      fields[field] = string.format('~%.0f ', batch_number) .. value
    end
  end
  return cjson.encode(fields)
end
