//! What changed between an instance's updates as stored and as just reported. A pure function.

use super::value::{day_of, whole_second};
use crate::collect::snapshot::UpdateRecord;
use jiff::{Timestamp, civil::Date};

/// One stored update of one instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredUpdate {
    pub patch_key: i64,
    pub state: String,
    pub classification: String,
    pub severity: String,
    pub installed_at: Option<Timestamp>,
    pub cve_ids: String,
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

/// The rows to keep in place of the stored ones, and what changed. Rows are `None` when nothing at all did.
#[derive(Debug, PartialEq, Eq)]
pub struct Difference<'a> {
    pub rows: Option<Vec<Kept<'a>>>,
    /// Stored rows that no longer hold and held at the end of an earlier day.
    pub past: Vec<&'a StoredUpdate>,
    pub transitions: Vec<Transition<'a>>,
}

/// Compares. `reported` pairs each row with its patch key; a patch reported twice counts once, its first row standing.
/// Both sides are put into the order of these keys, and so is what comes out.
///
/// A change happened when the update was installed, if that is what it says and the time is later than what we knew;
/// otherwise when the patch operation ended; otherwise when we saw it. Times are whole seconds.
pub fn difference<'a>(
    stored: &'a mut [StoredUpdate],
    mut reported: Vec<(i64, &'a UpdateRecord)>,
    operation_end_at: Option<Timestamp>,
    seen_at: Timestamp,
) -> Difference<'a> {
    let today = day_of(seen_at);
    let seen_at = whole_second(seen_at);
    let reported_at = operation_end_at.map_or(seen_at, whole_second);
    stored.sort_unstable_by_key(|row| row.patch_key);
    let stored: &'a [StoredUpdate] = stored;
    reported.sort_by_key(|(patch_key, _)| *patch_key);
    reported.dedup_by_key(|(patch_key, _)| *patch_key);
    let mut rows = Vec::with_capacity(reported.len());
    let mut transitions = Vec::new();
    let mut past = Vec::new();
    let mut before = stored.iter().peekable();
    let mut differs = false;
    let gone = |known: &'a StoredUpdate| Transition {
        patch_key: known.patch_key,
        from_state: Some(&known.state),
        to_state: None,
        happened_at: reported_at,
        classification: &known.classification,
        severity: &known.severity,
        pending_since: known.pending_since,
    };
    for (patch_key, update) in reported {
        while let Some(known) = before.next_if(|known| known.patch_key < patch_key) {
            transitions.push(gone(known));
            past.push(known);
        }
        let known = before.next_if(|known| known.patch_key == patch_key);
        let changed = known.is_none_or(|known| *known.state != *update.state);
        let happened_at = happened_at(update, known, reported_at);
        let since = known.and_then(|known| known.pending_since);
        let pending_since = is_pending(&update.state).then(|| since.unwrap_or(happened_at));
        if changed {
            transitions.push(Transition {
                patch_key,
                from_state: known.map(|known| known.state.as_str()),
                to_state: Some(&update.state),
                happened_at,
                classification: &update.patch.classification,
                severity: &update.patch.severity,
                pending_since: since.filter(|_| pending_since.is_none()),
            });
        }
        let same = known.filter(|known| !changed && known.says(update));
        differs |= same.is_none();
        past.extend(known.filter(|_| same.is_none()));
        rows.push(Kept {
            patch_key,
            update,
            first_seen_at: known.map_or(seen_at, |known| known.first_seen_at),
            changed_at: known.filter(|_| !changed).map_or(seen_at, |known| known.changed_at),
            from_day: same.map_or(today, |known| known.from_day),
            pending_since,
        });
    }
    for known in before {
        transitions.push(gone(known));
        past.push(known);
    }
    past.retain(|known| known.from_day < today);
    differs |= rows.len() < stored.len();
    Difference { rows: differs.then_some(rows), past, transitions }
}

impl StoredUpdate {
    /// Whether a row says just this.
    fn says(&self, update: &UpdateRecord) -> bool {
        let patch = &update.patch;
        (&*self.state, &self.classification, &self.severity, self.installed_at, &self.cve_ids)
            == (&*update.state, &patch.classification, &patch.severity, update.installed_at, &patch.cve_ids)
    }
}

/// Missing and Failed: what is left uninstalled fails with each try, and is as missing as before.
fn is_pending(state: &str) -> bool {
    matches!(state, "Missing" | "Failed")
}

fn happened_at(record: &UpdateRecord, known: Option<&StoredUpdate>, reported_at: Timestamp) -> Timestamp {
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
    use crate::collect::snapshot::PatchRecord;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    fn reported(state: &str, installed_at: Option<i64>) -> UpdateRecord {
        let patch = PatchRecord {
            title: "openssl.x86_64:1:3.0.7-28.el9_4".into(),
            kb_id: "openssl.x86_64".into(),
            classification: "Security".into(),
            severity: "Important".into(),
            cve_ids: String::new(),
        };
        UpdateRecord { patch: patch.into(), state: state.into(), installed_at: installed_at.map(at) }
    }

    /// What is stored after a first sight of `record`.
    fn seen(record: &UpdateRecord, moment: i64) -> Vec<StoredUpdate> {
        let first = difference(&mut [], vec![(1, record)], Some(at(moment)), at(moment));
        let row = |row: Kept<'_>| StoredUpdate {
            patch_key: row.patch_key,
            state: row.update.state.to_string(),
            classification: row.update.patch.classification.clone(),
            severity: row.update.patch.severity.clone(),
            installed_at: row.update.installed_at,
            cve_ids: row.update.patch.cve_ids.clone(),
            first_seen_at: row.first_seen_at,
            changed_at: row.changed_at,
            from_day: row.from_day,
            pending_since: row.pending_since,
        };
        first.rows.expect("a row").into_iter().map(row).collect()
    }

    #[test]
    fn an_identical_scan_writes_nothing() {
        let same = reported("Missing", None);
        let mut stored = seen(&same, 100);
        let result = difference(&mut stored, vec![(1, &same)], Some(at(200)), at(210));
        assert_eq!(result, Difference { rows: None, past: Vec::new(), transitions: Vec::new() });
    }

    #[test]
    fn an_installation_happened_when_it_was_installed() {
        let mut stored = seen(&reported("Missing", None), 100);
        let installed = reported("Installed", Some(150));
        let result = difference(&mut stored, vec![(1, &installed)], Some(at(200)), at(210));
        let [transition] = result.transitions.as_slice() else { panic!("one transition") };
        assert_eq!((transition.from_state, transition.to_state), (Some("Missing"), Some("Installed")));
        assert_eq!(transition.happened_at, at(150));
        let row = &result.rows.expect("rows")[0];
        assert_eq!((row.first_seen_at, row.changed_at), (at(100), at(210)));
    }

    #[test]
    fn a_failure_happened_when_the_operation_ended() {
        let mut stored = seen(&reported("Missing", None), 100);
        let failed = reported("Failed", None);
        let result = difference(&mut stored, vec![(1, &failed)], Some(at(200)), at(210));
        assert_eq!(result.transitions[0].happened_at, at(200));
    }

    #[test]
    fn a_reboot_does_not_repeat_the_install_time() {
        let mut stored = seen(&reported("InstalledPendingReboot", Some(90)), 100);
        let booted = reported("Installed", Some(90));
        let result = difference(&mut stored, vec![(1, &booted)], Some(at(200)), at(210));
        assert_eq!(result.transitions[0].happened_at, at(200));
    }

    #[test]
    fn what_is_no_longer_reported_leaves_a_transition() {
        let mut stored = seen(&reported("Installed", Some(90)), 100);
        let result = difference(&mut stored, Vec::new(), Some(at(200)), at(210));
        assert_eq!(result.transitions[0].to_state, None);
        assert_eq!(result.rows, Some(Vec::new()));
    }

    #[test]
    fn what_comes_and_goes_is_told_apart_whatever_the_order() {
        let (same, new) = (reported("Installed", Some(90)), reported("Missing", None));
        let mut stored: Vec<StoredUpdate> =
            [5, 1, 3].into_iter().map(|patch_key| StoredUpdate { patch_key, ..seen(&same, 100).remove(0) }).collect();
        let result = difference(&mut stored, vec![(4, &new), (3, &same)], Some(at(200)), at(210));
        let transitions: Vec<_> = result.transitions.iter().map(|row| (row.patch_key, row.to_state)).collect();
        assert_eq!(transitions, [(1, None), (4, Some("Missing")), (5, None)]);
        let kept: Vec<_> = result.rows.expect("rows").iter().map(|row| (row.patch_key, row.first_seen_at)).collect();
        assert_eq!(kept, [(3, at(100)), (4, at(210))]);
    }

    #[test]
    fn what_held_at_the_end_of_an_earlier_day_is_past() {
        const DAY: i64 = 24 * 60 * 60;
        let (missing, installed) = (reported("Missing", None), reported("Installed", Some(150)));
        let mut stored = seen(&missing, 100);
        let same_day = difference(&mut stored, vec![(1, &installed)], Some(at(200)), at(210));
        assert!(same_day.past.is_empty());
        let mut stored = seen(&missing, 100);
        let next_day = difference(&mut stored, vec![(1, &installed)], Some(at(200)), at(210 + DAY));
        assert_eq!(next_day.past.iter().map(|row| &*row.state).collect::<Vec<_>>(), ["Missing"]);
        assert_eq!(next_day.rows.expect("rows")[0].from_day, day_of(at(DAY)));
        let mut stored = seen(&missing, 100);
        let gone = difference(&mut stored, Vec::new(), None, at(210 + DAY));
        assert_eq!(gone.past.len(), 1);
    }

    #[test]
    fn a_patch_reported_twice_counts_once() {
        let (first, second) = (reported("Missing", None), reported("Installed", Some(5)));
        let result = difference(&mut [], vec![(1, &first), (1, &second)], None, at(10));
        assert_eq!(result.transitions.len(), 1);
        assert_eq!(result.transitions[0].to_state, Some("Missing"));
    }

    /// The updates of one patch as stored after one scan after another, and what the last of them left behind.
    fn after(scans: &[(&UpdateRecord, i64)]) -> (Option<Timestamp>, Option<Timestamp>) {
        let mut stored = Vec::new();
        let mut left = None;
        for (record, moment) in scans {
            let result = difference(&mut stored, vec![(1, record)], Some(at(*moment)), at(moment + 10));
            left = result.transitions.first().and_then(|transition| transition.pending_since);
            let pending_since = result.rows.map(|rows| rows[0].pending_since);
            let first = stored.first().map(|row: &StoredUpdate| row.pending_since);
            let pending_since = pending_since.or(first).expect("a row");
            stored = vec![StoredUpdate { pending_since, ..seen(record, *moment).remove(0) }];
        }
        (stored[0].pending_since, left)
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
        let mut stored = seen(&reported("Missing", None), 100);
        let result = difference(&mut stored, Vec::new(), Some(at(200)), at(210));
        assert_eq!(result.transitions[0].pending_since, Some(at(100)));
        let mut stored = seen(&reported("Installed", Some(90)), 100);
        let result = difference(&mut stored, Vec::new(), Some(at(200)), at(210));
        assert_eq!(result.transitions[0].pending_since, None);
    }

    #[test]
    fn a_new_severity_is_stored_without_a_transition() {
        let missing = reported("Missing", None);
        let mut stored = seen(&missing, 100);
        let patch = PatchRecord { severity: "Critical".into(), ..(*missing.patch).clone() };
        let rated = UpdateRecord { patch: patch.into(), ..missing };
        let result = difference(&mut stored, vec![(1, &rated)], Some(at(200)), at(210));
        assert!(result.transitions.is_empty());
        assert_eq!(result.rows.expect("rows")[0].update.patch.severity, "Critical");
    }
}
