-- The default service levels, until the configuration is read.
CREATE TABLE service_level (
    customer_id VARCHAR NOT NULL,
    band        VARCHAR NOT NULL,
    days        INTEGER NOT NULL
);
INSERT INTO service_level VALUES
    ('', 'critical', 7), ('', 'important', 14), ('', 'moderate', 30), ('', 'low', 60), ('', 'unrated', 30);
