//! The log of requests, which tests and benchmarks count.

use std::collections::HashMap;

use crate::random;

/// Beyond this number the log only counts, so that a long-running demo does not fill the memory.
const CALLS_MAX: usize = 1_000_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Empty if the caller is unknown.
    pub systems_account: String,
    pub region: String,
    /// The name of the operation in AWS, such as `DescribeInstancePatches` or `AssumeRole`.
    pub operation: String,
    /// `amz-sdk-invocation-id`, which is the same for all attempts of one call.
    pub invocation_id: String,
    /// From `amz-sdk-request`. 1 if the client does not send it.
    pub attempt: u32,
    /// 0 if the connection was dropped without a response.
    pub status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CallCount {
    pub systems_account: String,
    pub region: String,
    pub operation: String,
    pub count: u64,
}

/// What a call addresses. Calls are counted and throttled by target.
#[derive(Clone, Copy)]
pub(super) struct Target<'a> {
    pub systems_account: &'a str,
    pub region: &'a str,
    pub operation: &'a str,
}

impl Target<'_> {
    /// A hash that serves as a map key without copying the names. 64 bits do not collide among some thousand targets.
    pub(super) fn key(self) -> u64 {
        random::hash_all(&[self.systems_account, self.region, self.operation])
    }
}

/// One call, kept small because a large harvest makes hundreds of thousands of them.
struct Line {
    target: u64,
    attempt: u32,
    status: u16,
    invocation_id: Box<str>,
}

#[derive(Default)]
pub(super) struct CallLog {
    lines: Vec<Line>,
    by_target: HashMap<u64, CallCount>,
}

impl CallLog {
    pub(super) fn record(&mut self, target: Target<'_>, invocation_id: &str, attempt: u32, status: u16) {
        let key = target.key();
        let count = self.by_target.entry(key).or_insert_with(|| CallCount {
            systems_account: target.systems_account.to_owned(),
            region: target.region.to_owned(),
            operation: target.operation.to_owned(),
            count: 0,
        });
        count.count += 1;
        if self.lines.len() < CALLS_MAX {
            self.lines.push(Line { target: key, attempt, status, invocation_id: invocation_id.into() });
        }
    }

    pub(super) fn calls(&self) -> Vec<Call> {
        let call = |line: &Line| {
            let target = self.by_target.get(&line.target)?.clone();
            Some(Call {
                systems_account: target.systems_account,
                region: target.region,
                operation: target.operation,
                invocation_id: line.invocation_id.to_string(),
                attempt: line.attempt,
                status: line.status,
            })
        };
        self.lines.iter().filter_map(call).collect()
    }

    /// Ordered by account, Region and operation.
    pub(super) fn counts(&self) -> Vec<CallCount> {
        let mut counts: Vec<CallCount> = self.by_target.values().cloned().collect();
        counts.sort();
        counts
    }

    pub(super) fn reset(&mut self) {
        *self = CallLog::default();
    }
}
