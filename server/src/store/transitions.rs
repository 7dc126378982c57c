//! What changed between an instance's updates as stored and as just reported. A pure function.

use crate::collect::snapshot::UpdateRecord;
use jiff::Timestamp;
use std::collections::HashMap;

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
}

/// One change of one update's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    pub patch_key: i64,
    pub from_state: Option<String>,
    pub to_state: Option<String>,
    pub happened_at: Timestamp,
    pub classification: String,
    pub severity: String,
}

/// The rows to keep in place of the stored ones, and what changed. Rows are `None` when nothing at all did.
#[derive(Debug, PartialEq, Eq)]
pub struct Difference {
    pub rows: Option<Vec<StoredUpdate>>,
    pub transitions: Vec<Transition>,
}

/// Compares. `reported` pairs each row with its patch key; a patch reported twice counts once, its first row standing.
///
/// A change happened when the update was installed, if that is what it says and the time is later than what we knew;
/// otherwise when the patch operation ended; otherwise when we saw it.
pub fn difference(
    stored: Vec<StoredUpdate>,
    reported: Vec<(i64, UpdateRecord)>,
    operation_end_at: Option<Timestamp>,
    seen_at: Timestamp,
) -> Difference {
    let reported_at = operation_end_at.unwrap_or(seen_at);
    let mut before: HashMap<i64, StoredUpdate> = stored.into_iter().map(|row| (row.patch_key, row)).collect();
    let mut taken = std::collections::HashSet::new();
    let mut rows = Vec::with_capacity(reported.len());
    let mut transitions = Vec::new();
    let mut differs = false;
    for (patch_key, record) in reported {
        if !taken.insert(patch_key) {
            continue;
        }
        let known = before.remove(&patch_key);
        let changed = known.as_ref().is_none_or(|known| known.state != record.state);
        if changed {
            transitions.push(Transition {
                patch_key,
                from_state: known.as_ref().map(|known| known.state.clone()),
                to_state: Some(record.state.clone()),
                happened_at: happened_at(&record, known.as_ref(), reported_at),
                classification: record.classification.clone(),
                severity: record.severity.clone(),
            });
        }
        let row = StoredUpdate {
            patch_key,
            first_seen_at: known.as_ref().map_or(seen_at, |known| known.first_seen_at),
            changed_at: known.as_ref().filter(|_| !changed).map_or(seen_at, |known| known.changed_at),
            state: record.state,
            classification: record.classification,
            severity: record.severity,
            installed_at: record.installed_at,
            cve_ids: record.cve_ids,
        };
        differs |= known.as_ref() != Some(&row);
        rows.push(row);
    }
    let mut gone: Vec<StoredUpdate> = before.into_values().collect();
    gone.sort_by_key(|row| row.patch_key);
    differs |= !gone.is_empty();
    transitions.extend(gone.into_iter().map(|known| Transition {
        patch_key: known.patch_key,
        from_state: Some(known.state),
        to_state: None,
        happened_at: reported_at,
        classification: known.classification,
        severity: known.severity,
    }));
    Difference { rows: differs.then_some(rows), transitions }
}

fn happened_at(record: &UpdateRecord, known: Option<&StoredUpdate>, reported_at: Timestamp) -> Timestamp {
    let installs = record.state.starts_with("Installed");
    match record.installed_at.filter(|_| installs) {
        // An old install time under a new state tells when it was installed, not when the state changed.
        Some(installed) if known.is_none_or(|known| known.installed_at != Some(installed)) => installed,
        _ => reported_at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    fn reported(state: &str, installed_at: Option<i64>) -> UpdateRecord {
        UpdateRecord {
            title: "openssl.x86_64:1:3.0.7-28.el9_4".into(),
            kb_id: "openssl.x86_64".into(),
            classification: "Security".into(),
            severity: "Important".into(),
            state: state.into(),
            installed_at: installed_at.map(at),
            cve_ids: String::new(),
        }
    }

    /// The state after a first sight of `record`.
    fn seen(record: UpdateRecord, moment: i64) -> Vec<StoredUpdate> {
        difference(Vec::new(), vec![(1, record)], Some(at(moment)), at(moment)).rows.expect("a row")
    }

    #[test]
    fn an_identical_scan_writes_nothing() {
        let stored = seen(reported("Missing", None), 100);
        let same = difference(stored, vec![(1, reported("Missing", None))], Some(at(200)), at(210));
        assert_eq!(same, Difference { rows: None, transitions: Vec::new() });
    }

    #[test]
    fn an_installation_happened_when_it_was_installed() {
        let stored = seen(reported("Missing", None), 100);
        let result = difference(stored, vec![(1, reported("Installed", Some(150)))], Some(at(200)), at(210));
        let [transition] = result.transitions.as_slice() else { panic!("one transition") };
        assert_eq!(transition.from_state.as_deref(), Some("Missing"));
        assert_eq!(transition.to_state.as_deref(), Some("Installed"));
        assert_eq!(transition.happened_at, at(150));
        let row = &result.rows.expect("rows")[0];
        assert_eq!((row.first_seen_at, row.changed_at), (at(100), at(210)));
    }

    #[test]
    fn a_failure_happened_when_the_operation_ended() {
        let stored = seen(reported("Missing", None), 100);
        let result = difference(stored, vec![(1, reported("Failed", None))], Some(at(200)), at(210));
        assert_eq!(result.transitions[0].happened_at, at(200));
    }

    #[test]
    fn a_reboot_does_not_repeat_the_install_time() {
        let stored = seen(reported("InstalledPendingReboot", Some(90)), 100);
        let result = difference(stored, vec![(1, reported("Installed", Some(90)))], Some(at(200)), at(210));
        assert_eq!(result.transitions[0].happened_at, at(200));
    }

    #[test]
    fn what_is_no_longer_reported_leaves_a_transition() {
        let stored = seen(reported("Installed", Some(90)), 100);
        let result = difference(stored, Vec::new(), Some(at(200)), at(210));
        assert_eq!(result.transitions[0].to_state, None);
        assert_eq!(result.rows, Some(Vec::new()));
    }

    #[test]
    fn a_patch_reported_twice_counts_once() {
        let rows = vec![(1, reported("Missing", None)), (1, reported("Installed", Some(5)))];
        let result = difference(Vec::new(), rows, None, at(10));
        assert_eq!(result.transitions.len(), 1);
        assert_eq!(result.transitions[0].to_state.as_deref(), Some("Missing"));
    }

    #[test]
    fn a_new_severity_is_stored_without_a_transition() {
        let stored = seen(reported("Missing", None), 100);
        let rated = UpdateRecord { severity: "Critical".into(), ..reported("Missing", None) };
        let result = difference(stored, vec![(1, rated)], Some(at(200)), at(210));
        assert!(result.transitions.is_empty());
        assert_eq!(result.rows.expect("rows")[0].severity, "Critical");
    }
}
