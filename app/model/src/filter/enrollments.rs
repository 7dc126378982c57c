//! Filters of the pages about enrollment.

use super::Filter;
use crate::{AccountId, EnrollmentList};

/// The accounts that may enroll. Their ids are those of the providers, and may be among none that were harvested.
#[derive(Clone, Debug, Default, PartialEq, Eq, Filter)]
pub struct EnrollmentFilter {
    /// A customer's id.
    pub customer: Option<String>,
    /// A provider's code.
    pub provider: Option<String>,
    /// An account's id.
    pub account: Option<AccountId>,
}

/// The enrollments of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Filter)]
pub struct EnrollmentQueueFilter {
    /// Which enrollments. Default: those that are pending.
    pub list: Option<EnrollmentList>,
    /// A customer's id.
    pub customer: Option<String>,
    /// A provider's code.
    pub provider: Option<String>,
    /// An account's id.
    pub account: Option<AccountId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_the_query_string_that_it_read() {
        let query = "customer=c-2001&provider=gcp&account=731920447215";
        assert_eq!(EnrollmentFilter::from_query(query).expect(query).to_query(), query);
        let query = "list=failed&customer=c-2001&provider=gcp&account=731920447215";
        assert_eq!(EnrollmentQueueFilter::from_query(query).expect(query).to_query(), query);
        assert!(EnrollmentQueueFilter::from_query("list=lost").is_err());
    }
}
