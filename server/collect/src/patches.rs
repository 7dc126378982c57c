//! `DescribeInstancePatches`: every update of one instance. The most expensive operation, called only for instances whose
//! change key has changed.

use super::{
    account::SystemsAccount,
    error::CollectError,
    pages::{PAGE_ROWS, all_rows},
    text::{clean, clean_owned},
    time::timestamp,
};
use aws_sdk_ssm::{
    Client, operation::describe_instance_patches::DescribeInstancePatchesOutput, types::PatchComplianceData,
};
use muster_core::snapshot::{PatchRecord, UpdateRecord};
use muster_model::{ids::InstanceId, update::UpdateState};
use parking_lot::Mutex;
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

pub const OPERATION: &str = "DescribeInstancePatches";

/// Keeps one copy of each patch and state that the instances of a pull report.
#[derive(Default)]
pub struct Interner(Mutex<Interned>);

#[derive(Default)]
struct Interned {
    patches: HashSet<Arc<PatchRecord>>,
    /// States in our spelling, by AWS's spelling.
    states: HashMap<String, Arc<str>>,
}

pub async fn collect(
    account: &SystemsAccount<'_>,
    instance: &InstanceId,
    interner: &Interner,
) -> Result<Vec<UpdateRecord>, CollectError> {
    let send = |ssm: Client, token| {
        ssm.describe_instance_patches()
            .instance_id(instance.as_str())
            .max_results(PAGE_ROWS)
            .set_next_token(token)
            .send()
    };
    let open = |page: DescribeInstancePatchesOutput| {
        let mut interned = interner.0.lock();
        (page.patches.map(|rows| rows.into_iter().map(|row| interned.record(row)).collect()), page.next_token)
    };
    let mut updates = all_rows(account, OPERATION, send, open).await?;
    updates.shrink_to_fit();
    Ok(updates)
}

impl Interned {
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

    /// Normalises the two spellings that endpoints use.
    fn state(&mut self, sent: &str) -> Arc<str> {
        if let Some(known) = self.states.get(sent) {
            return known.clone();
        }
        let state: Arc<str> = clean(UpdateState::parse(sent).code()).into();
        self.states.insert(sent.to_owned(), state.clone());
        state
    }
}
