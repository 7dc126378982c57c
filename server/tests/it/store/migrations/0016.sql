-- A stopped instance counts.
UPDATE instance SET instance_state = 'stopped' WHERE instance_key = 1;
UPDATE listed_instance SET instance_state = 'stopped' WHERE instance_key = 1;
