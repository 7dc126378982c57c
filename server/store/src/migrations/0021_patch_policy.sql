-- Adds patch policies, and which of them each instance has.

CREATE TABLE patch_policy (
    account_id                  VARCHAR NOT NULL,
    region                      VARCHAR NOT NULL,
    configuration_id            VARCHAR NOT NULL,
    name                        VARCHAR NOT NULL,
    manager_arn                 VARCHAR NOT NULL,
    operation                   VARCHAR NOT NULL,
    scan_schedule               VARCHAR NOT NULL,
    scan_waits                  BOOLEAN NOT NULL,
    install_schedule            VARCHAR NOT NULL,
    install_waits               BOOLEAN NOT NULL,
    reboot_option               VARCHAR NOT NULL,
    baselines                   VARCHAR NOT NULL,
    target_type                 VARCHAR NOT NULL,
    target_instances            VARCHAR NOT NULL,
    target_tag_key              VARCHAR NOT NULL,
    target_tag_value            VARCHAR NOT NULL,
    target_resource_group       VARCHAR NOT NULL,
    target_organizational_units VARCHAR NOT NULL,
    target_accounts             VARCHAR NOT NULL,
    target_regions              VARCHAR NOT NULL,
    is_target                   BOOLEAN NOT NULL,
    status                      VARCHAR NOT NULL,
    modified_at                 TIMESTAMP,
    change_key                  VARCHAR NOT NULL,
    from_day                    DATE
);
CREATE TABLE past_patch_policy AS SELECT *, from_day AS until_day FROM patch_policy LIMIT 0;

-- From the tags that were stored before there were policies.
ALTER TABLE listed_instance ADD COLUMN patch_policy VARCHAR DEFAULT '';
UPDATE listed_instance l SET patch_policy = n.patch_policy
FROM (
    SELECT instance_key, string_agg(DISTINCT value, ', ' ORDER BY value) AS patch_policy
    FROM tag
    WHERE starts_with(key, 'QSConfigName-') AND trim(value) <> ''
    GROUP BY instance_key
) n
WHERE n.instance_key = l.instance_key;
