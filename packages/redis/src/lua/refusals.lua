-- Redis does not roll a script back. So each reads and checks everything before its first change, and what stops it
-- later is checked for: the rights of the user. They are also asked for what the script will do last.
local may = redis.acl_check_cmd

-- The error to reply with if the user may not run the command on the key; nil if he may. Redis 6.2 cannot say: there,
-- scripts make changes in an order in which the first missing right does the least harm.
local function denied(command, key, ...)
  if not may or may(command, key, ...) then return nil end
  return redis.error_reply("NOPERM this user has no permissions to run the '" .. command .. "' command on '" .. key .. "'")
end

-- The error to reply with if a key does not hold what Sluice wrote.
local function corrupt(key, what) return redis.error_reply('CORRUPT the key ' .. key .. ' ' .. what) end
