-- include: file
-- ARGV: id
-- May be sent for any id: what was written under it goes.
doom_file(ARGV[1], now_ms())
