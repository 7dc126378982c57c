-- The least number of updates that AWS calls non-compliant in a patch state `s`: one update can be both critical and a
-- security update. A count of -1 is no count.
(greatest(s.critical_non_compliant_count, s.security_non_compliant_count, 0) + greatest(s.other_non_compliant_count, 0))
