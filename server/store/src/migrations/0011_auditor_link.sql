CREATE TABLE auditor_link (
    link_id       VARCHAR NOT NULL,
    token_hash    VARCHAR NOT NULL,
    customer_id   VARCHAR NOT NULL,
    customer_name VARCHAR NOT NULL,
    day           DATE NOT NULL,
    made_by       VARCHAR NOT NULL,
    made_by_name  VARCHAR NOT NULL,
    made_at       TIMESTAMP NOT NULL,
    expires_at    TIMESTAMP NOT NULL,
    revoked_at    TIMESTAMP
);
