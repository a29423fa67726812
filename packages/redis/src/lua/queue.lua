-- Reads keys from the head of the queue, at least `count` if there are so many: of each also the time, and which item it is
-- in. Items may be small or large, so few are read at first.
local function read_queue(pending, count)
  local keys, times, in_items, found, items, head, step = {}, {}, {}, 0, 0, nil, 4
  repeat
    local some = redis.call('LRANGE', pending, items, items + step - 1)
    head = head or some[1]
    for _, item in ipairs(some) do
      items = items + 1
      local time, list, key_form = keys_of(item)
      for key in string.gmatch(list, key_form) do
        found = found + 1
        keys[found], times[found], in_items[found] = key, time or '', items
      end
    end
    local is_end = #some < step
    step = math.min(2 * step, 64)
  until is_end or found >= count
  return { keys = keys, times = times, items = in_items, length = found, head = head }
end

-- What is left when the first keys of a queue are taken: how many items go whole, and the rest of the next one, if it
-- goes in part.
local function after(queue, taken)
  local item = queue.items[taken]
  if queue.items[taken + 1] ~= item then return item end
  local last = taken + 1
  while queue.items[last + 1] == item do last = last + 1 end
  return item - 1, queue.times[last] .. '\n' .. table.concat(queue.keys, '\n', taken + 1, last)
end

-- A packed entry with the time at which it came, unless it has one.
local function with_time(packed, time)
  if time == '' or string.find(packed, '[{,]"@":"') or string.sub(packed, -1) ~= '}' then return packed end
  return string.sub(packed, 1, -2) .. (packed == '{}' and '' or ',') .. '"@":"' .. time .. '"}'
end
