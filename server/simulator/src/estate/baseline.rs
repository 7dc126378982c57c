//! Patch baselines and patch groups: which releases are approved for an instance, and how late.

use std::sync::Arc;

use jiff::{Timestamp, civil::Date};
use strum::{IntoStaticStr, VariantArray};

use crate::{
    catalogue::{Platform, Release},
    clock,
};

/// A patch group. Its name is the value of the `Patch Group` tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, IntoStaticStr, VariantArray)]
#[strum(const_into_str, serialize_all = "kebab-case")]
pub enum Group {
    Early,
    OnTime,
    Late,
}

impl Group {
    pub fn name(self) -> &'static str {
        self.into_str()
    }

    pub fn approve_after_days(self) -> i64 {
        match self {
            Group::Early => 0,
            Group::OnTime => 7,
            Group::Late => 14,
        }
    }
}

/// The tag that puts an instance into a group.
pub const PATCH_GROUP_TAG: &str = "Patch Group";

/// AWS's own baselines approve security updates after a week.
const AWS_APPROVE_AFTER_DAYS: i64 = 7;

#[derive(Clone, Debug)]
pub struct Baseline {
    /// `pb-…`, or the whole ARN for a baseline that AWS owns.
    pub id: Arc<str>,
    pub name: String,
    pub operating_system: &'static str,
    /// None for the default baseline of the operating system, which AWS owns.
    pub group: Option<Group>,
    pub created: Timestamp,
    pub rejected: Vec<String>,
    pub available_security: bool,
}

impl Baseline {
    /// None on Debian and Ubuntu, where SSM does not support ApproveAfterDays.
    pub fn approve_after_days(&self) -> Option<i64> {
        if matches!(self.operating_system, "DEBIAN" | "UBUNTU") {
            return None;
        }
        Some(self.group.map_or(AWS_APPROVE_AFTER_DAYS, Group::approve_after_days))
    }

    /// The last release day that is approved today.
    pub fn approved_until(&self, today: Date) -> Date {
        clock::plus_days(today, -self.approve_after_days().unwrap_or(0))
    }

    pub fn rejects(&self, release: &Release) -> bool {
        self.rejected.iter().any(|name| release.kb_id.split('.').next() == Some(name.as_str()))
    }

    pub fn is_for(&self, platform: &Platform, group: Option<Group>) -> bool {
        self.operating_system == platform.operating_system && self.group == group
    }

    pub fn is_aws_owned(&self) -> bool {
        self.group.is_none()
    }
}
