//! What AWS itself counts and does not manage in an account, for comparison with what is harvested.
//!
//! One Region answers for the whole account, so only one is asked: the first of the account, and a later one once those
//! before it are known to refuse. Nothing that figures are made of depends on the answer.

use super::{account::SystemsAccount, error::CollectError, nodes, nodes_summary, operation_log::OperationLog};
use muster_core::reference_data::{NodeListing, NodeListingRecord, ReferenceData};
use muster_model::harvest::ErrorClass;

/// The resource data sync that the unified console sets up for all Regions and accounts.
const SYNC: &str = "AWS-QuickSetup-ManagedNode";
/// AWS's code where there is no such sync, because the console is set up for one Region.
const NO_SYNC: &str = "ResourceDataSyncNotFoundException";
/// The codes of Regions without the unified console, and of endpoints that do not know it.
const OFF_CODES: [&str; 2] = ["UnsupportedOperationException", "UnknownOperationException"];

/// Adds AWS's own counts and the unmanaged instances, where AWS has them.
pub async fn add(account: &SystemsAccount<'_>, data: &mut ReferenceData, log: &mut OperationLog) {
    if !account.is_asked_for_nodes() {
        return;
    }
    let mut sync = Some(SYNC);
    let mut counts = nodes_summary::collect(account, sync).await;
    if counts.as_ref().is_err_and(|error| error.code == NO_SYNC) {
        sync = None;
        counts = nodes_summary::collect(account, sync).await;
    }
    let counts = match counts {
        Ok(counts) => counts,
        Err(error) => {
            data.node_listing = unread(account, error, log);
            return;
        }
    };
    *log.rows.entry(nodes_summary::OPERATION).or_default() += counts.len() as u64;
    let is_of_one_region = sync.is_none();
    // The number of unmanaged instances is one of the whole account.
    let is_whole = !is_of_one_region || account.has_one_region();
    let unmanaged = if is_whole { Some(nodes::unmanaged(account, sync).await) } else { None };
    let mut denied = String::new();
    let (unmanaged, is_cut) = match unmanaged.transpose() {
        Ok(None) => (None, false),
        Ok(Some((rows, is_cut))) => {
            *log.rows.entry(nodes::OPERATION).or_default() += rows.len() as u64;
            (Some(rows), is_cut)
        }
        Err(error) => {
            if error.class == ErrorClass::Denied {
                denied = error.message;
            } else if !is_off(&error) {
                log.errors.push(error);
            }
            (None, false)
        }
    };
    let record = NodeListingRecord { denied, lists_unmanaged: unmanaged.is_some(), is_cut };
    data.node_listing =
        Some(NodeListing { listing: Some(record), is_of_one_region, counts, unmanaged: unmanaged.unwrap_or_default() });
}

/// What is stored where the counts could not be read: nothing where AWS has none, that it was denied, or what was stored.
fn unread(account: &SystemsAccount<'_>, error: CollectError, log: &mut OperationLog) -> Option<NodeListing> {
    if is_off(&error) {
        account.remember_no_nodes();
        return Some(NodeListing::default());
    }
    if error.class == ErrorClass::Denied {
        let record = NodeListingRecord { denied: error.message, lists_unmanaged: false, is_cut: false };
        return Some(NodeListing { listing: Some(record), ..NodeListing::default() });
    }
    log.errors.push(error);
    None
}

fn is_off(error: &CollectError) -> bool {
    OFF_CODES.contains(&error.code.as_str())
}
