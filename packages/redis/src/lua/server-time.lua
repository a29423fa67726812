-- The server's time in microseconds, as text. What must be unique for ever has it, also in tests with a clock of their own.
local function server_time()
  local time = redis.call('TIME')
  return string.format('%s%06d', time[1], time[2])
end
