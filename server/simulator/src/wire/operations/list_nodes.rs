//! ListNodes and ListNodesSummary: the nodes of an account in all Regions, where the unified console is on.

use std::collections::BTreeMap;

use super::*;
use crate::estate::Account;

const LIMITS: Limits = Limits::new(1, 50, 50);
const FILTER_KEYS: &[&str] = &[
    "AccountId",
    "AgentType",
    "AgentVersion",
    "AvailabilityZone",
    "AvailabilityZoneId",
    "ComputerName",
    "InstanceId",
    "InstanceStatus",
    "IpAddress",
    "ManagedStatus",
    "OrganizationalUnitId",
    "OrganizationalUnitPath",
    "PlatformName",
    "PlatformType",
    "PlatformVersion",
    "Region",
    "ResourceType",
    "SourceId",
    "SourceLocation",
    "SourceType",
];
const ATTRIBUTES: &[&str] = &[
    "AgentVersion",
    "AvailabilityZone",
    "PlatformName",
    "PlatformType",
    "PlatformVersion",
    "Region",
    "ResourceType",
    "SourceType",
];
const AGGREGATORS_MAX: usize = 2;

/// The resource data sync of the console.
const SYNC: &str = "AWS-QuickSetup-ManagedNode";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    sync_name: Option<String>,
    #[serde(default)]
    filters: Vec<Filter>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SummaryInput {
    sync_name: Option<String>,
    #[serde(default)]
    filters: Vec<Filter>,
    aggregators: Option<Vec<Aggregator>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Aggregator {
    aggregator_type: String,
    type_name: String,
    attribute_name: String,
    #[serde(default)]
    aggregators: Vec<Aggregator>,
}

/// One node with the attributes that filters and counts name.
struct Node {
    id: String,
    region: String,
    /// The attributes of a managed node, by AWS's names.
    attributes: BTreeMap<&'static str, String>,
}

impl Node {
    fn attribute(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }
}

pub(super) fn respond(context: &Context<'_>) -> Result<Vec<u8>, ApiError> {
    let (Input { sync_name, filters }, pager): (Input, _) = paged_input(context, LIMITS)?;
    check(&filters)?;
    let account = account(context)?;
    let found: Vec<Node> =
        nodes(context, account, sync_name)?.into_iter().filter(|node| accepts(&filters, node)).collect();
    pager.respond("Nodes", "", &found, |node| {
        let mut instance = json!({});
        for (name, value) in
            node.attributes.iter().filter(|(name, _)| !matches!(**name, "AccountId" | "Region" | "InstanceId"))
        {
            instance[*name] = json!(value);
        }
        json!({
            "CaptureTime": Epoch(context.now),
            "Id": node.id,
            "Owner": { "AccountId": account.systems_account },
            "Region": node.region,
            "NodeType": { "Instance": instance },
        })
    })
}

pub(super) fn summarize(context: &Context<'_>) -> Result<Vec<u8>, ApiError> {
    let (SummaryInput { sync_name, filters, aggregators }, pager): (SummaryInput, _) = paged_input(context, LIMITS)?;
    check(&filters)?;
    let aggregators = aggregators.ok_or_else(|| ApiError::required("aggregators"))?;
    ApiError::length("aggregators", aggregators.len(), 1..=AGGREGATORS_MAX)?;
    let mut names = Vec::new();
    attributes(&aggregators, &mut names)?;
    let account = account(context)?;
    let mut counts: BTreeMap<Vec<String>, usize> = BTreeMap::new();
    for node in nodes(context, account, sync_name)?.iter().filter(|node| accepts(&filters, node)) {
        *counts.entry(names.iter().map(|name| node.attribute(name).to_owned()).collect()).or_default() += 1;
    }
    let found: Vec<(Vec<String>, usize)> = counts.into_iter().collect();
    pager.respond("Summary", "", &found, |(values, count)| {
        let mut row: BTreeMap<&str, String> = names.iter().map(String::as_str).zip(values.iter().cloned()).collect();
        row.insert("Count", count.to_string());
        row
    })
}

/// The attributes of the aggregators, those inside of others included.
fn attributes(aggregators: &[Aggregator], names: &mut Vec<String>) -> Result<(), ApiError> {
    for Aggregator { aggregator_type, type_name, attribute_name, aggregators } in aggregators {
        for (member, value, allowed) in [
            ("aggregatorType", aggregator_type, &["Count"][..]),
            ("typeName", type_name, &["Instance"][..]),
            ("attributeName", attribute_name, ATTRIBUTES),
        ] {
            if !allowed.contains(&value.as_str()) {
                return Err(ApiError::not_in_enum(&format!("aggregators.{member}"), value, allowed));
            }
        }
        names.push(attribute_name.clone());
        attributes(aggregators, names)?;
    }
    Ok(())
}

fn check(filters: &[Filter]) -> Result<(), ApiError> {
    for filter in filters {
        if !FILTER_KEYS.contains(&filter.key.as_str()) {
            return Err(ApiError::not_in_enum("filters.key", &filter.key, FILTER_KEYS));
        }
        ApiError::length("filters.values", filter.values.len(), 1..=FILTERS_MAX)?;
    }
    Ok(())
}

fn accepts(filters: &[Filter], node: &Node) -> bool {
    filters.iter().all(|filter| filter.has("All") || filter.has(node.attribute(&filter.key)))
}

/// The account, if its nodes are listed.
fn account<'a>(context: &Context<'a>) -> Result<&'a Account, ApiError> {
    let account = context.estate.account(context.target.systems_account).filter(|account| account.lists_nodes);
    account.ok_or_else(|| {
        ApiError::ssm(
            "UnsupportedOperationException",
            "This operation requires the unified console of Systems Manager.",
        )
    })
}

/// The nodes of the account in all Regions, or without a sync in one: those that are managed, then the others.
fn nodes(context: &Context<'_>, account: &Account, sync_name: Option<String>) -> Result<Vec<Node>, ApiError> {
    if sync_name.as_deref().is_some_and(|name| name != SYNC) {
        return Err(ApiError::ssm("ResourceDataSyncNotFoundException", ""));
    }
    let today = context.today();
    let node = |id: &str, region: &str, status: &str, kind: &str, more: &[(&'static str, String)]| {
        let common = [
            ("AccountId", account.systems_account.to_string()),
            ("InstanceId", id.to_owned()),
            ("Region", region.to_owned()),
            ("ManagedStatus", status.to_owned()),
            ("ResourceType", kind.to_owned()),
        ];
        let attributes = common.into_iter().chain(more.iter().cloned()).collect();
        Node { id: id.to_owned(), region: region.to_owned(), attributes }
    };
    let mut all = Vec::new();
    for site in context.estate.sites_of(context.target.systems_account) {
        for instance in site.instances.iter().filter(|instance| instance.is_current(today)) {
            let more = [
                ("ComputerName", instance.computer_name.to_string()),
                ("PlatformType", instance.platform.type_name().to_owned()),
                ("PlatformName", instance.platform.name.to_owned()),
                ("PlatformVersion", instance.platform.version.to_owned()),
            ];
            all.push(node(&instance.id, &site.region, "Managed", instance.resource_type(), &more));
        }
    }
    for (region, count) in &account.nodes_elsewhere {
        all.extend((0..*count).map(|number| node(&format!("i-{number:017x}"), region, "Managed", "EC2Instance", &[])));
    }
    let region = account.regions.first().map_or("", |region| region);
    for (number, id) in account.unmanaged.iter().enumerate() {
        let more = [
            ("Name", format!("unmanaged-{}", number + 1)),
            ("IpAddress", format!("10.250.{}.{}", number / 250, number % 250 + 4)),
        ];
        all.push(node(id, region, "Unmanaged", "EC2Instance", &more));
    }
    all.retain(|node| sync_name.is_some() || node.region == context.target.region);
    Ok(all)
}
