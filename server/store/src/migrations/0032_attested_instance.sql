-- Adds the identity that enrollment attested of an instance: it stays the same when the instance is registered again.

-- The next harvest of each account that reads tags fills it.
CREATE TABLE attested_instance (
    instance_key BIGINT NOT NULL,
    attested_id  VARCHAR NOT NULL,
    from_day     DATE
);
CREATE TABLE past_attested_instance AS SELECT *, from_day AS until_day FROM attested_instance LIMIT 0;
