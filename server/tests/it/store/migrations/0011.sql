-- A link for an auditor.
INSERT INTO auditor_link (
    link_id, token_hash, customer_id, customer_name, day, made_by, made_by_name, made_at, expires_at, revoked_at
)
VALUES (
    '0123456789ab', '0123456789abcdef', 'c-2001', 'Brightwater Outfitters', '2025-10-03', 'test', 'Test', '2025-10-04',
    '2025-11-04', NULL
);
