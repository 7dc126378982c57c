CREATE TABLE exception (
    exception_id      VARCHAR NOT NULL,
    kind              VARCHAR NOT NULL,
    cve               VARCHAR NOT NULL,
    kb_id             VARCHAR NOT NULL,
    title             VARCHAR NOT NULL,
    account_id        VARCHAR NOT NULL,
    patch_group       VARCHAR NOT NULL,
    instance_id       VARCHAR NOT NULL,
    until_day         DATE NOT NULL,
    reason            VARCHAR NOT NULL,
    made_by           VARCHAR NOT NULL,
    made_by_name      VARCHAR NOT NULL,
    made_at           TIMESTAMP NOT NULL,
    revoked_by      VARCHAR,
    revoked_by_name VARCHAR,
    revoked_at      TIMESTAMP
);
