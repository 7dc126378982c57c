//! The installed software of many instances: packages, their versions, and who has them.

use crate::{
    builder::{Context, QueryBuilder, order_by},
    listing::Listing,
};
use muster_metrics::version::VersionRule;
use muster_model::{
    column::Columns,
    exact::Exact,
    filter::{InstalledFilter, PackageFilter},
    software::{InstalledRow, PackageRow, PackageVersion, SoftwareKind},
};
use muster_store::error::StoreError;
use std::collections::BTreeMap;

const INSTALLED: &str = include_str!("software/installed.sql");
/// Follows [`QueryBuilder::for_regions`].
pub const COUNTED: &str = include_str!("software/counted.sql");

/// A version of a package on the instances of an operating system.
#[derive(Columns)]
struct Found {
    platform_name: String,
    version: String,
    installations: u64,
}

/// Prepares the packages that match the filter.
pub fn packages<'a>(context: Context<'a>, filter: &PackageFilter) -> Result<Listing<'a, PackageRow>, StoreError> {
    let mut query = QueryBuilder::for_regions(context);
    query.define(COUNTED).filter_columns(filter).search("name", filter.q.as_deref());
    query.define(include_str!("software/packages.sql"));
    let order = format!("{}, lower(f.name), f.name, f.kind", order_by(&filter.order, &[]));
    Ok(Listing::from_query(query, "packages", include_str!("software/package_list.sql"), order))
}

/// Prepares the installed packages that match the filter.
pub fn installed<'a>(context: Context<'a>, filter: &InstalledFilter) -> Result<Listing<'a, InstalledRow>, StoreError> {
    let mut query = matching(context, filter);
    if let Some(version) = &filter.older_than {
        let older = versions_found(context, filter)?.into_iter().filter(|found| {
            let rule = VersionRule::of_system(&found.platform_name);
            !found.version.is_empty() && rule.compare_with_written(&found.version, version).is_lt()
        });
        let older: Vec<String> = older.map(|found| format!("{}\t{}", found.platform_name, found.version)).collect();
        query.filter_in("f.platform_name || chr(9) || f.version", older);
    }
    let order = format!(
        "{}, lower(f.instance_name), f.instance_id, lower(f.package), f.version, f.architecture",
        order_by(&filter.order, &[("name", "lower(f.package)")])
    );
    Ok(Listing::from_query(query, "installed software", include_str!("software/list.sql"), order))
}

/// Reads the versions of the package that a filter names, the newest first; none without a name.
pub fn versions(context: Context<'_>, filter: &InstalledFilter) -> Result<Vec<PackageVersion>, StoreError> {
    if filter.name.is_none() {
        return Ok(Vec::new());
    }
    let mut versions: BTreeMap<(VersionRule, String), u64> = BTreeMap::new();
    for found in versions_found(context, filter)? {
        *versions.entry((VersionRule::of_system(&found.platform_name), found.version)).or_default() +=
            found.installations;
    }
    let mut versions: Vec<_> = versions.into_iter().collect();
    versions.sort_by(|((rule, one), _), ((other_rule, other), _)| {
        // What is not reported comes last.
        let newest_first = one.is_empty().cmp(&other.is_empty()).then_with(|| rule.compare(other, one));
        rule.cmp(other_rule).then(newest_first)
    });
    let version = |((rule, version), installations): ((VersionRule, String), u64)| PackageVersion {
        rule: rule.name().to_owned(),
        version,
        installations,
    };
    Ok(versions.into_iter().map(version).collect())
}

fn matching<'a>(context: Context<'a>, filter: &InstalledFilter) -> QueryBuilder<'a> {
    let mut query = QueryBuilder::for_instances(context);
    // By the tables' own column, so that only blocks with this name are read.
    let installed = match &filter.name {
        Some(name) => {
            let name = query.bind(Exact::as_str(name).to_owned());
            INSTALLED.replace("FROM software", &format!("FROM software WHERE name = {name}"))
        }
        None => INSTALLED.to_owned(),
    };
    query.define(&installed).filter_columns(filter).search("f.instance_name, f.instance_id", filter.q.as_deref());
    query
}

/// Reads the versions of the package that a filter names, on any of the instances in the filter's accounts.
fn versions_found(context: Context<'_>, filter: &InstalledFilter) -> Result<Vec<Found>, StoreError> {
    let mut query = QueryBuilder::for_regions(context);
    query
        .define(COUNTED)
        .filter_accounts(filter.into())
        .filter_by_option("f.name = {}", filter.name.as_ref().map(Exact::as_str))
        .filter_by_option("f.kind = {}", filter.kind.map(SoftwareKind::code));
    query.read("the versions of a package", include_str!("software/versions.sql"))
}
