-- works from: 1
-- Pages of runs of one kind are found without a look at all others.

CREATE INDEX runs_by_kind ON runs (kind, id);
