INSERT INTO patch_policy
VALUES ('703918462255', 'us-east-1', 'a1b2c3d4-nightly', 'nightly', '', 'ScanAndInstall', 'cron(0 1 * * ? *)', false,
    'cron(0 2 ? * SAT#1 *)', true, 'RebootIfNeeded', 'WINDOWS: AWS-DefaultPatchBaseline (pb-0123456789abcdef0)', 'Tags', '',
    'Stage', 'nowhere', '', '', '703918462255', 'us-east-1', true, 'SUCCEEDED', '2025-10-01 02:00:00', '0123456789abcdef',
    '2025-10-05');
