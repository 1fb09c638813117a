-- works from: 1
-- Servers of two versions on one database while a cluster is renewed. `works_from` is the number of the oldest
-- schema whose programs still work on what a migration made; `schema` is the number that a node's program knows.

ALTER TABLE migrations ADD COLUMN works_from BIGINT;
ALTER TABLE nodes ADD COLUMN schema BIGINT NOT NULL DEFAULT 1;
