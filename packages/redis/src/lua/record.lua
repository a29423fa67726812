-- Takes the record of a producer's last write apart: its number, the position that it was applied at, its nonce, and what
-- was refused, as JSON. Nothing if the text is no record.
local function parse_record(text)
  local number, position, nonce, refused = string.match(text, '^(%d+) (%d+) (%S*) (%[.*%])$')
  if number then return tonumber(number), tonumber(position), nonce, refused end
end
