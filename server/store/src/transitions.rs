//! Compares an instance's stored updates with the reported ones. A pure function.

use super::{
    reported::Reported,
    value::{day_of, whole_second},
};
use jiff::{Timestamp, civil::Date};
use muster_core::{records, snapshot::UpdateRecord};
use muster_metrics::definitions::is_pending;

records! {
    /// One update of one instance: a row of table `instance_update`.
    #[derive(Copy)]
    pub struct Update<'a> {
        pub patch_key: i64,
        pub state: &'a str,
        pub classification: &'a str,
        pub severity: &'a str,
        pub installed_at: Option<Timestamp>,
        pub cve_ids: &'a str,
        pub first_seen_at: Timestamp,
        pub changed_at: Timestamp,
        pub from_day: Date,
        /// Since when it is pending: Missing or Failed.
        pub pending_since: Option<Timestamp>,
        /// The end of the last patch operation before it was first seen, which did not report it.
        pub absent_at: Option<Timestamp>,
    }

    /// One change of one update's state.
    pub struct Transition<'a> {
        pub patch_key: i64,
        pub from_state: Option<&'a str>,
        pub to_state: Option<&'a str>,
        pub happened_at: Timestamp,
        pub classification: &'a str,
        pub severity: &'a str,
        /// Since when the update had been pending, if this transition ends that.
        pub pending_since: Option<Timestamp>,
    }
}

/// A stored update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredUpdate<'a> {
    pub row_id: i64,
    pub update: Update<'a>,
}

/// The changes to write, in the order of patches.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Difference<'a> {
    /// New and changed updates.
    pub rows: Vec<Update<'a>>,
    /// Stored rows to delete: changed updates and those that are no longer reported.
    pub removed: Vec<StoredUpdate<'a>>,
    pub transitions: Vec<Transition<'a>>,
}

/// Compares stored updates with a report. `absent_at` is the end of the operation whose complete report is stored.
///
/// A transition happened at the install time, if the update was installed and has a new install time; otherwise when
/// the patch operation ended; otherwise when the harvest began. Times are whole seconds.
pub fn difference<'a>(
    mut stored: Vec<StoredUpdate<'a>>,
    reported: &Reported<'a>,
    operation_end_at: Option<Timestamp>,
    absent_at: Option<Timestamp>,
    seen_at: Timestamp,
) -> Difference<'a> {
    let today = day_of(seen_at);
    let seen_at = whole_second(seen_at);
    let reported_at = operation_end_at.map_or(seen_at, whole_second);
    stored.sort_unstable_by_key(|row| row.update.patch_key);
    let mut changes = Difference::default();
    let withdrawn = |stored: StoredUpdate<'a>, changes: &mut Difference<'a>| {
        let known = stored.update;
        changes.transitions.push(Transition {
            patch_key: known.patch_key,
            from_state: Some(known.state),
            to_state: None,
            happened_at: reported_at,
            classification: known.classification,
            severity: known.severity,
            pending_since: known.pending_since,
        });
        changes.removed.push(stored);
    };
    let mut stored = stored.into_iter().peekable();
    for &(patch_key, update) in reported.updates() {
        while let Some(known) = stored.next_if(|known| known.update.patch_key < patch_key) {
            withdrawn(known, &mut changes);
        }
        let found = stored.next_if(|known| known.update.patch_key == patch_key);
        let known = found.map(|found| found.update);
        if known.is_some_and(|known| known.equals(update)) {
            continue;
        }
        let same_state = known.filter(|known| *known.state == *update.state);
        let happened_at = happened_at(update, known, reported_at);
        let since = known.and_then(|known| known.pending_since);
        let pending_since = is_pending(&update.state).then(|| since.unwrap_or(happened_at));
        if same_state.is_none() {
            changes.transitions.push(Transition {
                patch_key,
                from_state: known.map(|known| known.state),
                to_state: Some(&update.state),
                happened_at,
                classification: &update.patch.classification,
                severity: &update.patch.severity,
                pending_since: since.filter(|_| pending_since.is_none()),
            });
        }
        changes.removed.extend(found);
        changes.rows.push(Update {
            patch_key,
            state: &update.state,
            classification: &update.patch.classification,
            severity: &update.patch.severity,
            installed_at: update.installed_at,
            cve_ids: &update.patch.cve_ids,
            first_seen_at: known.map_or(seen_at, |known| known.first_seen_at),
            changed_at: same_state.map_or(seen_at, |known| known.changed_at),
            from_day: today,
            pending_since,
            absent_at: known.map_or(absent_at, |known| known.absent_at),
        });
    }
    for known in stored {
        withdrawn(known, &mut changes);
    }
    changes
}

impl<'a> Difference<'a> {
    /// Returns removed rows that were valid at the end of an earlier day.
    pub fn past(&self, today: Date) -> impl Iterator<Item = &Update<'a>> {
        self.removed.iter().map(|row| &row.update).filter(move |row| row.from_day < today)
    }
}

impl Update<'_> {
    fn equals(&self, update: &UpdateRecord) -> bool {
        let patch = &update.patch;
        (self.state, self.classification, self.severity, self.installed_at, self.cve_ids)
            == (&*update.state, &*patch.classification, &*patch.severity, update.installed_at, &*patch.cve_ids)
    }
}

fn happened_at(record: &UpdateRecord, known: Option<Update<'_>>, reported_at: Timestamp) -> Timestamp {
    let installs = record.state.starts_with("Installed");
    match record.installed_at.filter(|_| installs) {
        // With an unchanged install time, the state changed for another reason than an installation, such as a reboot.
        Some(installed) if known.is_none_or(|known| known.installed_at != Some(installed)) => whole_second(installed),
        _ => reported_at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reported::sample as reported;
    use muster_core::snapshot::PatchRecord;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    fn compared<'a>(
        stored: &[StoredUpdate<'a>],
        reported: Vec<(i64, &'a UpdateRecord)>,
        operation_end_at: Option<i64>,
        seen_at: i64,
    ) -> Difference<'a> {
        difference(stored.to_vec(), &Reported::new(reported), operation_end_at.map(at), None, at(seen_at))
    }

    /// Returns the stored rows after `record` was reported for the first time.
    fn seen(record: &UpdateRecord, moment: i64) -> Vec<StoredUpdate<'_>> {
        stored(compared(&[], vec![(1, record)], Some(moment), moment).rows)
    }

    fn stored(rows: Vec<Update<'_>>) -> Vec<StoredUpdate<'_>> {
        rows.into_iter().map(|update| StoredUpdate { row_id: 0, update }).collect()
    }

    #[test]
    fn an_identical_scan_writes_nothing() {
        let same = reported("Missing", None);
        let stored = seen(&same, 100);
        let result = compared(&stored, vec![(1, &same)], Some(200), 210);
        assert_eq!(result, Difference::default());
    }

    #[test]
    fn an_installation_happened_when_it_was_installed() {
        let known = reported("Missing", None);
        let stored = seen(&known, 100);
        let installed = reported("Installed", Some(150));
        let result = compared(&stored, vec![(1, &installed)], Some(200), 210);
        let [transition] = result.transitions.as_slice() else { panic!("one transition") };
        assert_eq!((transition.from_state, transition.to_state), (Some("Missing"), Some("Installed")));
        assert_eq!(transition.happened_at, at(150));
        let row = &result.rows[0];
        assert_eq!((row.first_seen_at, row.changed_at), (at(100), at(210)));
    }

    #[test]
    fn a_failure_happened_when_the_operation_ended() {
        let known = reported("Missing", None);
        let stored = seen(&known, 100);
        let failed = reported("Failed", None);
        let result = compared(&stored, vec![(1, &failed)], Some(200), 210);
        assert_eq!(result.transitions[0].happened_at, at(200));
    }

    #[test]
    fn a_reboot_does_not_repeat_the_install_time() {
        let known = reported("InstalledPendingReboot", Some(90));
        let stored = seen(&known, 100);
        let booted = reported("Installed", Some(90));
        let result = compared(&stored, vec![(1, &booted)], Some(200), 210);
        assert_eq!(result.transitions[0].happened_at, at(200));
    }

    #[test]
    fn an_update_that_is_no_longer_reported_leaves_a_transition() {
        let known = reported("Installed", Some(90));
        let stored = seen(&known, 100);
        let result = compared(&stored, Vec::new(), Some(200), 210);
        assert_eq!(result.transitions[0].to_state, None);
        assert!(result.rows.is_empty());
        assert_eq!(result.removed, stored);
    }

    #[test]
    fn pairs_updates_by_patch_in_any_order() {
        let (same, new) = (reported("Installed", Some(90)), reported("Missing", None));
        let with_key = |patch_key| Update { patch_key, ..seen(&same, 100)[0].update };
        let stored = stored([5, 1, 3].map(with_key).to_vec());
        let result = compared(&stored, vec![(4, &new), (3, &same)], Some(200), 210);
        let transitions: Vec<_> = result.transitions.iter().map(|row| (row.patch_key, row.to_state)).collect();
        assert_eq!(transitions, [(1, None), (4, Some("Missing")), (5, None)]);
        assert_eq!(result.removed.iter().map(|row| row.update.patch_key).collect::<Vec<_>>(), [1, 5]);
        let new: Vec<_> = result.rows.iter().map(|row| (row.patch_key, row.first_seen_at)).collect();
        assert_eq!(new, [(4, at(210))]);
    }

    #[test]
    fn archives_rows_that_were_valid_at_the_end_of_an_earlier_day() {
        const DAY: i64 = 24 * 60 * 60;
        let (missing, installed) = (reported("Missing", None), reported("Installed", Some(150)));
        let stored = seen(&missing, 100);
        let past = |reported, seen_at| {
            let result = compared(&stored, reported, Some(200), seen_at);
            result.past(day_of(at(seen_at))).map(|row| row.state).collect::<Vec<_>>()
        };
        assert!(past(vec![(1, &installed)], 210).is_empty());
        assert_eq!(past(vec![(1, &installed)], 210 + DAY), ["Missing"]);
        assert_eq!(past(Vec::new(), 210 + DAY), ["Missing"]);
        let next_day = compared(&stored, vec![(1, &installed)], Some(200), 210 + DAY);
        assert_eq!(next_day.rows[0].from_day, day_of(at(DAY)));
    }

    #[test]
    fn a_patch_reported_twice_counts_once() {
        let (first, second) = (reported("Missing", None), reported("Installed", Some(5)));
        let result = compared(&[], vec![(1, &first), (1, &second)], None, 10);
        assert_eq!(result.transitions.len(), 1);
        assert_eq!(result.transitions[0].to_state, Some("Missing"));
    }

    /// Returns the `pending_since` of the stored update and of the last transition after several scans of one patch.
    fn after(scans: &[(&UpdateRecord, i64)]) -> (Option<Timestamp>, Option<Timestamp>) {
        let (mut kept, mut left) = (Vec::new(), None);
        for (record, moment) in scans {
            let result = compared(&kept, vec![(1, record)], Some(*moment), moment + 10);
            left = result.transitions.first().and_then(|transition| transition.pending_since);
            if !result.rows.is_empty() {
                kept = stored(result.rows);
            }
        }
        (kept[0].update.pending_since, left)
    }

    #[test]
    fn a_failed_installation_does_not_reset_pending_since() {
        let (missing, failed) = (reported("Missing", None), reported("Failed", None));
        assert_eq!(after(&[(&missing, 100)]), (Some(at(100)), None));
        assert_eq!(after(&[(&missing, 100), (&missing, 150), (&failed, 200)]), (Some(at(100)), None));
        assert_eq!(after(&[(&missing, 100), (&failed, 200), (&missing, 300)]), (Some(at(100)), None));
    }

    #[test]
    fn an_installation_records_pending_since_and_clears_it() {
        let (missing, failed, installed) =
            (reported("Missing", None), reported("Failed", None), reported("Installed", Some(250)));
        assert_eq!(after(&[(&missing, 100), (&failed, 200), (&installed, 300)]), (None, Some(at(100))));
        assert_eq!(after(&[(&installed, 300)]), (None, None));
        assert_eq!(after(&[(&missing, 100), (&installed, 300), (&missing, 400)]), (Some(at(400)), None));
    }

    #[test]
    fn an_update_that_disappears_while_pending_records_since_when() {
        let known = reported("Missing", None);
        let stored = seen(&known, 100);
        let result = compared(&stored, Vec::new(), Some(200), 210);
        assert_eq!(result.transitions[0].pending_since, Some(at(100)));
        let known = reported("Installed", Some(90));
        let stored = seen(&known, 100);
        let result = compared(&stored, Vec::new(), Some(200), 210);
        assert_eq!(result.transitions[0].pending_since, None);
    }

    #[test]
    fn an_update_keeps_the_operation_that_last_lacked_it() {
        let (missing, failed) = (reported("Missing", None), reported("Failed", None));
        let after = |stored: &[StoredUpdate<'_>], record, absent_at: Option<i64>, moment| {
            let reported = Reported::new(vec![(1, record)]);
            difference(stored.to_vec(), &reported, Some(at(moment)), absent_at.map(at), at(moment)).rows[0].absent_at
        };
        assert_eq!(after(&[], &missing, None, 100), None, "nothing was known before");
        assert_eq!(after(&[], &missing, Some(90), 100), Some(at(90)));
        let mut known = seen(&missing, 100);
        known[0].update.absent_at = Some(at(90));
        assert_eq!(after(&known, &failed, Some(100), 200), Some(at(90)), "it is not new");
    }

    #[test]
    fn a_new_severity_is_stored_without_a_transition() {
        let missing = reported("Missing", None);
        let stored = seen(&missing, 100);
        let patch = PatchRecord { severity: "Critical".into(), ..(*missing.patch).clone() };
        let rated = UpdateRecord { patch: patch.into(), ..missing.clone() };
        let result = compared(&stored, vec![(1, &rated)], Some(200), 210);
        assert!(result.transitions.is_empty());
        assert_eq!(result.rows[0].severity, "Critical");
    }
}
