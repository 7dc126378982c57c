INSERT INTO feed VALUES ('alma', 'OSV', '0123456789abcdef', TIMESTAMP '2025-11-20 00:00:00', TIMESTAMP '2025-11-21 00:00:00', 1);
INSERT INTO feed_fix VALUES ('alma', 'almalinux', '9', 'openssl', '1:3.0.7-27.el9', 'CVE-2024-0727', 'ALSA-2024:2447', true);
INSERT INTO exploited_cve VALUES ('alma', 'CVE-2024-0727', DATE '2025-11-20', NULL);
