-- Links that let an auditor see one customer's accounts as they were at the end of one day. Whoever has a link can use
-- it, so what stands in it is nowhere here, only its hash.
CREATE TABLE auditor_link (
    -- The beginning of the hash: names the link on pages, in sessions and in the log.
    link_id       VARCHAR NOT NULL,
    -- SHA-256 of the link's token, in hexadecimal digits.
    token_hash    VARCHAR NOT NULL,
    customer_id   VARCHAR NOT NULL,
    -- As the customer was called when the link was made.
    customer_name VARCHAR NOT NULL,
    day           DATE NOT NULL,
    -- Who made it: as whoever vouched for them names them, and as pages do.
    made_by       VARCHAR NOT NULL,
    made_by_name  VARCHAR NOT NULL,
    made_at       TIMESTAMP NOT NULL,
    expires_at    TIMESTAMP NOT NULL,
    revoked_at    TIMESTAMP
);
