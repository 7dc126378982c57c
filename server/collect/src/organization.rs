//! AWS Organizations: which systems accounts there are, and whose they are.
//!
//! `ListAccounts` names the accounts, `ListTagsForResource` says whose each is. Only tags on the account itself count:
//! machines can write what is inside an account, and must not be able to name its owner.

use super::{
    calls::CallCounter,
    client::Connector,
    pages::every_page,
    text::{clean, clean_option},
};
use crate::error::from_sdk;
use aws_sdk_organizations::types::{Account, AccountStatus};
use muster_core::error::CollectError;
use muster_core::roster::Member;
use std::collections::HashMap;

pub const LIST_ACCOUNTS: &str = "ListAccounts";
pub const LIST_TAGS: &str = "ListTagsForResource";
/// AWS's maximum.
const PAGE_ROWS: i32 = 20;
/// What tags of ours begin with.
const TAG_PREFIX: &str = "muster:";
const ACTIVE: &str = "ACTIVE";

/// Every account of the organization. `known` gives the tags of accounts that need not be asked about again.
pub async fn members(
    connector: &Connector,
    calls: &CallCounter,
    known: &HashMap<String, HashMap<String, String>>,
) -> Result<Vec<Member>, CollectError> {
    let client = connector.organizations(calls);
    let mut members = Vec::new();
    for account in list_accounts(&client).await? {
        let systems_account = clean_option(account.id());
        let active = is_active(&account);
        let tags = match known.get(&systems_account) {
            Some(tags) => tags.clone(),
            None if active => tags_of(&client, &systems_account).await?,
            None => HashMap::new(),
        };
        members.push(Member { systems_account, name: clean_option(account.name()), active, tags });
    }
    Ok(members)
}

async fn list_accounts(client: &aws_sdk_organizations::Client) -> Result<Vec<Account>, CollectError> {
    let page = |token: Option<String>| async {
        let answer = client.list_accounts().max_results(PAGE_ROWS).set_next_token(token).send().await;
        let page = answer.map_err(|error| from_sdk(LIST_ACCOUNTS, &error))?;
        Ok((page.accounts, page.next_token))
    };
    every_page(LIST_ACCOUNTS, page).await
}

/// `State` is what AWS answers with now; `Status` is what it answered with before, and some endpoints still do.
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
        let page = answer.map_err(|error| from_sdk(LIST_TAGS, &error))?;
        Ok((page.tags, page.next_token))
    };
    let tags = every_page(LIST_TAGS, page).await?;
    let ours = tags.iter().filter_map(|tag| Some((tag.key().strip_prefix(TAG_PREFIX)?, tag.value())));
    Ok(ours.map(|(key, value)| (key.to_owned(), clean(value))).collect())
}
