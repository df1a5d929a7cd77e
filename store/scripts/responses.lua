-- What the verbs of kept answers share: the bookkeeping that bounds them. A name is the key of a kept answer.
local names, sizes, total = KEYS[1], KEYS[2], KEYS[3]

-- With its fraction: two uses within one millisecond are still in order.
local function now_ms()
  local t = redis.call('TIME')
  return t[1] * 1000 + t[2] / 1000
end

local function forget(name)
  redis.call('DECRBY', total, tonumber(redis.call('HGET', sizes, name)) or 0)
  redis.call('HDEL', sizes, name)
  redis.call('ZREM', names, name)
  if redis.call('EXISTS', names) == 0 then redis.call('DEL', total) end
  return redis.call('DEL', name)
end

local function use(name, ttl)
  redis.call('ZADD', names, string.format('%.3f', now_ms() + ttl), name)
  redis.call('PEXPIRE', name, ttl)
end

-- The bookkeeping need not outlive the answer that was used last.
local function keep_books(ttl)
  for _, key in ipairs({names, sizes, total}) do redis.call('PEXPIRE', key, ttl) end
end

-- Room for so many more bytes: what has expired goes, then what was used longest ago. False if there is none.
local function make_room(bytes, most)
  if bytes > most then return false end
  for _, name in ipairs(redis.call('ZRANGE', names, '-inf', now_ms(), 'BYSCORE', 'LIMIT', 0, 100)) do forget(name) end
  while (tonumber(redis.call('GET', total)) or 0) + bytes > most do
    forget(redis.call('ZRANGE', names, 0, 0)[1])
  end
  return true
end

local function grow(name, bytes)
  redis.call('HINCRBY', sizes, name, bytes)
  redis.call('INCRBY', total, bytes)
end
