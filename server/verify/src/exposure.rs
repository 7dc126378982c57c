//! Verifies the exposure to some CVEs that updates name: whom a missing update affects, and that the answers add up.

use super::{Check, VerifyError, each_page, recomputed::Recomputed};
use duckdb::Connection;
use muster_model::{
    column::Columns,
    exposure::{Exposure, ExposureReason},
    filter::{ExposureFilter, QuestionText},
    page::PAGE_ROWS_MAX,
    ports::Reports,
};
use muster_store::{error::StoreError, named_row::each};
use std::collections::{BTreeMap, BTreeSet};

/// The CVEs that are verified: those of the newest patches.
const CVES: u32 = 20;

#[derive(Columns)]
struct Lacking {
    cve: String,
    instance_key: i64,
}

/// Who lacks an update that names a CVE, or waits for a reboot with it.
const LACKING: &str = "
    SELECT DISTINCT c.cve, u.instance_key
    FROM instance_update u
    JOIN patch_cve c ON c.patch_key = u.patch_key
    WHERE u.state IN ('Failed', 'InstalledPendingReboot', 'AvailableSecurityUpdate', 'Missing')
      AND c.cve IN (SELECT cve FROM patch_cve GROUP BY cve ORDER BY max(patch_key) DESC, cve LIMIT $1)";

fn lacking(connection: &Connection) -> duckdb::Result<BTreeMap<String, BTreeSet<i64>>> {
    let mut lacking: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
    each(connection, LACKING, [CVES], |row: Lacking| {
        lacking.entry(row.cve).or_default().insert(row.instance_key);
    })?;
    Ok(lacking)
}

impl Check {
    pub(super) async fn exposure(&mut self) -> Result<(), VerifyError> {
        let Self { reports, recomputed, tally, transaction, .. } = self;
        let (reports, Recomputed { rows, accounts, .. }) = (&*reports, &*recomputed);
        let is_current = |key: &&i64| {
            rows.instances.get(key).is_some_and(|one| one.is_current() && accounts.contains_key(&one.account_id))
        };
        let current = rows.instances.keys().filter(is_current).count() as u64;
        let read = |connection: &Connection| lacking(connection).map_err(StoreError::read("updates with CVEs"));
        for (cve, lacking) in transaction.read("updates with CVEs", read).await? {
            let filter = ExposureFilter {
                q: Some(QuestionText::new(cve.clone())),
                answer: Some(Exposure::Affected),
                ..Default::default()
            };
            let (place, filter) = (format!("the exposure to {cve}"), &filter);
            let (mut by_update, mut answers) = (0, 0);
            let page = |window| async move { reports.exposure(ExposureFilter { window, ..filter.clone() }).await };
            let rows = |window| {
                let page = page(window);
                async move { Ok(page.await?.rows) }
            };
            for item in page(Default::default()).await?.items {
                answers = item.affected + item.unknown + item.fixed + item.not_affected;
            }
            each_page(PAGE_ROWS_MAX, rows, |page| {
                by_update += page.rows.iter().filter(|row| row.reason == ExposureReason::Update).count();
            })
            .await?;
            tally.equal(
                "instances that an update tells of",
                &place,
                &by_update,
                &lacking.iter().filter(is_current).count(),
            );
            tally.equal("answers", &place, &answers, &current);
        }
        Ok(())
    }
}
