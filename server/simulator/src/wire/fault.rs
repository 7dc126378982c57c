//! Faults on demand: what networks, proxies, clocks, careless policies and AWS itself do to a caller.

use std::time::Duration;

use serde::Deserialize;

use crate::random::Random;

/// What [`FaultKind::ThrottlingShare`] draws from: the same requests are throttled in every run.
const SHARE_SEED: u64 = 0x7468_726f_7474_6c65;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// None: every account.
    pub systems_account: Option<String>,
    /// None: every operation.
    pub operation: Option<String>,
    /// Only requests with this text in their body; None: all of them.
    pub about: Option<String>,
    pub kind: FaultKind,
    /// So many requests that fit pass by unharmed before it strikes.
    pub skip: u32,
    /// How many requests it strikes; None: all, until cleared.
    pub times: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    AccessDenied,
    Throttling,
    /// Throttled, with so many milliseconds in `x-amz-retry-after`.
    ThrottlingWithRetryAfter(u64),
    /// Throttles so many of a hundred fitting requests, the same ones in every run.
    ThrottlingShare(u8),
    InternalServerError,
    ServiceUnavailable,
    /// 200 with the first half of the body, as a careless proxy hands it on.
    TruncatedBody,
    /// 200 with the first so many bytes of the body and headers that fit them.
    CutAt(usize),
    /// 200 with no body at all.
    EmptyBody,
    /// 200 with exactly these bytes as JSON 1.1.
    Body(Vec<u8>),
    HtmlBody500,
    /// The connection ends without an answer.
    DropConnection,
    Slow(Duration),
    ExpiredToken,
    /// The token has expired: strikes only requests that carry one.
    InvalidNextToken,
    /// The token of the next page is the one of this page, for ever.
    RepeatingToken,
    /// A page without rows that still has a successor.
    EmptyPageWithToken,
    /// The last page says `"NextToken": ""` instead of nothing.
    EmptyTokenAtEnd,
    /// Pages without rows, each with a token that was never seen before, for as long as it strikes.
    TokenChain,
    /// ListCommands and ListCommandInvocations do not know yet what was requested within the last 24 hours.
    Lagging,
    /// The server's clock is so many seconds ahead. It acts beside any other fault.
    ClockSkew(i64),
    /// GetCallerIdentity answers another account.
    WrongAccount,
    /// AssumeRole mints a session of another systems account of the estate.
    RoleLeadsElsewhere,
    /// AssumeRole takes any ExternalId, or none, as a careless trust policy does.
    AnyExternalId,
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

    /// Only requests with this text in their body, such as an inventory type or an instance id.
    pub fn about(self, text: &str) -> Fault {
        Fault { about: Some(text.to_owned()), ..self }
    }

    /// The first so many requests that fit pass by unharmed.
    pub fn after(self, requests: u32) -> Fault {
        Fault { skip: requests, ..self }
    }

    pub fn times(self, times: u32) -> Fault {
        Fault { times: Some(times), ..self }
    }
}

/// A request, as far as a fault looks at it.
pub(super) struct Asked<'a> {
    pub systems_account: &'a str,
    pub operation: &'a str,
    pub body: &'a [u8],
}

#[derive(Default)]
pub(super) struct Faults(Vec<Armed>);

struct Armed {
    fault: Fault,
    /// Fitting requests so far.
    seen: u64,
}

impl Faults {
    pub(super) fn add(&mut self, fault: Fault) {
        self.0.push(Armed { fault, seen: 0 });
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The first fault that fits, used up by one.
    pub(super) fn strike(&mut self, asked: &Asked<'_>) -> Option<FaultKind> {
        let mut others = self.0.iter_mut().filter(|armed| armed.skew().is_none());
        others.find_map(|armed| armed.strikes(asked).then(|| armed.fault.kind.clone()))
    }

    /// How many seconds the server's clock is ahead for this request.
    pub(super) fn skew(&mut self, asked: &Asked<'_>) -> Option<i64> {
        self.0.iter_mut().find_map(|armed| {
            let seconds = armed.skew()?;
            armed.strikes(asked).then_some(seconds)
        })
    }
}

impl Armed {
    fn skew(&self) -> Option<i64> {
        match self.fault.kind {
            FaultKind::ClockSkew(seconds) => Some(seconds),
            _ => None,
        }
    }

    fn strikes(&mut self, asked: &Asked<'_>) -> bool {
        if self.fault.times == Some(0) || !self.fits(asked) {
            return false;
        }
        self.seen += 1;
        if self.fault.skip > 0 {
            self.fault.skip -= 1;
            return false;
        }
        if let FaultKind::ThrottlingShare(percent) = self.fault.kind
            && !Random::new(SHARE_SEED ^ self.seen).percent(u64::from(percent))
        {
            return false;
        }
        if let Some(left) = &mut self.fault.times {
            *left -= 1;
        }
        true
    }

    fn fits(&self, asked: &Asked<'_>) -> bool {
        let Fault { systems_account, operation, about, kind, .. } = &self.fault;
        systems_account.as_deref().is_none_or(|only| only == asked.systems_account)
            && operation.as_deref().is_none_or(|only| only == asked.operation)
            && about.as_deref().is_none_or(|text| contains(asked.body, text.as_bytes()))
            && (*kind != FaultKind::InvalidNextToken || carries_token(asked.body))
    }
}

fn contains(body: &[u8], text: &[u8]) -> bool {
    text.is_empty() || body.windows(text.len()).any(|window| window == text)
}

fn carries_token(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Paged {
        next_token: Option<String>,
    }
    serde_json::from_slice(body).is_ok_and(|paged: Paged| paged.next_token.is_some_and(|token| !token.is_empty()))
}
