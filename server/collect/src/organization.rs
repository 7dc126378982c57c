//! AWS Organizations: lists the systems accounts (`ListAccounts`) and their owners (`ListTagsForResource`).
//!
//! Only tags on the account itself name its owner: instances can write what is inside an account.

use super::{calls::CallCounter, client::Connector, error::CollectError, pages::every_page, text::clean};
use aws_sdk_organizations::types::{Account, AccountStatus};
use muster_core::roster::Member;
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
    let client = connector.organizations(calls);
    let mut members = Vec::new();
    for account in list_accounts(&client).await? {
        let systems_account = clean(account.id());
        let active = is_active(&account);
        let tags = match known.get(&systems_account) {
            Some(tags) => tags.clone(),
            None if active => tags_of(&client, &systems_account).await?,
            None => HashMap::new(),
        };
        members.push(Member { systems_account, name: clean(account.name()), active, tags });
    }
    Ok(members)
}

async fn list_accounts(client: &aws_sdk_organizations::Client) -> Result<Vec<Account>, CollectError> {
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

async fn tags_of(
    client: &aws_sdk_organizations::Client,
    account: &str,
) -> Result<HashMap<String, String>, CollectError> {
    let page = |token: Option<String>| async {
        let answer = client.list_tags_for_resource().resource_id(account).set_next_token(token).send().await;
        let page = answer.map_err(|error| CollectError::from_sdk(LIST_TAGS, &error))?;
        Ok((page.tags, page.next_token))
    };
    let tags = every_page(LIST_TAGS, page).await?;
    let ours = tags.iter().filter_map(|tag| Some((tag.key().strip_prefix(TAG_PREFIX)?, tag.value())));
    Ok(ours.map(|(key, value)| (key.to_owned(), clean(value))).collect())
}
