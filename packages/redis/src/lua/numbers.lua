-- A count that Sluice wrote: 0 if it is missing, nil if the text is no count.
local function count_of(text)
  if not text then return 0 end
  return string.find(text, '^%d+$') and tonumber(text)
end

-- Whole numbers as text: Lua would write 1e+15.
local function text_of(number) return string.format('%.0f', number) end
