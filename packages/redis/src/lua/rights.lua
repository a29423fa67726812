-- Looks which commands the user may run on which keys.
--
-- ARGV the number of keys, the keys, and the commands
-- Reply null if the server cannot say; or a text for each command, with a sign for each key: 1 if it may be run on that, 0 if
--       not, ? if the server does not have it
local may = redis.acl_check_cmd
if not may then return false end

local key_count = tonumber(ARGV[1])
local alone = { DEL = true, EXISTS = true }

local function is_allowed(command, key)
  if command == 'TIME' then return may(command) end
  if command == 'EVALSHA' then return may(command, '', '1', key) end
  if alone[command] then return may(command, key) end
  return may(command, key, '', '', '')
end

local rights = {}
for c = key_count + 2, #ARGV do
  local text = ''
  for k = 2, key_count + 1 do
    local is_known, allowed = pcall(is_allowed, ARGV[c], ARGV[k])
    text = text .. (not is_known and '?' or allowed and '1' or '0')
  end
  rights[#rights + 1] = text
end
return rights
