-- works from: 1
-- Runs belong to the user or token that asked for them, whatever their names are by now.
CREATE INDEX runs_by_actor_id ON runs (actor_id, id);
