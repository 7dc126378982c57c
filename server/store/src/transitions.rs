//! What changed between an instance's updates as stored and as just reported. A pure function.

use super::{
    reported::Reported,
    value::{day_of, whole_second},
};
use jiff::{Timestamp, civil::Date};
use muster_core::snapshot::UpdateRecord;
use muster_metrics::definitions::is_pending;

/// One stored update of one instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredUpdate<'a> {
    pub row_id: i64,
    pub patch_key: i64,
    pub state: &'a str,
    pub classification: &'a str,
    pub severity: &'a str,
    pub installed_at: Option<Timestamp>,
    pub cve_ids: &'a str,
    pub first_seen_at: Timestamp,
    pub changed_at: Timestamp,
    pub from_day: Date,
    pub pending_since: Option<Timestamp>,
}

/// One change of one update's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition<'a> {
    pub patch_key: i64,
    pub from_state: Option<&'a str>,
    pub to_state: Option<&'a str>,
    pub happened_at: Timestamp,
    pub classification: &'a str,
    pub severity: &'a str,
    /// Of an update that is no longer pending: since when it was.
    pub pending_since: Option<Timestamp>,
}

/// One update to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept<'a> {
    pub patch_key: i64,
    pub update: &'a UpdateRecord,
    pub first_seen_at: Timestamp,
    pub changed_at: Timestamp,
    pub from_day: Date,
    /// Since when it is Missing or Failed, whichever of the two; nothing when it is neither.
    pub pending_since: Option<Timestamp>,
}

/// What has to be written, in the order of patches.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Difference<'a> {
    /// Updates that are new, or of which anything is.
    pub rows: Vec<Kept<'a>>,
    /// Stored rows that no longer hold.
    pub gone: Vec<StoredUpdate<'a>>,
    pub transitions: Vec<Transition<'a>>,
}

/// Compares.
///
/// A change happened when the update was installed, if that is what it says and the time is later than what we knew;
/// otherwise when the patch operation ended; otherwise when we saw it. Times are whole seconds.
pub fn difference<'a>(
    mut stored: Vec<StoredUpdate<'a>>,
    reported: &Reported<'a>,
    operation_end_at: Option<Timestamp>,
    seen_at: Timestamp,
) -> Difference<'a> {
    let today = day_of(seen_at);
    let seen_at = whole_second(seen_at);
    let reported_at = operation_end_at.map_or(seen_at, whole_second);
    stored.sort_unstable_by_key(|row| row.patch_key);
    let mut differs = Difference::default();
    let withdrawn = |known: StoredUpdate<'a>, differs: &mut Difference<'a>| {
        differs.transitions.push(Transition {
            patch_key: known.patch_key,
            from_state: Some(known.state),
            to_state: None,
            happened_at: reported_at,
            classification: known.classification,
            severity: known.severity,
            pending_since: known.pending_since,
        });
        differs.gone.push(known);
    };
    let mut before = stored.into_iter().peekable();
    for &(patch_key, update) in reported.updates() {
        while let Some(known) = before.next_if(|known| known.patch_key < patch_key) {
            withdrawn(known, &mut differs);
        }
        let known = before.next_if(|known| known.patch_key == patch_key);
        if known.is_some_and(|known| known.says(update)) {
            continue;
        }
        let same_state = known.filter(|known| *known.state == *update.state);
        let happened_at = happened_at(update, known, reported_at);
        let since = known.and_then(|known| known.pending_since);
        let pending_since = is_pending(&update.state).then(|| since.unwrap_or(happened_at));
        if same_state.is_none() {
            differs.transitions.push(Transition {
                patch_key,
                from_state: known.map(|known| known.state),
                to_state: Some(&update.state),
                happened_at,
                classification: &update.patch.classification,
                severity: &update.patch.severity,
                pending_since: since.filter(|_| pending_since.is_none()),
            });
        }
        differs.gone.extend(known);
        differs.rows.push(Kept {
            patch_key,
            update,
            first_seen_at: known.map_or(seen_at, |known| known.first_seen_at),
            changed_at: same_state.map_or(seen_at, |known| known.changed_at),
            from_day: today,
            pending_since,
        });
    }
    for known in before {
        withdrawn(known, &mut differs);
    }
    differs
}

impl<'a> Difference<'a> {
    /// Rows that no longer hold and held at the end of an earlier day.
    pub fn past(&self, today: Date) -> impl Iterator<Item = &StoredUpdate<'a>> {
        self.gone.iter().filter(move |row| row.from_day < today)
    }
}

impl StoredUpdate<'_> {
    /// Whether a row says just this.
    fn says(&self, update: &UpdateRecord) -> bool {
        let patch = &update.patch;
        (self.state, self.classification, self.severity, self.installed_at, self.cve_ids)
            == (&*update.state, &*patch.classification, &*patch.severity, update.installed_at, &*patch.cve_ids)
    }
}

fn happened_at(record: &UpdateRecord, known: Option<StoredUpdate<'_>>, reported_at: Timestamp) -> Timestamp {
    let installs = record.state.starts_with("Installed");
    match record.installed_at.filter(|_| installs) {
        // An old install time under a new state tells when it was installed, not when the state changed.
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
        difference(stored.to_vec(), &Reported::new(reported), operation_end_at.map(at), at(seen_at))
    }

    /// What is stored after a first sight of `record`.
    fn seen(record: &UpdateRecord, moment: i64) -> Vec<StoredUpdate<'_>> {
        stored(compared(&[], vec![(1, record)], Some(moment), moment).rows)
    }

    fn stored(rows: Vec<Kept<'_>>) -> Vec<StoredUpdate<'_>> {
        rows.into_iter().map(stored_row).collect()
    }

    fn stored_row(row: Kept<'_>) -> StoredUpdate<'_> {
        StoredUpdate {
            row_id: 0,
            patch_key: row.patch_key,
            state: &row.update.state,
            classification: &row.update.patch.classification,
            severity: &row.update.patch.severity,
            installed_at: row.update.installed_at,
            cve_ids: &row.update.patch.cve_ids,
            first_seen_at: row.first_seen_at,
            changed_at: row.changed_at,
            from_day: row.from_day,
            pending_since: row.pending_since,
        }
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
    fn what_is_no_longer_reported_leaves_a_transition() {
        let known = reported("Installed", Some(90));
        let stored = seen(&known, 100);
        let result = compared(&stored, Vec::new(), Some(200), 210);
        assert_eq!(result.transitions[0].to_state, None);
        assert!(result.rows.is_empty());
        assert_eq!(result.gone, stored);
    }

    #[test]
    fn what_comes_and_goes_is_told_apart_whatever_the_order() {
        let (same, new) = (reported("Installed", Some(90)), reported("Missing", None));
        let stored: Vec<StoredUpdate<'_>> =
            [5, 1, 3].into_iter().map(|patch_key| StoredUpdate { patch_key, ..seen(&same, 100).remove(0) }).collect();
        let result = compared(&stored, vec![(4, &new), (3, &same)], Some(200), 210);
        let transitions: Vec<_> = result.transitions.iter().map(|row| (row.patch_key, row.to_state)).collect();
        assert_eq!(transitions, [(1, None), (4, Some("Missing")), (5, None)]);
        assert_eq!(result.gone.iter().map(|row| row.patch_key).collect::<Vec<_>>(), [1, 5]);
        let new: Vec<_> = result.rows.iter().map(|row| (row.patch_key, row.first_seen_at)).collect();
        assert_eq!(new, [(4, at(210))]);
    }

    #[test]
    fn what_held_at_the_end_of_an_earlier_day_is_past() {
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

    /// The updates of one patch as stored after one scan after another, and what the last of them left behind.
    fn after(scans: &[(&UpdateRecord, i64)]) -> (Option<Timestamp>, Option<Timestamp>) {
        let (mut kept, mut left) = (Vec::new(), None);
        for (record, moment) in scans {
            let result = compared(&kept, vec![(1, record)], Some(*moment), moment + 10);
            left = result.transitions.first().and_then(|transition| transition.pending_since);
            if !result.rows.is_empty() {
                kept = stored(result.rows);
            }
        }
        (kept[0].pending_since, left)
    }

    #[test]
    fn a_failed_installation_does_not_start_the_clock_anew() {
        let (missing, failed) = (reported("Missing", None), reported("Failed", None));
        assert_eq!(after(&[(&missing, 100)]), (Some(at(100)), None));
        assert_eq!(after(&[(&missing, 100), (&missing, 150), (&failed, 200)]), (Some(at(100)), None));
        assert_eq!(after(&[(&missing, 100), (&failed, 200), (&missing, 300)]), (Some(at(100)), None));
    }

    #[test]
    fn what_is_installed_says_since_when_it_was_pending_and_starts_anew_when_it_goes_missing_again() {
        let (missing, failed, installed) =
            (reported("Missing", None), reported("Failed", None), reported("Installed", Some(250)));
        assert_eq!(after(&[(&missing, 100), (&failed, 200), (&installed, 300)]), (None, Some(at(100))));
        assert_eq!(after(&[(&installed, 300)]), (None, None));
        assert_eq!(after(&[(&missing, 100), (&installed, 300), (&missing, 400)]), (Some(at(400)), None));
    }

    #[test]
    fn what_goes_away_while_it_is_pending_says_since_when() {
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
    fn a_new_severity_is_stored_without_a_transition() {
        let missing = reported("Missing", None);
        let stored = seen(&missing, 100);
        let patch = PatchRecord { severity: "Critical".into(), ..(*missing.patch).clone() };
        let rated = UpdateRecord { patch: patch.into(), ..missing.clone() };
        let result = compared(&stored, vec![(1, &rated)], Some(200), 210);
        assert!(result.transitions.is_empty());
        assert_eq!(result.rows[0].update.patch.severity, "Critical");
    }
}
