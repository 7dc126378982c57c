INSERT INTO organization_member (systems_account, name, active, partition) VALUES ('111122223333', 'Shanghai', true, 'aws-cn');
INSERT INTO service_setting (account_id, region, setting_id, value, from_day)
VALUES ('703918462255', 'us-east-1', '/ssm/managed-instance/activation-tier', 'standard', '2025-10-05');
