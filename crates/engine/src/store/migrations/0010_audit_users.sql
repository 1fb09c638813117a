-- works from: 1
-- What a user did, by themselves or by a token of theirs (`USER/TOKEN`), the newest first. What remains of a name
-- without all at its end that is no `/` is the user: programs that are older write it as they did.

DROP INDEX audit_by_actor;
CREATE INDEX audit_by_user ON audit (
    (CASE WHEN actor_kind = 'token' THEN rtrim(actor_name, replace(actor_name, '/', '')) ELSE actor_name || '/' END), id
);
