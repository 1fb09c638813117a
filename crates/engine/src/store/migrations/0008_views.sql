-- works from: 1
-- Views: a list of the page with its filter, columns and order under a name, of nobody where everybody has it; and
-- what somebody likes of the pages. Runs of jobs are found by their numbers.

CREATE TABLE views (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
    list TEXT NOT NULL,
    name TEXT NOT NULL,
    query TEXT NOT NULL,
    version BIGINT NOT NULL DEFAULT 1,
    created_ms BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    modified_ms BIGINT NOT NULL,
    modified_by TEXT NOT NULL
);
CREATE UNIQUE INDEX views_of_users ON views (user_id, list, name) WHERE user_id IS NOT NULL;
CREATE UNIQUE INDEX views_of_all ON views (list, name) WHERE user_id IS NULL;

CREATE TABLE preferences (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (user_id, name)
);

CREATE INDEX runs_by_turn ON runs (turn, id) WHERE turn IS NOT NULL;
