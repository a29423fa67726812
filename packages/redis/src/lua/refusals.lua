-- Redis does not roll a script back. So each reads and checks everything before its first change: also whether the user
-- may run the commands that it will end with. Redis 6.2 cannot say. There, what can be tried without a change is tried
-- first, and the order of the changes is one in which stopping does the least harm.
local may = redis.acl_check_cmd

-- The error to reply with if the user may not run the command on the key; nil if that is allowed, or unknown.
local function denied(command, key, ...)
  if not may or may(command, key, ...) then return nil end
  return redis.error_reply("NOPERM this user has no permissions to run the '" .. command .. "' command on '" .. key .. "'")
end

-- The error to reply with if a key does not hold what Sluice wrote.
local function corrupt(key, what) return redis.error_reply('CORRUPT the key ' .. key .. ' ' .. what) end
