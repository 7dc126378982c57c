-- The history is kept to the second: finer times take twice the space and are not shown. A cast alone would round.
ALTER TABLE transition ALTER happened_at TYPE TIMESTAMP_S USING date_trunc('second', happened_at)::TIMESTAMP_S;
ALTER TABLE transition ALTER pending_since TYPE TIMESTAMP_S USING date_trunc('second', pending_since)::TIMESTAMP_S;
ALTER TABLE scan ALTER seen_at TYPE TIMESTAMP_S USING date_trunc('second', seen_at)::TIMESTAMP_S;
ALTER TABLE scan ALTER operation_start_at TYPE TIMESTAMP_S
    USING date_trunc('second', operation_start_at)::TIMESTAMP_S;
ALTER TABLE scan ALTER operation_end_at TYPE TIMESTAMP_S USING date_trunc('second', operation_end_at)::TIMESTAMP_S;

-- Updates have the same times as their transitions.
UPDATE instance_update SET
    first_seen_at = date_trunc('second', first_seen_at),
    changed_at = date_trunc('second', changed_at),
    pending_since = date_trunc('second', pending_since);
UPDATE past_instance_update SET
    first_seen_at = date_trunc('second', first_seen_at),
    changed_at = date_trunc('second', changed_at),
    pending_since = date_trunc('second', pending_since);
