-- The CVEs that each patch fixes, which reports name only while it is missing.
CREATE TABLE patch_cve (
    patch_key BIGINT NOT NULL,
    cve       VARCHAR NOT NULL
);
INSERT INTO patch_cve
SELECT DISTINCT patch_key, cve
FROM (
    SELECT patch_key, trim(unnest(string_split(cve_ids, ','))) AS cve
    FROM (
        SELECT DISTINCT patch_key, cve_ids FROM instance_update WHERE cve_ids <> ''
        UNION
        SELECT DISTINCT patch_key, cve_ids FROM past_instance_update WHERE cve_ids <> ''
    )
)
WHERE regexp_full_match(cve, 'CVE-[0-9]{4}-[0-9]{4,19}')
ORDER BY cve, patch_key;

CREATE TABLE feed (
    name         VARCHAR NOT NULL,
    format       VARCHAR NOT NULL,
    file_key     VARCHAR NOT NULL,
    published_at TIMESTAMP,
    imported_at  TIMESTAMP NOT NULL,
    entries      BIGINT NOT NULL
);
CREATE TABLE feed_fix (
    feed          VARCHAR NOT NULL,
    system        VARCHAR NOT NULL,
    release       VARCHAR NOT NULL,
    package       VARCHAR NOT NULL,
    fixed_version VARCHAR NOT NULL,
    cve           VARCHAR NOT NULL,
    advisory      VARCHAR NOT NULL,
    is_complete   BOOLEAN NOT NULL
);
CREATE TABLE exploited_cve (
    feed     VARCHAR NOT NULL,
    cve      VARCHAR NOT NULL,
    added_on DATE NOT NULL,
    due_on   DATE
);
