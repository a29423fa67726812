-- A whole number that Sluice wrote, nil if the text is none: tonumber() also takes '0x10', ' 1' and '1e3'.
local function whole(text)
  local number = string.find(text, '^%-?%d+$') and tonumber(text)
  return number and math.abs(number) < 2 ^ 53 and number or nil
end

-- A count that Sluice wrote: 0 if it is missing, nil if the text is no count. None comes so far that it cannot go on.
local function count_of(text)
  if not text then return 0 end
  local count = whole(text)
  return count and count >= 0 and count < 2 ^ 52 and count or nil
end

-- Whole numbers as text: Lua would write 1e+15.
local function text_of(number) return string.format('%.0f', number) end
