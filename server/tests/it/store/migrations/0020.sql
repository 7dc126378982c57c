-- What the first instance was registered as, and its package manager.
UPDATE instance SET source_id = instance_id WHERE instance_key = 1;
UPDATE patch_state SET uses_apt = false WHERE instance_key = 1;
