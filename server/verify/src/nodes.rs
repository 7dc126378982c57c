//! Verifies what AWS counts and does not manage: the number of unmanaged instances, and which counts agree.

use super::{Check, VerifyError, recomputed::Recomputed};
use duckdb::Connection;
use jiff::Timestamp;
use muster_model::{column::Columns, filter::HarvestFilter, ids::AccountId, ports::Reports};
use muster_store::named_row::each;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A time that AWS was asked for the nodes of an account.
#[derive(Columns)]
pub struct Listing {
    pub account_id: AccountId,
    pub region: String,
    pub read_at: Timestamp,
    /// Unmanaged ones.
    pub instances: u64,
    pub lists_unmanaged: bool,
}

#[derive(Columns)]
pub struct Count {
    pub account_id: AccountId,
    pub asked_region: String,
    pub region: String,
    pub resource_type: String,
    pub nodes: u64,
    pub instances: u64,
    pub unlisted_instances: u64,
    pub differs_since: Option<Timestamp>,
}

#[derive(Default)]
pub struct Nodes {
    listings: Vec<Listing>,
    counts: Vec<Count>,
}

/// What the harvest page says of a count.
#[derive(Serialize)]
struct CountFigures {
    nodes: u64,
    instances: u64,
    is_harvested: bool,
    differs_since: Option<Timestamp>,
    is_confirmed: bool,
}

impl Nodes {
    pub fn read(connection: &Connection) -> duckdb::Result<Self> {
        let mut nodes = Self::default();
        each(connection, include_str!("nodes.sql"), [], |row| nodes.listings.push(row))?;
        each(connection, include_str!("node_counts.sql"), [], |row| nodes.counts.push(row))?;
        Ok(nodes)
    }

    /// Returns the last listing of an account by a Region that is still harvested.
    fn listing(&self, recomputed: &Recomputed, account_id: &AccountId) -> Option<&Listing> {
        let of_account = self.listings.iter().filter(|listing| {
            listing.account_id == *account_id && is_harvested(recomputed, account_id, &listing.region)
        });
        of_account.max_by_key(|listing| (listing.read_at, std::cmp::Reverse(&listing.region)))
    }

    /// Returns the number of an account's unmanaged instances, if AWS lists them.
    pub fn unmanaged(&self, recomputed: &Recomputed, account_id: &AccountId) -> Option<u64> {
        self.listing(recomputed, account_id).filter(|listing| listing.lists_unmanaged).map(|listing| listing.instances)
    }
}

fn is_harvested(recomputed: &Recomputed, account_id: &AccountId, region: &str) -> bool {
    recomputed.rows.regions.values().any(|one| one.account_id == *account_id && one.region == region)
}

impl Check {
    /// Compares AWS's counts on the harvest page with the stored ones.
    pub(super) async fn nodes(&mut self) -> Result<(), VerifyError> {
        let page = self.reports.harvest(HarvestFilter::default()).await?;
        let (recomputed, tally) = (&self.recomputed, &mut self.tally);
        let stored = &recomputed.rows.nodes;
        let mut expected = BTreeMap::new();
        for count in &stored.counts {
            let Some(listing) = stored.listing(recomputed, &count.account_id) else { continue };
            if listing.region == count.asked_region {
                expected.insert(
                    (count.account_id.as_str(), count.region.as_str(), count.resource_type.as_str()),
                    (count, listing),
                );
            }
        }
        let place =
            |(account, region, kind): &(&str, &str, &str)| format!("the {kind} nodes of account {account} in {region}");
        let mut published = BTreeSet::new();
        for row in page.nodes.iter().flat_map(|listing| &listing.counts) {
            let key = (row.account_id.as_str(), row.region.as_str(), row.resource_type.as_str());
            published.insert(key);
            let Some((count, listing)) = expected.get(&key) else { continue };
            // Ours without those that AWS need not count, up to all of ours.
            let agrees =
                (count.instances.saturating_sub(count.unlisted_instances)..=count.instances).contains(&count.nodes);
            tally.equal("agrees", &place(&key), &row.differs_since.is_none(), &agrees);
            let figures = CountFigures {
                nodes: count.nodes,
                instances: count.instances,
                is_harvested: is_harvested(recomputed, &count.account_id, &count.region),
                differs_since: count.differs_since,
                is_confirmed: count.differs_since.is_some_and(|since| since != listing.read_at),
            };
            tally.fields("", &place(&key), row, &figures);
        }
        tally.rows("nodes", &published, &expected.keys().copied().collect(), place);
        Ok(())
    }
}
