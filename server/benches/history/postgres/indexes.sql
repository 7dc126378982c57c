-- The indexes that these tables would have in PostgreSQL, and a function that measures a statement in the server.
CREATE UNIQUE INDEX ON account (account_id);
CREATE UNIQUE INDEX ON instance (instance_key);
CREATE INDEX ON instance (instance_id);
CREATE INDEX ON instance (account_id);
CREATE UNIQUE INDEX ON instance_ping (instance_key);
CREATE UNIQUE INDEX ON patch_operation (instance_key);
CREATE UNIQUE INDEX ON patch_state (instance_key);
CREATE UNIQUE INDEX ON patch (patch_key);
CREATE UNIQUE INDEX ON instance_update (instance_key, patch_key);
CREATE INDEX ON instance_update (patch_key) WHERE state = 'Missing';
CREATE UNIQUE INDEX ON scan (scan_key);
CREATE INDEX ON transition (instance_key, happened_at);
CREATE INDEX ON run (account_id, region, command_id);
CREATE INDEX ON invocation (account_id, region, instance_id, requested_at);
CREATE INDEX ON invocation (requested_at);
CREATE INDEX ON tag (instance_key, key);
CREATE FUNCTION timed(statement text) RETURNS double precision LANGUAGE plpgsql AS $$
DECLARE started timestamptz := clock_timestamp();
BEGIN
    EXECUTE statement;
    RETURN 1000 * extract(epoch FROM clock_timestamp() - started);
END $$;
VACUUM ANALYZE;
