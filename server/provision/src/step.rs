//! One change that is missing in an account, in the words of the AWS console.

use crate::wanted::{PATCH_DOCUMENT, PATCH_GROUP_TAG, WantedAssociation, WantedBaseline, WantedRole, WantedWindow};
use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    CreateAccount { name: String, email: String },
    CreateRole(WantedRole),
    PutRolePolicy(WantedRole),
    CreatePatchBaseline(WantedBaseline),
    SetDefaultPatchBaseline(WantedBaseline),
    RegisterPatchGroup(WantedBaseline),
    CreateMaintenanceWindow(WantedWindow),
    RegisterTarget(WantedWindow),
    RegisterTask(WantedWindow),
    CreateAssociation(WantedAssociation),
    SetHostManagementRole(String),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreateAccount { name, email } => write!(f, "AWS Organizations: create account {name} ({email})"),
            Self::CreateRole(role) => write!(f, "IAM: create role {} ({})", role.name, role.description),
            Self::PutRolePolicy(role) => write!(f, "IAM: create inline policy of role {}", role.name),
            Self::CreatePatchBaseline(baseline) => {
                write!(f, "Patch Manager: create patch baseline {} ({})", baseline.name, baseline.description())
            }
            Self::SetDefaultPatchBaseline(baseline) => {
                let title = baseline.operating_system.title();
                write!(f, "Patch Manager: set {} as default patch baseline of {title}", baseline.name)
            }
            Self::RegisterPatchGroup(baseline) => {
                write!(f, "Patch Manager: add patch group {} to {}", baseline.group, baseline.name)
            }
            Self::CreateMaintenanceWindow(window) => {
                write!(f, "Maintenance Windows: create {} ({} {}", window.name, window.schedule, window.timezone)?;
                match window.schedule_offset_days {
                    Some(1) => write!(f, ", 1 day later)"),
                    Some(days) => write!(f, ", {days} days later)"),
                    None => write!(f, ")"),
                }
            }
            Self::RegisterTarget(window) => {
                write!(f, "Maintenance Windows: register target {PATCH_GROUP_TAG}={} of {}", window.group, window.name)
            }
            Self::RegisterTask(window) => write!(
                f,
                "Maintenance Windows: register Run command task of {} ({PATCH_DOCUMENT}, Install, {})",
                window.name,
                window.reboot.option()
            ),
            Self::CreateAssociation(association) => write!(
                f,
                "State Manager: create association {} ({}, {})",
                association.name, association.document, association.schedule
            ),
            Self::SetHostManagementRole(role) => {
                write!(f, "Fleet Manager: set Default Host Management Configuration to role {role}")
            }
        }
    }
}

/// Something that is there, but differs from the settings. It is reported and never changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// The resource, such as `patch baseline muster-windows-late`.
    pub resource: String,
    pub property: &'static str,
    pub wanted: String,
    pub found: String,
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { resource, property, wanted, found } = self;
        write!(f, "{resource}: {property} is {found}, wanted {wanted}")
    }
}
