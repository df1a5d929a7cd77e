-- include: responses
-- KEYS: the bookkeeping, the answer's key
-- Answers whether it was there.
return forget(KEYS[4])
