-- A count that Sluice wrote: 0 if it is missing, nil if the text is no count.
local function count_of(text)
  local count = tonumber(text or 0)
  return count and count >= 0 and count % 1 == 0 and count or nil
end

-- Whole numbers as text: Lua would write 1e+15.
local function text_of(number) return string.format('%.0f', number) end
