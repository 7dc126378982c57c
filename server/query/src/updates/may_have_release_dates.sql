-- Whether an instance has pending updates of which a scan tells when they were not there yet: others have no release
-- date.
SELECT count(*) > 0
FROM instance_update
WHERE instance_key = {instance_key} AND pending_since IS NOT NULL AND absent_at IS NOT NULL
