//! Verifies the packages: their installations and versions on current instances.

use super::{Check, VerifyError, each_page, recomputed::Recomputed};
use duckdb::Connection;
use muster_model::{
    column::Columns, filter::PackageFilter, page::PAGE_ROWS_MAX, ports::Reports, software::SoftwareKind,
};
use muster_store::{error::StoreError, named_row::each};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Columns)]
struct Installed {
    instance_key: i64,
    name: String,
    version: String,
}

/// What is installed, by name: the number of installations and the versions.
type Packages = BTreeMap<String, (u64, BTreeSet<String>)>;

fn packages(connection: &Connection, is_counted: impl Fn(i64) -> bool) -> duckdb::Result<Packages> {
    let mut packages = Packages::new();
    each(connection, "SELECT instance_key, name, version FROM software", [], |installed: Installed| {
        if is_counted(installed.instance_key) {
            let (installations, versions) = packages.entry(installed.name).or_default();
            *installations += 1;
            if !installed.version.is_empty() {
                versions.insert(installed.version);
            }
        }
    })?;
    Ok(packages)
}

impl Check {
    pub(super) async fn software(&mut self) -> Result<(), VerifyError> {
        let Self { reports, recomputed, tally, transaction, .. } = self;
        let (reports, Recomputed { rows, accounts, .. }) = (&*reports, &*recomputed);
        let current = rows.instances.iter().filter(|(_, instance)| instance.is_current());
        let current = current.filter(|(_, instance)| accounts.contains_key(&instance.account_id));
        let current: BTreeSet<i64> = current.map(|(key, _)| *key).collect();
        let read = move |connection: &Connection| {
            packages(connection, |key| current.contains(&key)).map_err(StoreError::read("software"))
        };
        let mut expected = transaction.read("software", read).await?;
        let page = |window| async move {
            let filter = PackageFilter { kind: Some(SoftwareKind::Package), window, ..PackageFilter::default() };
            reports.packages(filter).await
        };
        each_page(PAGE_ROWS_MAX, page, |page| {
            for row in page.rows {
                let (installations, versions) = expected.remove(&row.name).unwrap_or_default();
                let place = format!("the package {}", row.name);
                tally.equal("installations", &place, &row.installations, &installations);
                tally.equal("versions", &place, &row.versions, &(versions.len() as u64));
            }
        })
        .await?;
        tally.equal("packages that are not listed", "software", &0, &expected.len());
        Ok(())
    }
}
