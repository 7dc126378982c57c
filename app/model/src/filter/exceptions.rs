//! Filters and order of exceptions, and the draft of a new one.

use super::{Filter, Order, Window};
use crate::{
    AccountId, CveId, Exact, ExceptionKind, ExceptionRow, ExceptionState, InstanceId, REASON_CHARS_MAX,
    query_string::QueryError,
};
use jiff::civil::Date;

#[derive(Clone, Debug, Default, PartialEq, Eq, Filter)]
pub struct ExceptionFilter {
    /// Words, each part of a CVE, of a name or title of a patch, of a reason, or of who made it.
    #[filter(label = "CVE, update or reason", search)]
    pub q: Option<String>,
    /// Whether it holds.
    #[filter(label = "State", any = "All states", column = "state")]
    pub state: Option<ExceptionState>,
    /// What was decided.
    #[filter(label = "Decision", any = "All decisions", column = "kind")]
    pub kind: Option<ExceptionKind>,
    /// A customer's id.
    #[filter(label = "Customer", any = "All customers", choices = customers, column = "customer_id")]
    pub customer: Option<String>,
    /// A provider's code.
    #[filter(label = "Provider", any = "All providers", choices = providers, column = "provider", folded)]
    pub provider: Option<String>,
    /// An account's id.
    #[filter(label = "Account", any = "All accounts", choices = accounts, column = "account_id")]
    pub account: Option<AccountId>,
    /// Only those that include this current instance.
    #[filter(label = "Instance ID", folded)]
    pub instance: Option<InstanceId>,
    /// The KB id or package that is excepted, exactly.
    #[filter(label = "KB or package (exact)", folded, column = "kb_id")]
    pub name: Option<Exact>,
    /// The id of an exception.
    #[filter(column = "exception_id")]
    pub id: Option<String>,
    pub order: Order<ExceptionRow>,
    pub window: Window,
}

/// What is known of a new exception: a CVE, or a patch by its name and title; an account, and of it only a patch group or one
/// instance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Filter)]
#[filter(check = Self::checked)]
pub struct ExceptionDraft {
    pub kind: Option<ExceptionKind>,
    pub cve: Option<CveId>,
    pub name: Option<Exact>,
    pub title: Option<Exact>,
    pub account: Option<AccountId>,
    pub patch_group: Option<String>,
    pub instance: Option<InstanceId>,
    pub until: Option<Date>,
    pub reason: Option<String>,
}

impl ExceptionDraft {
    fn checked(self) -> Result<Self, QueryError> {
        match &self {
            Self { cve: Some(_), name: Some(patch), .. } | Self { cve: Some(_), title: Some(patch), .. } => {
                Err(QueryError::value("name", patch.written(), "nothing beside a `cve`"))
            }
            Self { instance: Some(_), patch_group: Some(group), .. } => {
                Err(QueryError::value("patch_group", group.clone(), "nothing beside an `instance`"))
            }
            // Forms send two characters for the end of a line, and count one.
            Self { reason: Some(reason), .. } if reason.replace("\r\n", "\n").chars().count() > REASON_CHARS_MAX => {
                Err(QueryError::value("reason", reason.clone(), format!("at most {REASON_CHARS_MAX} characters")))
            }
            _ => Ok(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn writes_the_query_string_that_it_read() {
        let query = "q=kernel&state=reopened&kind=defer&customer=c&provider=aws&account=402155771038\
                     &instance=i-0cb2b964d3e14fd9f&name=KB5068791&id=0123456789abcdef&sort=until_day&dir=desc&page=2";
        assert_eq!(ExceptionFilter::from_query(query).expect(query).to_query(), query);
    }

    #[test]
    fn a_draft_lacks_nothing_once_it_is_complete() {
        let today = date(2025, 11, 23);
        let complete = |query: &str| -> Result<_, String> {
            ExceptionDraft::from_query(query).map_err(|error| error.to_string())?.complete(today)
        };
        let whole = "kind=accept&cve=cve-2025-40778&account=402155771038&until=2025-12-24&reason=+Not+reachable+";
        let new = complete(whole).expect(whole);
        assert_eq!((new.reason.as_str(), new.until_day), ("Not reachable", date(2025, 12, 24)));
        for part in whole.split('&') {
            let less = whole.split('&').filter(|other| *other != part).collect::<Vec<_>>().join("&");
            assert!(complete(&less).is_err(), "without {part}");
        }
        for wrong in [
            "until=2025-11-22",
            "until=2026-11-25",
            "until=never",
            "cve=CVE-1",
            "kind=ignore",
            "reason=+",
            "name=kernel.x86_64",
            "owner=me",
        ] {
            let key = wrong.split('=').next().unwrap_or_default();
            let others = whole.split('&').filter(|other| !other.starts_with(&format!("{key}=")));
            let query = others.chain([wrong]).collect::<Vec<_>>().join("&");
            assert!(complete(&query).is_err(), "{wrong}");
        }
        assert!(complete(&whole.replace("+Not+reachable+", &"x".repeat(REASON_CHARS_MAX + 1))).is_err());
        let patch = "kind=defer&name=KB5068791&title=%5Cnone&account=402155771038&until=2025-11-23&reason=r";
        assert!(complete(patch).is_ok(), "a patch without a title, today");
    }
}
