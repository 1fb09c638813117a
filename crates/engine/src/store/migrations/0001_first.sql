-- The first schema. Written once for SQLite and PostgreSQL: ids are UUIDv7 as text, instants are
-- milliseconds since 1970 as BIGINT, JSON is TEXT, no autoincrement, no date functions.
-- `version` counts the changes of a row and is its entity tag.

CREATE TABLE settings (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

-- Who asks --------------------------------------------------------------------------------------

CREATE TABLE users (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    full_name TEXT NOT NULL DEFAULT '',
    email TEXT NOT NULL DEFAULT '',
    locale TEXT NOT NULL DEFAULT '',
    password_hash TEXT,
    enabled BOOLEAN NOT NULL DEFAULT TRUE,
    seen_ms BIGINT,
    version BIGINT NOT NULL DEFAULT 1,
    created_ms BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    modified_ms BIGINT NOT NULL,
    modified_by TEXT NOT NULL
);

CREATE TABLE teams (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL DEFAULT '',
    version BIGINT NOT NULL DEFAULT 1,
    created_ms BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    modified_ms BIGINT NOT NULL,
    modified_by TEXT NOT NULL
);

CREATE TABLE team_users (
    team_id TEXT NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (team_id, user_id)
);
CREATE INDEX team_users_by_user ON team_users (user_id);

-- A role is a set of verbs. `builtin` ones cannot be changed.
CREATE TABLE roles (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL DEFAULT '',
    verbs TEXT NOT NULL,
    builtin BOOLEAN NOT NULL DEFAULT FALSE,
    version BIGINT NOT NULL DEFAULT 1,
    created_ms BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    modified_ms BIGINT NOT NULL,
    modified_by TEXT NOT NULL
);

CREATE TABLE partitions (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL DEFAULT '',
    zone TEXT,
    version BIGINT NOT NULL DEFAULT 1,
    created_ms BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    modified_ms BIGINT NOT NULL,
    modified_by TEXT NOT NULL
);

-- A role for a user or a team, on the hosts of a selector, perhaps only of one partition.
CREATE TABLE grants (
    id TEXT NOT NULL PRIMARY KEY,
    role_id TEXT NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
    user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
    team_id TEXT REFERENCES teams (id) ON DELETE CASCADE,
    selector TEXT NOT NULL DEFAULT 'all',
    partition_id TEXT REFERENCES partitions (id) ON DELETE CASCADE,
    environment TEXT,
    created_ms BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    CHECK ((user_id IS NULL) <> (team_id IS NULL))
);
CREATE INDEX grants_by_user ON grants (user_id);
CREATE INDEX grants_by_team ON grants (team_id);
CREATE INDEX grants_by_role ON grants (role_id);

-- `hash` is the SHA-256 of the token, which has 256 random bits; nobody can show it again.
CREATE TABLE tokens (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE,
    verbs TEXT,
    selector TEXT NOT NULL DEFAULT 'all',
    expires_ms BIGINT,
    used_ms BIGINT,
    created_ms BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    UNIQUE (user_id, name)
);

-- `hash` as for tokens; `csrf` is what a form must bring back.
CREATE TABLE sessions (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    hash TEXT NOT NULL UNIQUE,
    csrf TEXT NOT NULL,
    address TEXT NOT NULL DEFAULT '',
    agent TEXT NOT NULL DEFAULT '',
    created_ms BIGINT NOT NULL,
    used_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_ms);

-- Passwords that were not right: `kind` is `user` (also of users that are not there) or `address`.
CREATE TABLE guesses (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    failures BIGINT NOT NULL,
    last_ms BIGINT NOT NULL,
    locked_until_ms BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (kind, name)
);
CREATE INDEX guesses_by_time ON guesses (last_ms);

CREATE TABLE audit (
    id TEXT NOT NULL PRIMARY KEY,
    at_ms BIGINT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id TEXT,
    actor_name TEXT NOT NULL,
    address TEXT NOT NULL DEFAULT '',
    request_id TEXT NOT NULL DEFAULT '',
    verb TEXT NOT NULL,
    object_kind TEXT NOT NULL,
    object_id TEXT,
    object_name TEXT NOT NULL DEFAULT '',
    outcome TEXT NOT NULL,
    detail TEXT
);
CREATE INDEX audit_by_time ON audit (at_ms);
CREATE INDEX audit_by_object ON audit (object_kind, object_id);
CREATE INDEX audit_by_actor ON audit (actor_name, at_ms);

-- The register ----------------------------------------------------------------------------------

-- `sealed` holds the secret part: a private key, a password, a passphrase. `holds` names what is in it.
CREATE TABLE credentials (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    login TEXT,
    public_key TEXT,
    fingerprint TEXT,
    certificate TEXT,
    description TEXT NOT NULL DEFAULT '',
    holds TEXT NOT NULL DEFAULT '[]',
    sealed BYTES,
    version BIGINT NOT NULL DEFAULT 1,
    created_ms BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    modified_ms BIGINT NOT NULL,
    modified_by TEXT NOT NULL
);

CREATE TABLE hosts (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    address TEXT NOT NULL,
    port BIGINT NOT NULL DEFAULT 22,
    login TEXT,
    partition_id TEXT NOT NULL REFERENCES partitions (id),
    credential_id TEXT REFERENCES credentials (id),
    become_credential_id TEXT REFERENCES credentials (id),
    jump TEXT,
    zone TEXT,
    family TEXT,
    os TEXT NOT NULL DEFAULT '',
    drivers TEXT NOT NULL DEFAULT '[]',
    memory_bytes BIGINT,
    cpus BIGINT,
    disk_bytes BIGINT,
    local_ipv4 TEXT,
    local_ipv6 TEXT,
    public_ipv4 TEXT,
    public_ipv6 TEXT,
    mac TEXT,
    labels TEXT NOT NULL DEFAULT '{}',
    vars TEXT NOT NULL DEFAULT '{}',
    legacy_algorithms BOOLEAN NOT NULL DEFAULT FALSE,
    enabled BOOLEAN NOT NULL DEFAULT TRUE,
    maintenance_until_ms BIGINT,
    notes TEXT NOT NULL DEFAULT '',
    facts TEXT,
    facts_ms BIGINT,
    seen_ms BIGINT,
    state TEXT NOT NULL DEFAULT 'unknown',
    state_reason TEXT NOT NULL DEFAULT '',
    state_ms BIGINT,
    version BIGINT NOT NULL DEFAULT 1,
    created_ms BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    modified_ms BIGINT NOT NULL,
    modified_by TEXT NOT NULL
);
CREATE INDEX hosts_by_partition ON hosts (partition_id, name);
CREATE INDEX hosts_by_credential ON hosts (credential_id);

CREATE TABLE host_labels (
    host_id TEXT NOT NULL REFERENCES hosts (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (host_id, name)
);
CREATE INDEX host_labels_by_value ON host_labels (name, value);

-- Keys that a host has shown. Only those that are `pinned` are trusted.
CREATE TABLE host_keys (
    id TEXT NOT NULL PRIMARY KEY,
    host_id TEXT NOT NULL REFERENCES hosts (id) ON DELETE CASCADE,
    algorithm TEXT NOT NULL,
    public_key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    state TEXT NOT NULL,
    shown_ms BIGINT NOT NULL,
    decided_ms BIGINT,
    decided_by TEXT,
    UNIQUE (host_id, public_key)
);
CREATE INDEX host_keys_by_state ON host_keys (state);

CREATE TABLE groups (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL DEFAULT '',
    vars TEXT NOT NULL DEFAULT '{}',
    version BIGINT NOT NULL DEFAULT 1,
    created_ms BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    modified_ms BIGINT NOT NULL,
    modified_by TEXT NOT NULL
);

CREATE TABLE group_hosts (
    group_id TEXT NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    host_id TEXT NOT NULL REFERENCES hosts (id) ON DELETE CASCADE,
    PRIMARY KEY (group_id, host_id)
);
CREATE INDEX group_hosts_by_host ON group_hosts (host_id);

CREATE TABLE group_children (
    group_id TEXT NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    child_id TEXT NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    PRIMARY KEY (group_id, child_id)
);
CREATE INDEX group_children_by_child ON group_children (child_id);

-- What is run -----------------------------------------------------------------------------------

CREATE TABLE manifests (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL DEFAULT '',
    head BIGINT NOT NULL DEFAULT 0,
    version BIGINT NOT NULL DEFAULT 1,
    created_ms BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    modified_ms BIGINT NOT NULL,
    modified_by TEXT NOT NULL
);

-- A revision is a set of files, as JSON from path to hash and size; none is ever changed.
CREATE TABLE manifest_revisions (
    manifest_id TEXT NOT NULL REFERENCES manifests (id) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    files TEXT NOT NULL,
    entry TEXT NOT NULL,
    remark TEXT NOT NULL DEFAULT '',
    created_ms BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    PRIMARY KEY (manifest_id, number)
);

-- The files of all revisions of a manifest, each content once.
CREATE TABLE manifest_contents (
    manifest_id TEXT NOT NULL REFERENCES manifests (id) ON DELETE CASCADE,
    sha256 TEXT NOT NULL,
    body BYTES NOT NULL,
    PRIMARY KEY (manifest_id, sha256)
);

-- Where manifests are taken from with git. `host_keys` are lines of `known_hosts`.
CREATE TABLE repositories (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL DEFAULT '',
    url TEXT NOT NULL,
    revision TEXT NOT NULL DEFAULT '',
    folder TEXT NOT NULL DEFAULT '',
    credential_id TEXT REFERENCES credentials (id),
    host_keys TEXT NOT NULL DEFAULT '',
    version BIGINT NOT NULL DEFAULT 1,
    created_ms BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    modified_ms BIGINT NOT NULL,
    modified_by TEXT NOT NULL
);
CREATE INDEX repositories_by_credential ON repositories (credential_id);

-- `sealed` holds the secret defaults of its parameters; `turns` counts its runs.
CREATE TABLE jobs (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL DEFAULT '',
    subject TEXT NOT NULL,
    selector TEXT NOT NULL,
    parameters TEXT NOT NULL DEFAULT '[]',
    strategy TEXT NOT NULL DEFAULT '{}',
    concurrency TEXT NOT NULL DEFAULT 'allow',
    turns BIGINT NOT NULL DEFAULT 0,
    sealed BYTES,
    version BIGINT NOT NULL DEFAULT 1,
    created_ms BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    modified_ms BIGINT NOT NULL,
    modified_by TEXT NOT NULL
);

-- A node from its start to its end: `beat_ms` is the time of its own clock when it last said that it is there,
-- and for people only; who may take over what is decided by the leases of runs.
CREATE TABLE nodes (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    address TEXT NOT NULL DEFAULT '',
    zones TEXT NOT NULL DEFAULT '[]',
    release TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL DEFAULT 'up',
    beat_ms BIGINT NOT NULL,
    started_ms BIGINT NOT NULL
);
CREATE INDEX nodes_by_beat ON nodes (beat_ms);

-- A run: `sealed` holds its secret parameters, `counts` its host runs by state, as JSON; `phase` is `plan`
-- while it only looks at what an approval is wanted for. Of a job's runs `turn` is the number; one that is
-- `in_turn` begins when those with lower numbers have ended. The lease of its
-- coordinator is `node_id`, `fence` (who holds it) and `lease` (raised at every renewal). `zone` is that of the
-- host that is next, where only some nodes reach it.
CREATE TABLE runs (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    selector TEXT NOT NULL,
    strategy TEXT NOT NULL DEFAULT '{}',
    parent_id TEXT REFERENCES runs (id),
    job_id TEXT,
    job_name TEXT,
    turn BIGINT,
    in_turn BOOLEAN NOT NULL DEFAULT FALSE,
    retry_of TEXT,
    actor_kind TEXT NOT NULL,
    actor_id TEXT,
    actor_name TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    checks BOOLEAN NOT NULL DEFAULT FALSE,
    cancelled_by TEXT,
    approved_by TEXT,
    phase TEXT NOT NULL DEFAULT 'apply',
    sealed BYTES,
    counts TEXT NOT NULL DEFAULT '{}',
    hosts BIGINT NOT NULL DEFAULT 0,
    next_seq BIGINT NOT NULL DEFAULT 1,
    output_bytes BIGINT NOT NULL DEFAULT 0,
    node_id TEXT,
    fence BIGINT NOT NULL DEFAULT 0,
    lease BIGINT NOT NULL DEFAULT 0,
    zone TEXT,
    created_ms BIGINT NOT NULL,
    started_ms BIGINT,
    ended_ms BIGINT,
    deadline_ms BIGINT
);
CREATE INDEX runs_by_state ON runs (state, id);
CREATE INDEX runs_by_job ON runs (job_id, id);
CREATE INDEX runs_open_by_job ON runs (job_id, turn)
    WHERE state IN ('queued', 'waiting', 'running', 'cancelling');
CREATE INDEX runs_by_actor ON runs (actor_name, id);
CREATE INDEX runs_by_parent ON runs (parent_id);

CREATE TABLE host_runs (
    run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    position BIGINT NOT NULL,
    host_id TEXT,
    host_name TEXT NOT NULL,
    state TEXT NOT NULL,
    attempt BIGINT NOT NULL DEFAULT 0,
    node_id TEXT,
    fence BIGINT NOT NULL DEFAULT 0,
    rc BIGINT,
    signal TEXT,
    error TEXT,
    summary TEXT,
    zone TEXT,
    untold BOOLEAN NOT NULL DEFAULT FALSE,
    started_ms BIGINT,
    ended_ms BIGINT,
    PRIMARY KEY (run_id, position)
);
CREATE UNIQUE INDEX host_runs_by_name ON host_runs (run_id, host_name);
CREATE INDEX host_runs_by_host ON host_runs (host_id, run_id);
CREATE INDEX host_runs_by_state ON host_runs (state, run_id);

-- The log of a run: append-only, numbered from 1 without gaps. `body` is JSON; of kind `output` it is a
-- chunk of lines as they came.
CREATE TABLE events (
    run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    seq BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    kind TEXT NOT NULL,
    host_name TEXT,
    stream TEXT,
    body BYTES NOT NULL,
    PRIMARY KEY (run_id, seq)
);

-- What is pushed to hosts, in chunks, by its SHA-256.
CREATE TABLE files (
    sha256 TEXT NOT NULL PRIMARY KEY,
    size BIGINT NOT NULL,
    created_ms BIGINT NOT NULL,
    used_ms BIGINT NOT NULL
);

CREATE TABLE file_chunks (
    sha256 TEXT NOT NULL REFERENCES files (sha256) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    body BYTES NOT NULL,
    PRIMARY KEY (sha256, number)
);

-- Creating calls that brought an Idempotency-Key, kept for 24 hours.
CREATE TABLE idempotency (
    actor TEXT NOT NULL,
    route TEXT NOT NULL,
    name TEXT NOT NULL,
    body_hash TEXT NOT NULL,
    location TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    PRIMARY KEY (actor, route, name)
);
CREATE INDEX idempotency_by_time ON idempotency (created_ms);
