-- works from: 1
-- Pages of hosts by what seldom changes are read in their order. Not by when a host was last seen: every run would
-- change that index for each of its hosts.

CREATE INDEX hosts_by_address ON hosts (address, name);
CREATE INDEX hosts_by_state ON hosts (state, name);
CREATE INDEX hosts_by_creation ON hosts (created_ms, name);
