-- Reads the first keys of the queue, at most `count`, and none after the one that fills `bytes`: of each also where it ends in
-- its item, and what adds the time to its entry. Items may be small or large: how many are read is judged by those before.
local function read_queue(pending, count, bytes)
  local keys, ends, stamps, items, found, last, length, step = {}, {}, {}, {}, 0, 0, 0, 1
  local function is_enough() return found == count or length >= bytes end
  repeat
    local some = redis.call('LRANGE', pending, last, last + step - 1)
    for _, text in ipairs(some) do
      last = last + 1
      local time = head_of(text)
      local stamp = time and ',"@":"' .. time .. '"}'
      items[last] = { text = text, time = time, before = found }
      local next_key = string.gmatch(text, time and '([^\n]+)()' or '(.+)()')
      if time then next_key() end
      for key, stop in next_key do
        found, length = found + 1, length + #key
        keys[found], ends[found], stamps[found] = key, stop, stamp
        if is_enough() then break end
      end
      if is_enough() then break end
    end
    local is_end = #some < step
    step = math.max(1, math.min(64, math.ceil(last * math.min((count - found) / found, (bytes - length) / length))))
  until is_end or is_enough()
  return { keys = keys, ends = ends, stamps = stamps, items = items, length = found }
end

-- What is left when the first keys of a queue are taken: how many items go whole, and the rest of the next one, if it
-- goes in part.
local function after(queue, taken)
  local last = #queue.items
  while queue.items[last].before >= taken do last = last - 1 end
  local item, stop = queue.items[last], queue.ends[taken]
  if stop > #item.text then return last end
  return last - 1, item.time .. string.sub(item.text, stop)
end

-- A packed entry with the time at which it came, unless it has one.
local function with_time(packed, stamp)
  if not stamp or string.sub(packed, -1) ~= '}' then return packed end
  -- The search without a pattern is fast. A name may end with the same characters, but has a backslash before them.
  if string.find(packed, '"@":"', 1, true) and string.find(packed, '[{,]"@":"') then return packed end
  return packed == '{}' and '{' .. string.sub(stamp, 2) or string.sub(packed, 1, -2) .. stamp
end
