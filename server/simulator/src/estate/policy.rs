//! Patch policies of Quick Setup: deployed to a site, and applied to its instances as tags.

use jiff::Timestamp;

use super::{Group, Instance, PATCH_GROUP_TAG};

/// What a tag that names a policy starts with. The short id of the configuration follows.
const TAG_PREFIX: &str = "QSConfigName-";

#[derive(Clone, Debug)]
pub struct Policy {
    /// The short id of the configuration's definition.
    pub definition_id: String,
    /// The id of what is deployed to the site.
    pub id: String,
    pub manager_id: String,
    pub name: String,
    pub installs: bool,
    pub target: PolicyTarget,
    pub deployed_at: Timestamp,
}

#[derive(Clone, Debug)]
pub enum PolicyTarget {
    All,
    /// The instances with a `Patch Group` tag of this group.
    Group(Group),
    /// The members of a resource group: none of the site's instances.
    ResourceGroup(String),
}

impl Policy {
    pub fn targets(&self, instance: &Instance) -> bool {
        match &self.target {
            PolicyTarget::All => true,
            PolicyTarget::Group(group) => instance.group == Some(*group),
            PolicyTarget::ResourceGroup(_) => false,
        }
    }

    /// The tag that its instances get: key and value.
    pub fn tag(&self) -> (String, String) {
        (format!("{TAG_PREFIX}{}", self.definition_id), self.name.clone())
    }

    pub fn operation(&self) -> &'static str {
        if self.installs { "ScanAndInstall" } else { "Scan" }
    }

    /// The parameters that name its targets.
    pub fn target_parameters(&self) -> Vec<(&'static str, String)> {
        match &self.target {
            PolicyTarget::All => vec![("TargetType", "*".to_owned())],
            PolicyTarget::Group(group) => vec![
                ("TargetType", "Tags".to_owned()),
                ("TargetTagKey", PATCH_GROUP_TAG.to_owned()),
                ("TargetTagValue", group.name().to_owned()),
            ],
            PolicyTarget::ResourceGroup(name) => {
                vec![("TargetType", "ResourceGroups".to_owned()), ("ResourceGroupName", name.clone())]
            }
        }
    }
}
