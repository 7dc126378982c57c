-- Adds `instance_state`. Inventory says which instances that were counted as gone are only stopped: they count again.
-- The tables are changed so that `from_day` stays the last column.
ALTER TABLE instance RENAME TO instance_before;
CREATE TABLE instance (
    instance_key       BIGINT NOT NULL,
    account_id         VARCHAR NOT NULL,
    region             VARCHAR NOT NULL,
    instance_id        VARCHAR NOT NULL,
    name               VARCHAR NOT NULL,
    computer_name      VARCHAR NOT NULL,
    ip_address         VARCHAR NOT NULL,
    platform_type      VARCHAR NOT NULL,
    platform_name      VARCHAR NOT NULL,
    platform_version   VARCHAR NOT NULL,
    agent_version      VARCHAR NOT NULL,
    agent_rank         BIGINT NOT NULL,
    agent_is_latest    BOOLEAN,
    ping_status        VARCHAR NOT NULL,
    resource_type      VARCHAR NOT NULL,
    source_type        VARCHAR NOT NULL,
    registered_at      TIMESTAMP,
    association_status VARCHAR NOT NULL,
    first_seen_at      TIMESTAMP NOT NULL,
    gone_at            TIMESTAMP,
    instance_state     VARCHAR NOT NULL,
    from_day           DATE
);
INSERT INTO instance BY NAME
SELECT
    i.* REPLACE (CASE WHEN n.status = 'Stopped' THEN NULL ELSE i.gone_at END AS gone_at),
    CASE
        WHEN i.gone_at IS NULL THEN ''
        WHEN n.status = 'Stopped' THEN 'stopped'
        WHEN n.status = 'Terminated' THEN 'terminated'
        ELSE 'deregistered'
    END AS instance_state
FROM instance_before i
LEFT JOIN node n ON n.account_id = i.account_id AND n.region = i.region AND n.instance_id = i.instance_id
ORDER BY i.instance_key;
DROP TABLE instance_before;

ALTER TABLE past_instance RENAME TO past_instance_before;
CREATE TABLE past_instance AS SELECT *, from_day AS until_day FROM instance LIMIT 0;
INSERT INTO past_instance BY NAME
SELECT *, CASE WHEN gone_at IS NULL THEN '' ELSE 'deregistered' END AS instance_state FROM past_instance_before
ORDER BY instance_key, from_day;
DROP TABLE past_instance_before;

-- Before the columns of runs, which are joined to all others.
ALTER TABLE listed_instance RENAME TO listed_instance_before;
CREATE TABLE listed_instance AS
SELECT
    l.* EXCLUDE (run_status, run_requested_at) REPLACE (i.gone_at AS gone_at),
    i.instance_state,
    l.run_status,
    l.run_requested_at
FROM listed_instance_before l
JOIN instance i ON i.instance_key = l.instance_key
ORDER BY l.instance_key;
DROP TABLE listed_instance_before;
