-- What changes every day is kept to the second, like the history. A cast alone would round.
ALTER TABLE instance_ping ALTER last_ping_at TYPE TIMESTAMP_S
    USING date_trunc('second', last_ping_at)::TIMESTAMP_S;
ALTER TABLE past_instance_ping ALTER last_ping_at TYPE TIMESTAMP_S
    USING date_trunc('second', last_ping_at)::TIMESTAMP_S;
ALTER TABLE patch_operation ALTER operation_end_at TYPE TIMESTAMP_S
    USING date_trunc('second', operation_end_at)::TIMESTAMP_S;
ALTER TABLE past_patch_operation ALTER operation_end_at TYPE TIMESTAMP_S
    USING date_trunc('second', operation_end_at)::TIMESTAMP_S;
UPDATE listed_instance SET
    last_ping_at = date_trunc('second', last_ping_at),
    operation_end_at = date_trunc('second', operation_end_at);

-- The next compaction sorts all of their past rows by day.
ALTER TABLE compaction ADD COLUMN day_sorted_until DATE DEFAULT DATE '1970-01-01';
