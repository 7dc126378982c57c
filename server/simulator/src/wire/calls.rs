//! The log of requests: what a test or a benchmark counts.

use std::collections::BTreeMap;

/// Beyond this the log only counts, so that a long-running demo does not fill the memory.
const CALLS_MAX: usize = 1_000_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Empty where the caller could not be told.
    pub systems_account: String,
    pub region: String,
    /// AWS's own name, such as `DescribeInstancePatches` or `AssumeRole`.
    pub operation: String,
    /// `amz-sdk-invocation-id`: the same over the retries of one call.
    pub invocation_id: String,
    /// From `amz-sdk-request`; 1 where the client does not say.
    pub attempt: u32,
    /// 0 where the connection was dropped instead of answered.
    pub status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallCount {
    pub systems_account: String,
    pub region: String,
    pub operation: String,
    pub count: u64,
}

#[derive(Default)]
pub(super) struct CallLog {
    calls: Vec<Call>,
    counts: BTreeMap<(String, String, String), u64>,
}

impl CallLog {
    pub(super) fn record(&mut self, call: Call) {
        let key = (call.systems_account.clone(), call.region.clone(), call.operation.clone());
        *self.counts.entry(key).or_default() += 1;
        if self.calls.len() < CALLS_MAX {
            self.calls.push(call);
        }
    }

    pub(super) fn calls(&self) -> &[Call] {
        &self.calls
    }

    pub(super) fn counts(&self) -> Vec<CallCount> {
        let count = |((systems_account, region, operation), &count): (&(String, String, String), &u64)| CallCount {
            systems_account: systems_account.clone(),
            region: region.clone(),
            operation: operation.clone(),
            count,
        };
        self.counts.iter().map(count).collect()
    }

    pub(super) fn reset(&mut self) {
        *self = CallLog::default();
    }
}
