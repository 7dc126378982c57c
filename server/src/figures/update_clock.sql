    -- The clock of a pending update `u` with patch `p` on an instance `f` of clock_fact, as columns that build on each
    -- other; all are null where it is not pending. The band is that of its severity.
    -- Systems Manager gives no release dates with an instance's patches. Windows' titles name a month ("2025-10
    -- Cumulative Update …"), and what is named so is released on its second Tuesday; previews are not.
    CASE
        WHEN u.pending_since IS NULL OR f.platform_type <> 'Windows' OR p.title NOT LIKE '20__-__ %'
            OR contains(p.title, 'Preview') THEN NULL
        ELSE try_cast(left(p.title, 7) || '-01' AS DATE)
            + (7 + (9 - dayofweek(try_cast(left(p.title, 7) || '-01' AS DATE))) % 7)::INTEGER
    END AS second_tuesday,
    -- What was missing before that day came out of turn: when, is unknown.
    CASE WHEN second_tuesday <= u.pending_since::DATE THEN second_tuesday END AS released_on,
    -- What is missing is approved, whatever a calendar says.
    CASE
        WHEN released_on + f.approve_after_days IS NOT NULL
            THEN least((released_on + f.approve_after_days)::TIMESTAMP, u.pending_since)
    END AS approved_at,
    -- From its approval on, also when the machine was scanned later; but not before the machine was known, and anew for
    -- what was installed in between.
    CASE
        WHEN approved_at IS NULL OR u.pending_since > u.first_seen_at THEN u.pending_since
        ELSE least(u.pending_since, greatest(approved_at, f.first_seen_at))
    END AS clock_starts_at,
    clock_starts_at + to_days(
        CASE {band}
            WHEN 'critical' THEN f.critical_days
            WHEN 'important' THEN f.important_days
            WHEN 'moderate' THEN f.moderate_days
            WHEN 'low' THEN f.low_days
            ELSE f.unrated_days
        END
    ) AS due_at,
    CASE WHEN due_at < f.now THEN 'overdue' WHEN due_at <= f.soon_until THEN 'soon' WHEN due_at IS NOT NULL THEN 'later' END AS due,
    -- Whole days.
    CASE WHEN u.pending_since IS NOT NULL THEN greatest(0, datesub('day', u.pending_since, f.now)) END AS age_days
