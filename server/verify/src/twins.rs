//! Which instances are one machine under two ids, found anew from what registered them and from the tags of their
//! activations.

use super::rows::Instance;
use muster_model::{
    column::Columns,
    ids::{AccountId, InstanceId},
};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap, HashSet},
};

/// The tags of the activation of an instance, and the provider that the roster gives its account.
#[derive(Clone, Columns)]
pub struct Enrolled {
    pub provider_tag: Option<String>,
    pub account_tag: Option<String>,
    pub instance_tag: Option<String>,
    pub given_provider: Option<String>,
}

/// What enrollment attested that a hybrid instance is: its provider and its id there. The tags must name its own account.
pub fn attested(instance: &Instance) -> Option<(&str, &str)> {
    let Enrolled { provider_tag, account_tag, instance_tag, given_provider } = &instance.enrolled;
    let (provider, account, id) = (provider_tag.as_deref()?, account_tag.as_deref()?, instance_tag.as_deref()?);
    let is_own =
        account == instance.account_id.as_str() && given_provider.as_ref().is_none_or(|given| given == provider);
    let is_whole = !provider.is_empty() && !id.is_empty();
    (is_own && is_whole && instance.instance_id.is_hybrid()).then_some((provider, id))
}

/// Returns the other registrations of an instance that pages show, which share its history.
pub fn registrations<'a>(
    instances: &'a BTreeMap<i64, Instance>,
    instance: &'a Instance,
) -> impl Iterator<Item = &'a Instance> {
    let own = attested(instance);
    let others = own.into_iter().flat_map(|_| instances.values());
    others.filter(move |other| {
        other.in_view
            && other.instance_key != instance.instance_key
            && other.account_id == instance.account_id
            && attested(other) == own
    })
}

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
    if let Some((provider, id)) = attested(instance) {
        return Some(format!("attested {provider} {id}"));
    }
    match source.is_empty() {
        true => Some(instance.instance_id.to_string()).filter(|id| id.starts_with("i-")),
        false => Some(format!("{} {source}", instance.source_type.to_lowercase())),
    }
}

/// What decides which instance of a machine counts, the least first: attested registrations with a later one are last, then
/// those without patch data.
type Order<'a> = (bool, bool, Reverse<Option<jiff::Timestamp>>, &'a InstanceId, &'a str);

fn order(instance: &Instance, has_later: bool) -> Order<'_> {
    let registered = Reverse(instance.registered_at);
    (has_later, instance.scanned_at.is_none(), registered, &instance.instance_id, &instance.region)
}

/// Marks all instances of a machine but the one that counts: it has patch data and no later attested registration, and was
/// registered last.
pub fn mark(instances: &mut BTreeMap<i64, Instance>) {
    let mut machines: HashMap<(&AccountId, String), Vec<&Instance>> = HashMap::new();
    let mut identities: HashMap<_, Vec<&Instance>> = HashMap::new();
    for instance in instances.values().filter(|instance| instance.in_view && instance.gone_at.is_none()) {
        if let Some(machine) = machine(instance) {
            machines.entry((&instance.account_id, machine)).or_default().push(instance);
        }
        if let Some(identity) = attested(instance) {
            identities.entry((&instance.account_id, identity)).or_default().push(instance);
        }
    }
    let by_registration =
        |instance: &&Instance| (Reverse(instance.registered_at), instance.instance_id.clone(), instance.region.clone());
    let mut has_later = HashSet::new();
    for mut registrations in identities.into_values() {
        registrations.sort_by_key(by_registration);
        has_later.extend(registrations.iter().skip(1).map(|instance| instance.instance_key));
    }
    let mut duplicates = Vec::new();
    for mut all in machines.into_values() {
        all.sort_by_key(|instance| order(instance, has_later.contains(&instance.instance_key)));
        duplicates.extend(all.iter().skip(1).map(|instance| instance.instance_key));
    }
    for key in duplicates {
        if let Some(instance) = instances.get_mut(&key) {
            instance.is_duplicate = true;
        }
    }
}
