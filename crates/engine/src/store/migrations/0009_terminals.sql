-- works from: 1
-- Who may open a terminal now: the password was said again, for one session and one host. Taken when it is opened.
CREATE TABLE terminal_tickets (
    hash TEXT NOT NULL PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    host_id TEXT NOT NULL,
    expires_ms BIGINT NOT NULL
);
CREATE INDEX terminal_tickets_by_session ON terminal_tickets (session_id);
CREATE INDEX terminal_tickets_by_expiry ON terminal_tickets (expires_ms);
