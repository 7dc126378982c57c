//! Lists instances in as few requests as possible.
//!
//! `DescribeInstanceInformation` has everything, in pages of 50, and is read with the reference data. In between,
//! `DescribeInstanceProperties` lists up to 1,000 instances in one request, and `DescribeInstanceInformation` is asked only
//! for instances that are new or have another agent.

use super::{
    account::SystemsAccount, error::CollectError, instance_properties, instances, operation_log::OperationLog,
    text::clean,
};
use muster_core::{known::Known, snapshot::InstanceRecord};
use muster_model::ids::InstanceId;
use std::collections::{HashMap, HashSet};
use tokio::sync::mpsc::UnboundedSender;

/// Lists the instances and sends the id of each to `found`. Returns none when their list could not be read to its end.
pub async fn collect(
    account: &SystemsAccount<'_>,
    known: &Known,
    is_reference_data_due: bool,
    found: UnboundedSender<InstanceId>,
) -> (Option<Vec<InstanceRecord>>, OperationLog) {
    let mut log = OperationLog::default();
    if !is_reference_data_due && !known.listed.is_empty() {
        match from_properties(account, known).await {
            // That all instances left is not believed of one operation alone: the other list is read too.
            Ok((0, _)) => {}
            Ok((rows, records)) => {
                *log.rows.entry(instance_properties::OPERATION).or_default() += rows;
                for record in &records {
                    // The receiver is gone when the account's time is up.
                    let _ = found.send(record.instance_id.clone());
                }
                return (Some(records), log);
            }
            Err(error) => log.errors.push(error),
        }
    }
    let records = log.record(instances::OPERATION, instances::collect(account, found).await);
    (records, log)
}

async fn from_properties(
    account: &SystemsAccount<'_>,
    known: &Known,
) -> Result<(u64, Vec<InstanceRecord>), CollectError> {
    let rows = instance_properties::collect(account).await?;
    let (mut records, mut others) = (Vec::with_capacity(rows.len()), Vec::new());
    for row in &rows {
        let id = instance_properties::id(row)?;
        match known.listed.get(&id) {
            Some(stored) if stored.agent_version == clean(row.agent_version()) => {
                records.push(instance_properties::record(row, id, stored));
            }
            _ => others.push(id),
        }
    }
    let mut seen: HashSet<InstanceId> = records.iter().map(|record| record.instance_id.clone()).collect();
    let read = instances::of_ids(account, &others).await?;
    records.extend(read.into_iter().filter(|record| seen.insert(record.instance_id.clone())));
    // In the order of the list.
    let order: HashMap<_, _> =
        rows.iter().zip(0_usize..).map(|(row, at)| (row.instance_id().unwrap_or(""), at)).collect();
    records.sort_by_key(|record| order.get(record.instance_id.as_str()).copied());
    Ok((rows.len() as u64, records))
}
