-- The other figures of the overview. They are unknown, not zero, on days that were recorded before.
ALTER TABLE account_day ADD COLUMN runs_succeeded BIGINT;
ALTER TABLE account_day ADD COLUMN runs_total BIGINT;
ALTER TABLE account_day ADD COLUMN pending_critical BIGINT;
ALTER TABLE account_day ADD COLUMN pending_important BIGINT;
ALTER TABLE account_day ADD COLUMN pending_moderate BIGINT;
ALTER TABLE account_day ADD COLUMN pending_low BIGINT;
ALTER TABLE account_day ADD COLUMN pending_unrated BIGINT;
