-- works from: 1
-- The key by which a node knows who may reach hosts through it, sealed; none of nodes of older versions.
ALTER TABLE nodes ADD COLUMN sealed BYTES;
