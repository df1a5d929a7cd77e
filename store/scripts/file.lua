-- include: clock
-- What the verbs of files share: the keys of `Keys.file_terms` come first, then `<tag>:` as the head of all others.
local uploads, expiry, doomed, tag = KEYS[1], KEYS[2], KEYS[3], string.match(KEYS[1], '^(.*:)uploads$')

local function file_key(id) return tag .. 'file:' .. id end
local function parts_key(id) return tag .. 'file-parts:' .. id end

-- A file is whole: the parts it has are listed already. `ttl` is in ms.
local function add_file(id, client, filename, purpose, bytes, ttl, listed)
  local now = now_ms()
  redis.call('HSET', file_key(id), 'client', client, 'filename', filename, 'purpose', purpose, 'bytes', bytes,
    'created', now, 'expires', now + ttl)
  redis.call('ZADD', expiry, now + ttl, id)
  if listed == '1' then
    redis.call('ZADD', tag .. 'files:' .. client, now, id)
    redis.call('ZADD', tag .. 'files:' .. client .. ':' .. purpose, now, id)
  end
end

-- The file is gone for everybody at once, and its parts as soon as the sweep has been there.
local function doom_file(id, now)
  local r = redis.call('HMGET', file_key(id), 'client', 'purpose')
  if r[1] then
    redis.call('ZREM', tag .. 'files:' .. r[1], id)
    redis.call('ZREM', tag .. 'files:' .. r[1] .. ':' .. r[2], id)
  end
  redis.call('ZREM', expiry, id)
  redis.call('ZREM', uploads, id)
  redis.call('DEL', file_key(id), parts_key(id))
  redis.call('ZADD', doomed, now, id)
end

-- A file as its readers get it, or nothing when it is not there (any more).
local function file_row(id, now)
  local r = redis.call('HMGET', file_key(id), 'client', 'filename', 'purpose', 'bytes', 'created', 'expires')
  if not r[1] or tonumber(r[6]) <= now then return false end
  return {id, unpack(r)}
end
