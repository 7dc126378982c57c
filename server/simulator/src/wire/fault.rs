//! Faults on demand: what networks, proxies and AWS itself do to a caller.

use std::time::Duration;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// None: every account.
    pub systems_account: Option<String>,
    /// None: every operation.
    pub operation: Option<String>,
    pub kind: FaultKind,
    /// How many requests it strikes; None: all, until cleared.
    pub times: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    AccessDenied,
    Throttling,
    InternalServerError,
    ServiceUnavailable,
    /// 200 with the first half of the body, as a careless proxy hands it on.
    TruncatedBody,
    /// 200 with no body at all.
    EmptyBody,
    HtmlBody500,
    /// The connection ends without an answer.
    DropConnection,
    Slow(Duration),
    ExpiredToken,
    /// The token of the next page is the one of this page, for ever.
    RepeatingToken,
    /// A page without rows that still has a successor.
    EmptyPageWithToken,
    /// GetCallerIdentity answers another account.
    WrongAccount,
}

impl Fault {
    pub fn everywhere(kind: FaultKind) -> Fault {
        Fault { systems_account: None, operation: None, kind, times: None }
    }

    pub fn on(operation: &str, kind: FaultKind) -> Fault {
        Fault { operation: Some(operation.to_owned()), ..Fault::everywhere(kind) }
    }

    pub fn in_account(self, systems_account: &str) -> Fault {
        Fault { systems_account: Some(systems_account.to_owned()), ..self }
    }

    pub fn times(self, times: u32) -> Fault {
        Fault { times: Some(times), ..self }
    }
}

#[derive(Default)]
pub(super) struct Faults(Vec<Fault>);

impl Faults {
    pub(super) fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The first fault that fits, used up by one.
    pub(super) fn strike(&mut self, systems_account: &str, operation: &str) -> Option<FaultKind> {
        let fits = |fault: &Fault| {
            fault.times != Some(0)
                && fault.systems_account.as_deref().is_none_or(|only| only == systems_account)
                && fault.operation.as_deref().is_none_or(|only| only == operation)
        };
        let fault = self.0.iter_mut().find(|fault| fits(fault))?;
        if let Some(left) = &mut fault.times {
            *left -= 1;
        }
        Some(fault.kind.clone())
    }
}
