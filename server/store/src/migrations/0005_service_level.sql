-- How many days customers give an update of each severity. The empty customer id is the default, which has every band;
-- a customer has those that differ. What is here until a configuration has been read is what one without a file says.
CREATE TABLE service_level (
    customer_id VARCHAR NOT NULL,
    band        VARCHAR NOT NULL,
    days        INTEGER NOT NULL
);
INSERT INTO service_level VALUES
    ('', 'critical', 7), ('', 'important', 14), ('', 'moderate', 30), ('', 'low', 60), ('', 'unrated', 30);
