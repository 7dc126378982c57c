//! What lists show of an instance's updates: counted from the rows that are stored, and compared with what AWS counts.

use super::Scanned;
use muster_core::snapshot::{PatchStateRecord, UpdateRecord};
use muster_metrics::definitions::{NON_COMPLIANT_STATES, is_pending};
use muster_model::severity::SeverityBand;

#[derive(Debug, PartialEq, Eq)]
pub struct Counts {
    pub missing: i32,
    pub critical_missing: i32,
    pub failed: i32,
    pub pending_reboot: i32,
    pub installed_rejected: i32,
    pub available_security_updates: i32,
    /// The updates that need work by AWS's counts and are not in its list.
    pub details_missing: i32,
    /// The rows that need work and were left out, because another row of the same update is stored.
    pub repeated_updates: i32,
}

impl Counts {
    pub fn of(one: &Scanned<'_>) -> Self {
        let stored: Vec<&UpdateRecord> = one.reported.updates().iter().map(|(_, update)| *update).collect();
        let reported: Vec<&UpdateRecord> = one.scan.updates.iter().collect();
        Self::compare(&one.scan.state, &stored, &reported)
    }

    fn compare(state: &PatchStateRecord, stored: &[&UpdateRecord], reported: &[&UpdateRecord]) -> Self {
        let stored_in = |code: &str| in_state(stored, code);
        let is_critical = |row: &&&UpdateRecord| SeverityBand::of(&row.patch.severity) == SeverityBand::Critical;
        let pending = stored.iter().filter(|row| is_pending(&row.state));
        let non_compliant = |rows| NON_COMPLIANT_STATES.into_iter().map(|code| in_state(rows, code)).sum::<i64>();
        let number = |count: i64| i32::try_from(count).unwrap_or(i32::MAX);
        Self {
            missing: number(stored_in("Missing")),
            critical_missing: number(pending.filter(is_critical).count() as i64),
            failed: number(stored_in("Failed")),
            pending_reboot: number(stored_in("InstalledPendingReboot")),
            installed_rejected: number(stored_in("InstalledRejected")),
            available_security_updates: number(stored_in("AvailableSecurityUpdate")),
            details_missing: number(details_missing(state, reported, non_compliant(reported))),
            repeated_updates: number(non_compliant(reported) - non_compliant(stored)),
        }
    }
}

fn in_state(rows: &[&UpdateRecord], code: &str) -> i64 {
    rows.iter().filter(|row| *row.state == *code).count() as i64
}

/// Returns how many updates AWS counts beyond the rows that it lists: state by state, or all together by its counts of
/// non-compliant updates, if that is more. A count of -1 is no count.
fn details_missing(state: &PatchStateRecord, reported: &[&UpdateRecord], non_compliant: i64) -> i64 {
    let by_state = [
        ("Missing", state.missing_count),
        ("Failed", state.failed_count),
        ("InstalledPendingReboot", state.installed_pending_reboot_count),
        ("InstalledRejected", state.installed_rejected_count),
        ("AvailableSecurityUpdate", state.available_security_update_count),
    ];
    let by_state: i64 = by_state.into_iter().map(|(code, counted)| (counted - in_state(reported, code)).max(0)).sum();
    // One update can be both critical and a security update.
    let at_least = state.critical_non_compliant_count.max(state.security_non_compliant_count).max(0)
        + state.other_non_compliant_count.max(0);
    by_state.max(at_least - non_compliant)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reported::sample;
    use muster_core::known::ChangeKey;

    fn state(set: impl FnOnce(&mut PatchStateRecord)) -> PatchStateRecord {
        let mut state = PatchStateRecord {
            instance_id: "i-0aaaaaaaaaaaaaaa1".parse().expect("an id"),
            patch_group: String::new(),
            key: ChangeKey {
                operation_end_at: None,
                operation: "Scan".to_owned(),
                snapshot_id: String::new(),
                baseline_id: String::new(),
            },
            operation_start_at: None,
            reboot_option: String::new(),
            install_override: false,
            installed_count: 0,
            installed_other_count: 0,
            installed_pending_reboot_count: 0,
            installed_rejected_count: 0,
            missing_count: 0,
            failed_count: 0,
            not_applicable_count: 0,
            available_security_update_count: 0,
            critical_non_compliant_count: 0,
            security_non_compliant_count: 0,
            other_non_compliant_count: 0,
        };
        set(&mut state);
        state
    }

    fn counts(state: &PatchStateRecord, rows: &[UpdateRecord]) -> Counts {
        let rows: Vec<&UpdateRecord> = rows.iter().collect();
        Counts::compare(state, &rows, &rows)
    }

    #[test]
    fn counts_without_rows_are_missing_details_whichever_state_they_are_of() {
        let set: [fn(&mut PatchStateRecord); 8] = [
            |state| state.missing_count = 1,
            |state| state.failed_count = 1,
            |state| state.installed_pending_reboot_count = 1,
            |state| state.installed_rejected_count = 1,
            |state| state.available_security_update_count = 1,
            |state| state.critical_non_compliant_count = 1,
            |state| state.security_non_compliant_count = 1,
            |state| state.other_non_compliant_count = 1,
        ];
        for (number, set) in set.into_iter().enumerate() {
            assert_eq!(counts(&state(set), &[]).details_missing, 1, "count {number}");
        }
        let all = |state: &mut PatchStateRecord| set.iter().for_each(|set| set(state));
        assert_eq!(counts(&state(all), &[]).details_missing, 5);
        assert_eq!(counts(&state(all), &[sample("Missing", None)]).details_missing, 4);
    }

    #[test]
    fn nothing_is_missing_where_rows_and_counts_agree_or_there_is_no_count() {
        let none =
            state(|state| (state.missing_count, state.failed_count, state.other_non_compliant_count) = (-1, -1, -1));
        assert_eq!(counts(&none, &[]).details_missing, 0);
        let agrees = state(|state| {
            (state.missing_count, state.critical_non_compliant_count, state.security_non_compliant_count) = (1, 1, 1);
        });
        assert_eq!(counts(&agrees, &[sample("Missing", None)]).details_missing, 0);
    }

    #[test]
    fn a_row_that_is_reported_twice_is_not_missing() {
        let (missing, failed) = (sample("Missing", None), sample("Failed", None));
        let twice = state(|state| (state.missing_count, state.failed_count) = (1, 1));
        let counts = Counts::compare(&twice, &[&failed], &[&missing, &failed]);
        assert_eq!((counts.missing, counts.failed), (0, 1));
        assert_eq!((counts.details_missing, counts.repeated_updates), (0, 1));
    }
}
