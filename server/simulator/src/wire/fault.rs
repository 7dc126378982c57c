//! Faults on demand: failures of networks, proxies, clocks, trust policies and AWS itself.

use std::time::Duration;

use serde_json::Value;

use crate::random::Random;

/// The seed of [`FaultKind::ThrottlingShare`], so that each run throttles the same requests.
const SHARE_SEED: u64 = 0x7468_726f_7474_6c65;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// None for every account.
    pub systems_account: Option<String>,
    /// None for every operation.
    pub operation: Option<String>,
    /// Only requests with this text in their body. None for all requests.
    pub about: Option<String>,
    pub kind: FaultKind,
    /// How many matching requests pass before the fault applies.
    pub skip: u32,
    /// How many requests the fault applies to. None for all, until it is cleared.
    pub times: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    AccessDenied,
    /// One of SSM's own errors, by its code.
    Refused(String),
    Throttling,
    /// Throttled, with this many milliseconds in `x-amz-retry-after`.
    ThrottlingWithRetryAfter(u64),
    /// Throttles this percentage of the matching requests, the same ones in each run.
    ThrottlingShare(u8),
    InternalServerError,
    ServiceUnavailable,
    /// 200 with the first half of the body.
    TruncatedBody,
    /// 200 with this many bytes of the body, and headers that match it.
    CutAt(usize),
    /// 200 with an empty body.
    EmptyBody,
    /// 200 with exactly these bytes as JSON 1.1.
    Body(Vec<u8>),
    HtmlBody500,
    /// The connection is closed without a response.
    DropConnection,
    Slow(Duration),
    ExpiredToken,
    /// The page token is refused. Applies only to requests with a token.
    InvalidNextToken,
    /// The next page's token is this page's token.
    RepeatingToken,
    /// A page without rows, but with the token of a next page.
    EmptyPageWithToken,
    /// The last page has `"NextToken": ""`.
    EmptyTokenAtEnd,
    /// Pages without rows, each with a new token.
    TokenChain,
    /// The largest page that is accepted, whatever the documentation says.
    PageRowsMax(usize),
    /// ListCommands and ListCommandInvocations leave out what was requested in the last 24 hours.
    Lagging,
    /// The server's clock is this many seconds ahead. Applies in addition to any other fault.
    ClockSkew(i64),
    /// GetCallerIdentity returns another account.
    WrongAccount,
    /// AssumeRole creates a session for another systems account of the estate.
    RoleLeadsElsewhere,
    /// AssumeRole accepts any ExternalId or none, as a trust policy without a condition does.
    AnyExternalId,
    /// CreateAccount fails in the background, with this code as the reason.
    AccountCreationFails(String),
    /// CreateAccount is in progress for this many requests for its status.
    AccountCreationPending(u32),
}

impl Fault {
    pub fn everywhere(kind: FaultKind) -> Fault {
        Fault { systems_account: None, operation: None, about: None, kind, skip: 0, times: None }
    }

    pub fn on(operation: &str, kind: FaultKind) -> Fault {
        Fault { operation: Some(operation.to_owned()), ..Fault::everywhere(kind) }
    }

    pub fn in_account(self, systems_account: &str) -> Fault {
        Fault { systems_account: Some(systems_account.to_owned()), ..self }
    }

    /// Limits it to requests with this text in their body, such as an inventory type or an instance id.
    pub fn about(self, text: &str) -> Fault {
        Fault { about: Some(text.to_owned()), ..self }
    }

    /// Lets this many matching requests pass first.
    pub fn after(self, requests: u32) -> Fault {
        Fault { skip: requests, ..self }
    }

    pub fn times(self, times: u32) -> Fault {
        Fault { times: Some(times), ..self }
    }
}

/// What a fault knows about a request.
pub(super) struct RequestInfo<'a> {
    pub systems_account: &'a str,
    pub operation: &'a str,
    pub body: &'a [u8],
}

#[derive(Default)]
pub(super) struct Faults(Vec<ActiveFault>);

struct ActiveFault {
    fault: Fault,
    /// The number of matching requests so far.
    matched: u64,
}

impl Faults {
    pub(super) fn add(&mut self, fault: Fault) {
        self.0.push(ActiveFault { fault, matched: 0 });
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The first fault that applies to a request.
    pub(super) fn next(&mut self, request: &RequestInfo<'_>) -> Option<FaultKind> {
        let mut faults = self.0.iter_mut().filter(|active| active.skew().is_none());
        faults.find_map(|active| active.applies(request).then(|| active.fault.kind.clone()))
    }

    /// How many seconds the server's clock is ahead for a request.
    pub(super) fn skew(&mut self, request: &RequestInfo<'_>) -> Option<i64> {
        self.0.iter_mut().find_map(|active| {
            let seconds = active.skew()?;
            active.applies(request).then_some(seconds)
        })
    }
}

impl ActiveFault {
    fn skew(&self) -> Option<i64> {
        match self.fault.kind {
            FaultKind::ClockSkew(seconds) => Some(seconds),
            _ => None,
        }
    }

    /// Whether it applies to a request. Counts the request if it matches.
    fn applies(&mut self, request: &RequestInfo<'_>) -> bool {
        if self.fault.times == Some(0) || !self.matches(request) {
            return false;
        }
        self.matched += 1;
        if self.fault.skip > 0 {
            self.fault.skip -= 1;
            return false;
        }
        if let FaultKind::ThrottlingShare(percent) = self.fault.kind
            && !Random::new(SHARE_SEED ^ self.matched).percent(u64::from(percent))
        {
            return false;
        }
        if let Some(left) = &mut self.fault.times {
            *left -= 1;
        }
        true
    }

    fn matches(&self, request: &RequestInfo<'_>) -> bool {
        let Fault { systems_account, operation, about, kind, .. } = &self.fault;
        systems_account.as_deref().is_none_or(|only| only == request.systems_account)
            && operation.as_deref().is_none_or(|only| only == request.operation)
            && about.as_deref().is_none_or(|text| contains(request.body, text.as_bytes()))
            && (*kind != FaultKind::InvalidNextToken || has_page_token(request.body))
    }
}

fn contains(body: &[u8], text: &[u8]) -> bool {
    text.is_empty() || body.windows(text.len()).any(|window| window == text)
}

fn has_page_token(body: &[u8]) -> bool {
    serde_json::from_slice(body).is_ok_and(|input: Value| {
        let is_token = |name: &str| input[name].as_str().is_some_and(|token| !token.is_empty());
        is_token("NextToken") || is_token("StartingToken")
    })
}
