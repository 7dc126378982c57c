//! AWS Organizations: lists the systems accounts (`ListAccounts`) and their owners (`ListTagsForResource`).
//!
//! Only tags on the account itself name its owner: instances can write what is inside an account.

use super::{calls::CallCounter, client::Connector, error::CollectError, pages::every_page, text::clean};
use aws_sdk_organizations::{
    Client,
    types::{Account, AccountStatus},
};
use muster_core::{
    partition::{PARTITIONS, Partition},
    roster::Member,
};
use std::collections::HashMap;

pub const LIST_ACCOUNTS: &str = "ListAccounts";
pub const LIST_TAGS: &str = "ListTagsForResource";
/// AWS's maximum.
const PAGE_ROWS: i32 = 20;
/// The prefix of Muster's tags.
const TAG_PREFIX: &str = "muster:";
const ACTIVE: &str = "ACTIVE";

/// Lists every account of the organization. `known` has the tags of accounts whose tags need not be read again.
pub async fn members(
    connector: &Connector,
    calls: &CallCounter,
    known: &HashMap<String, HashMap<String, String>>,
) -> Result<Vec<Member>, CollectError> {
    let (client, accounts) = list(connector, calls).await?;
    let mut members = Vec::new();
    for account in accounts {
        let systems_account = clean(account.id());
        let active = is_active(&account);
        let tags = match known.get(&systems_account) {
            Some(tags) => tags.clone(),
            None if active => tags_of(&client, &systems_account).await?,
            None => HashMap::new(),
        };
        let partition = account.arn().and_then(Partition::of_arn).unwrap_or_else(|| connector.partition());
        let name = clean(account.name());
        members.push(Member { systems_account, name, active, partition: partition.name.to_owned(), tags });
    }
    Ok(members)
}

/// Lists the accounts in the partition of the process's Region. Where that does not know the credentials, they are of
/// another partition, and its Region is not configured.
async fn list(connector: &Connector, calls: &CallCounter) -> Result<(Client, Vec<Account>), CollectError> {
    let own = connector.partition();
    let first = connector.organizations(own, calls);
    let refusal = match list_accounts(&first).await {
        Ok(accounts) => return Ok((first, accounts)),
        Err(error) if error.is_unknown_key() => error,
        Err(error) => return Err(error),
    };
    for other in PARTITIONS.into_iter().filter(|partition| partition.is_public && *partition != own) {
        let client = connector.organizations(other, calls);
        if let Ok(accounts) = list_accounts(&client).await {
            return Ok((client, accounts));
        }
    }
    Err(refusal)
}

async fn list_accounts(client: &Client) -> Result<Vec<Account>, CollectError> {
    let page = |token: Option<String>| async {
        let answer = client.list_accounts().max_results(PAGE_ROWS).set_next_token(token).send().await;
        let page = answer.map_err(|error| CollectError::from_sdk(LIST_ACCOUNTS, &error))?;
        Ok((page.accounts, page.next_token))
    };
    every_page(LIST_ACCOUNTS, page).await
}

/// AWS has replaced `Status` with `State`; some endpoints still send the former.
fn is_active(account: &Account) -> bool {
    match account.state() {
        Some(state) => state.as_str() == ACTIVE,
        None => account.status() == Some(&AccountStatus::Active),
    }
}

async fn tags_of(client: &Client, account: &str) -> Result<HashMap<String, String>, CollectError> {
    let page = |token: Option<String>| async {
        let answer = client.list_tags_for_resource().resource_id(account).set_next_token(token).send().await;
        let page = answer.map_err(|error| CollectError::from_sdk(LIST_TAGS, &error))?;
        Ok((page.tags, page.next_token))
    };
    let tags = every_page(LIST_TAGS, page).await?;
    let ours = tags.iter().filter_map(|tag| Some((tag.key().strip_prefix(TAG_PREFIX)?, tag.value())));
    Ok(ours.map(|(key, value)| (key.to_owned(), clean(value))).collect())
}
