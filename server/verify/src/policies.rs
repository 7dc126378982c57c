//! Patch policies and the tags that tell which instances they patch.

use super::rows::{Instance, Rows};
use duckdb::Connection;
use muster_model::{column::Columns, ids::AccountId, visible::is_blank};
use muster_store::named_row::each;
use std::collections::{BTreeSet, HashMap};

/// What AWS's tags on instances of a policy start with.
const TAG: &str = "QSConfigName-";

#[derive(Columns)]
struct Policy {
    account_id: AccountId,
    region: String,
    systems_account: String,
    name: String,
    target_type: String,
    target_instances: String,
    target_tag_key: String,
    target_tag_value: String,
    target_accounts: String,
    target_regions: String,
}

const POLICIES: &str =
    "SELECT p.*, a.systems_account FROM patch_policy p JOIN account a ON a.account_id = p.account_id";

#[derive(Columns)]
struct Tag {
    instance_key: i64,
    key: String,
    value: String,
}

const TAGS: &str = "
    SELECT instance_key, key, value FROM tag
    WHERE key LIKE 'QSConfigName-%' OR key IN (SELECT target_tag_key FROM patch_policy)";

#[derive(Default)]
pub struct Policies {
    policies: Vec<Policy>,
    tags: HashMap<i64, Vec<Tag>>,
}

pub fn policies(connection: &Connection) -> duckdb::Result<Policies> {
    let mut read = Policies::default();
    each(connection, POLICIES, [], |policy| read.policies.push(policy))?;
    each(connection, TAGS, [], |tag: Tag| read.tags.entry(tag.instance_key).or_default().push(tag))?;
    Ok(read)
}

impl Policies {
    /// The names of the policies that patch an instance: that target it, or that a tag of it names.
    pub fn of(&self, instance: &Instance) -> BTreeSet<&str> {
        let tags = self.tags.get(&instance.instance_key).map(Vec::as_slice).unwrap_or_default();
        let named = tags.iter().filter(|tag| tag.key.starts_with(TAG) && !is_blank(&tag.value));
        let named = named.map(|tag| tag.value.as_str());
        let targeting = self.policies.iter().filter(|policy| policy.targets(instance, tags));
        named.chain(targeting.map(|policy| policy.name.as_str())).collect()
    }
}

impl Policy {
    fn targets(&self, instance: &Instance, tags: &[Tag]) -> bool {
        // An empty list leaves nothing out.
        let has = |list: &str, own: &str| list.is_empty() || list.split(',').any(|one| one == own);
        let is_here = (&self.account_id, &self.region) == (&instance.account_id, &instance.region)
            && has(&self.target_accounts, &self.systems_account)
            && has(&self.target_regions, &self.region);
        is_here
            && match self.target_type.as_str() {
                "*" => true,
                "InstanceIds" => self.target_instances.split(',').any(|id| id == instance.instance_id.as_str()),
                "Tags" => {
                    tags.iter().any(|tag| (&tag.key, &tag.value) == (&self.target_tag_key, &self.target_tag_value))
                }
                _ => false,
            }
    }
}

impl Rows {
    /// The names of an instance's policies, as lists show them.
    pub fn policies_of(&self, instance: &Instance) -> String {
        self.policies.of(instance).into_iter().collect::<Vec<_>>().join(", ")
    }
}
