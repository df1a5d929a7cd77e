-- include: file
-- ARGV: id
return file_row(ARGV[1], now_ms())
