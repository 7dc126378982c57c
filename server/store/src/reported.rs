//! The updates of one instance as AWS reports them after a patch operation.

use jiff::Timestamp;
use muster_core::snapshot::UpdateRecord;
use muster_model::{severity::SeverityBand, update::UpdateState};
use sha2::{Digest, Sha256};
use std::cmp::Reverse;

/// Reported updates with their patch keys, in the order of keys. Of a patch that is reported more than once, the row that
/// needs most work counts, then the newest, whatever the order of the rows.
#[derive(Debug)]
pub struct Reported<'a>(Vec<(i64, &'a UpdateRecord)>);

impl<'a> Reported<'a> {
    pub fn new(mut updates: Vec<(i64, &'a UpdateRecord)>) -> Self {
        updates.sort_unstable_by(|(key, update), (other_key, other)| {
            key.cmp(other_key).then_with(|| rank(update).cmp(&rank(other)))
        });
        updates.dedup_by_key(|(patch_key, _)| *patch_key);
        Self(updates)
    }

    pub fn updates(&self) -> &[(i64, &'a UpdateRecord)] {
        &self.0
    }

    /// Hashes the report, independent of the order of its rows. Most reports equal the last one, in which case the
    /// stored updates need not be read.
    pub fn hash(&self) -> i64 {
        let mut bytes = Vec::with_capacity(self.0.len() * BYTES_PER_UPDATE);
        for (patch_key, update) in &self.0 {
            let installed_at = update.installed_at.map_or(i64::MIN, Timestamp::as_microsecond);
            bytes.extend([*patch_key, installed_at].map(i64::to_le_bytes).as_flattened());
            for text in
                [&update.state, update.patch.classification.as_str(), &update.patch.severity, &update.patch.cve_ids]
            {
                bytes.extend(text.len().to_le_bytes());
                bytes.extend(text.bytes());
            }
        }
        let digest: [u8; 32] = Sha256::digest(bytes).into();
        digest.first_chunk().map_or(0, |first| i64::from_le_bytes(*first))
    }
}

/// Orders the rows of one patch: the one that counts first. Equal ranks are equal rows.
fn rank(update: &UpdateRecord) -> impl Ord {
    let UpdateRecord { patch, state, installed_at } = update;
    let severity = SeverityBand::of(&patch.severity);
    (
        UpdateState::parse(state),
        Reverse(*installed_at),
        severity,
        patch.severity.clone(),
        patch.classification.clone(),
        patch.cve_ids.clone(),
    )
}

/// The approximate size of one update in the hashed bytes.
const BYTES_PER_UPDATE: usize = 128;

/// An update for tests.
#[cfg(test)]
pub fn sample(state: &str, installed_at: Option<i64>) -> UpdateRecord {
    let patch = muster_core::snapshot::PatchRecord {
        title: "openssl.x86_64:1:3.0.7-28.el9_4".into(),
        kb_id: "openssl.x86_64".into(),
        classification: "Security".into(),
        severity: "Important".into(),
        cve_ids: String::new(),
    };
    let at = |second| Timestamp::from_second(second).expect("in range");
    UpdateRecord { patch: patch.into(), state: state.into(), installed_at: installed_at.map(at) }
}

#[cfg(test)]
mod tests {
    use super::{sample as update, *};
    use muster_core::snapshot::PatchRecord;

    /// Returns all orders of the elements.
    fn permutations<T: Copy>(of: &[T]) -> Vec<Vec<T>> {
        if of.is_empty() {
            return vec![Vec::new()];
        }
        let starting_with = |place: usize| {
            let mut rest = of.to_vec();
            let first = rest.remove(place);
            permutations(&rest).into_iter().map(move |mut order| {
                order.insert(0, first);
                order
            })
        };
        (0..of.len()).flat_map(starting_with).collect()
    }

    #[test]
    fn the_same_row_counts_in_whatever_order_and_however_often_it_is_reported() {
        let dated = |severity: &str| {
            let row = update("Installed", Some(200));
            UpdateRecord { patch: PatchRecord { severity: severity.into(), ..(*row.patch).clone() }.into(), ..row }
        };
        let rows = [
            update("Failed", None),
            update("Missing", None),
            update("InstalledPendingReboot", Some(90)),
            dated("Critical"),
            dated("Low"),
            update("Installed", Some(100)),
            update("NotApplicable", None),
        ];
        // The first of what is reported counts, because the rows above are in that order.
        for from in 0..rows.len() {
            let rows: Vec<_> = rows[from..].iter().take(4).map(|row| (1, row)).collect();
            for mut order in permutations(&rows) {
                order.push(order[0]);
                let reported = Reported::new(order);
                assert_eq!(reported.updates(), [(1, rows[0].1)]);
            }
        }
    }

    #[test]
    fn only_equal_reports_have_the_same_hash() {
        let of = |updates: &[(i64, &UpdateRecord)]| Reported::new(updates.to_vec()).hash();
        let (missing, installed) = (update("Missing", None), update("Installed", Some(150)));
        let whole = of(&[(1, &missing), (2, &installed)]);
        assert_eq!(of(&[(2, &installed), (1, &missing), (1, &installed)]), whole);
        let with = |patch: PatchRecord| UpdateRecord { patch: patch.into(), ..missing.clone() };
        let patch = || (*missing.patch).clone();
        let others = [
            with(PatchRecord { severity: "Critical".into(), ..patch() }),
            with(PatchRecord { classification: "Bugfix".into(), ..patch() }),
            with(PatchRecord { cve_ids: "CVE-2026-1".into(), ..patch() }),
            // The same text, split differently.
            with(PatchRecord { classification: "SecurityI".into(), severity: "mportant".into(), ..patch() }),
            update("Missing", Some(150)),
            update("Failed", None),
        ];
        let mut hashes: Vec<i64> = others.iter().map(|other| of(&[(1, other), (2, &installed)])).collect();
        hashes.extend([whole, of(&[(1, &missing)]), of(&[(1, &missing), (3, &installed)]), of(&[])]);
        let distinct: std::collections::HashSet<_> = hashes.iter().collect();
        assert_eq!(distinct.len(), hashes.len());
    }
}
