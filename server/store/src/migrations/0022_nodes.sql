-- Adds what AWS itself counts and does not manage in an account, in all of its Regions. `region` is the Region that was
-- asked, `node_region` the one of the nodes.

CREATE TABLE node_listing (
    account_id      VARCHAR NOT NULL,
    region          VARCHAR NOT NULL,
    read_at         TIMESTAMP NOT NULL,
    denied          VARCHAR NOT NULL,
    lists_unmanaged BOOLEAN NOT NULL,
    is_cut          BOOLEAN NOT NULL,
    from_day        DATE
);
CREATE TABLE past_node_listing AS SELECT *, from_day AS until_day FROM node_listing LIMIT 0;

CREATE TABLE node_count (
    account_id         VARCHAR NOT NULL,
    region             VARCHAR NOT NULL,
    node_region        VARCHAR NOT NULL,
    resource_type      VARCHAR NOT NULL,
    nodes              BIGINT NOT NULL,
    instances          BIGINT NOT NULL,
    unlisted_instances BIGINT NOT NULL,
    differs_since      TIMESTAMP,
    from_day           DATE
);
CREATE TABLE past_node_count AS SELECT *, from_day AS until_day FROM node_count LIMIT 0;

CREATE TABLE unmanaged_instance (
    account_id       VARCHAR NOT NULL,
    region           VARCHAR NOT NULL,
    node_region      VARCHAR NOT NULL,
    node_id          VARCHAR NOT NULL,
    name             VARCHAR NOT NULL,
    computer_name    VARCHAR NOT NULL,
    ip_address       VARCHAR NOT NULL,
    platform_name    VARCHAR NOT NULL,
    platform_version VARCHAR NOT NULL,
    captured_at      TIMESTAMP,
    from_day         DATE
);
CREATE TABLE past_unmanaged_instance AS SELECT *, from_day AS until_day FROM unmanaged_instance LIMIT 0;
