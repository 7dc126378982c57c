-- A link without a day is the address of a calendar.
ALTER TABLE auditor_link ALTER COLUMN day DROP NOT NULL;
