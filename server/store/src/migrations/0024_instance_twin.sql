-- Adds which instances are a second registration of a machine that another instance stands for.

CREATE TABLE instance_twin (
    instance_key BIGINT NOT NULL,
    counted_id   VARCHAR NOT NULL,
    since        TIMESTAMP NOT NULL,
    from_day     DATE
);
CREATE TABLE past_instance_twin AS SELECT *, from_day AS until_day FROM instance_twin LIMIT 0;

-- The next harvest of each account finds them.
ALTER TABLE listed_instance ADD COLUMN duplicate_of VARCHAR DEFAULT '';
ALTER TABLE listed_instance ADD COLUMN duplicate_since TIMESTAMP;
