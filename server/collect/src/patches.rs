//! `DescribeInstancePatches`: every update of one instance. The expensive call, made only where the change key moved.

use super::{
    account::SystemsAccount,
    pages::all_rows,
    text::{clean, clean_owned},
    time::timestamp,
};
use aws_sdk_ssm::{operation::describe_instance_patches::DescribeInstancePatchesOutput, types::PatchComplianceData};
use muster_core::{
    error::CollectError,
    snapshot::{PatchRecord, UpdateRecord},
};
use muster_model::{ids::InstanceId, update::UpdateState};
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
};

pub const OPERATION: &str = "DescribeInstancePatches";
/// The service refuses more, though its documentation says 100.
const PAGE_ROWS: i32 = 50;

/// What the instances of one pull have reported so far.
#[derive(Default)]
pub struct Reported(Mutex<Words>);

#[derive(Default)]
struct Words {
    patches: HashSet<Arc<PatchRecord>>,
    /// States as we spell them, by how they came.
    states: HashMap<String, Arc<str>>,
}

pub async fn collect(
    account: &SystemsAccount<'_>,
    instance: &InstanceId,
    reported: &Reported,
) -> Result<Vec<UpdateRecord>, CollectError> {
    let send = |ssm: aws_sdk_ssm::Client, token| {
        ssm.describe_instance_patches()
            .instance_id(instance.as_str())
            .max_results(PAGE_ROWS)
            .set_next_token(token)
            .send()
    };
    let open = |page: DescribeInstancePatchesOutput| {
        let mut words = reported.0.lock().unwrap_or_else(PoisonError::into_inner);
        (page.patches.map(|rows| rows.into_iter().map(|row| words.record(row)).collect()), page.next_token)
    };
    let mut updates = all_rows(account, OPERATION, send, open).await?;
    updates.shrink_to_fit();
    Ok(updates)
}

impl Words {
    fn record(&mut self, row: PatchComplianceData) -> UpdateRecord {
        let patch = PatchRecord {
            title: clean_owned(row.title),
            kb_id: clean_owned(row.kb_id),
            classification: clean_owned(row.classification),
            severity: clean_owned(row.severity),
            cve_ids: row.cve_ids.map(clean_owned).unwrap_or_default(),
        };
        UpdateRecord {
            patch: self.patch(patch),
            state: self.state(row.state.as_str()),
            installed_at: timestamp(&row.installed_time),
        }
    }

    fn patch(&mut self, patch: PatchRecord) -> Arc<PatchRecord> {
        if let Some(known) = self.patches.get(&patch) {
            return known.clone();
        }
        let patch = Arc::new(patch);
        self.patches.insert(patch.clone());
        patch
    }

    /// The wire's spelling, whichever of its two the endpoint speaks.
    fn state(&mut self, came: &str) -> Arc<str> {
        if let Some(known) = self.states.get(came) {
            return known.clone();
        }
        let state: Arc<str> = clean(UpdateState::parse(came).code()).into();
        self.states.insert(came.to_owned(), state.clone());
        state
    }
}
