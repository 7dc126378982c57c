//! Which instances are one machine under two ids, found anew from what registered them.

use super::rows::Instance;
use muster_model::ids::{AccountId, InstanceId};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
};

/// The id under which the service that registered an instance knows its machine; none if it does not say.
fn machine(instance: &Instance) -> Option<String> {
    let source = instance.source_id.to_lowercase();
    let last = source.rsplit('/').next().unwrap_or_default();
    let is_own = source == last || source.starts_with("arn:") && !source.contains(' ');
    let number = last.strip_prefix("i-").unwrap_or_default();
    if is_own && !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    {
        return Some(last.to_owned());
    }
    match source.is_empty() {
        true => Some(instance.instance_id.to_string()).filter(|id| id.starts_with("i-")),
        false => Some(format!("{} {source}", instance.source_type.to_lowercase())),
    }
}

/// Marks all instances of a machine but the one that counts: it has patch data, and was registered last.
pub fn mark(instances: &mut BTreeMap<i64, Instance>) {
    let mut machines: HashMap<(AccountId, String), Vec<i64>> = HashMap::new();
    for (key, instance) in instances.iter().filter(|(_, instance)| instance.in_view && instance.gone_at.is_none()) {
        if let Some(machine) = machine(instance) {
            machines.entry((instance.account_id.clone(), machine)).or_default().push(*key);
        }
    }
    let order = |instance: &Instance| -> (bool, Reverse<Option<jiff::Timestamp>>, InstanceId, String) {
        let registered = Reverse(instance.registered_at);
        (instance.scanned_at.is_none(), registered, instance.instance_id.clone(), instance.region.clone())
    };
    for keys in machines.into_values().filter(|keys| keys.len() > 1) {
        let counted = keys.iter().min_by_key(|key| instances.get(key).map(order)).copied();
        for key in keys.into_iter().filter(|key| Some(*key) != counted) {
            if let Some(instance) = instances.get_mut(&key) {
                instance.is_duplicate = true;
            }
        }
    }
}
