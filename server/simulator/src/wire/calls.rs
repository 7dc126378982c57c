//! The log of requests: what a test or a benchmark counts.

use super::places::{Place, Places};

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

/// What is about to be written down; the log makes its own copies, and few of them.
pub(super) struct Noted<'a> {
    pub systems_account: &'a str,
    pub region: &'a str,
    pub operation: &'a str,
    pub invocation_id: &'a str,
    pub attempt: u32,
    pub status: u16,
}

/// One call, as small as it can be: a large harvest makes hundreds of thousands of them.
struct Line {
    /// Index among the places.
    place: u32,
    attempt: u32,
    status: u16,
    invocation_id: Box<str>,
}

#[derive(Default)]
pub(super) struct CallLog {
    lines: Vec<Line>,
    indexes: Places<usize>,
    /// With the number of calls there.
    places: Vec<(Place, u64)>,
}

impl CallLog {
    pub(super) fn record(&mut self, call: &Noted<'_>) {
        let places = &mut self.places;
        let index = *self.indexes.at((call.systems_account, call.region, call.operation), |place| {
            places.push((place, 0));
            places.len() - 1
        });
        if let Some((_, count)) = self.places.get_mut(index) {
            *count += 1;
        }
        if self.lines.len() < CALLS_MAX {
            let (attempt, status) = (call.attempt, call.status);
            self.lines.push(Line { place: index as u32, attempt, status, invocation_id: call.invocation_id.into() });
        }
    }

    pub(super) fn calls(&self) -> Vec<Call> {
        let call = |line: &Line| {
            let (place, _) = self.places.get(line.place as usize)?;
            Some(Call {
                systems_account: place.systems_account.clone(),
                region: place.region.clone(),
                operation: place.operation.clone(),
                invocation_id: line.invocation_id.to_string(),
                attempt: line.attempt,
                status: line.status,
            })
        };
        self.lines.iter().filter_map(call).collect()
    }

    /// In the order of accounts, Regions and operations.
    pub(super) fn counts(&self) -> Vec<CallCount> {
        let mut places: Vec<&(Place, u64)> = self.places.iter().collect();
        places.sort();
        let count = |(place, count): &(Place, u64)| CallCount {
            systems_account: place.systems_account.clone(),
            region: place.region.clone(),
            operation: place.operation.clone(),
            count: *count,
        };
        places.into_iter().map(count).collect()
    }

    pub(super) fn reset(&mut self) {
        *self = CallLog::default();
    }
}
