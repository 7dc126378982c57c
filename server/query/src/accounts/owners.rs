//! The customers that an account or an instance in scope belongs to.

use crate::{
    builder::{AccountSelection, Context, QueryBuilder},
    instance_key_filter::find_instance,
};
use muster_model::ids::{AccountId, InstanceId};
use muster_store::error::StoreError;

pub fn customer_of_account(context: Context<'_>, account: &AccountId) -> Result<Option<String>, StoreError> {
    let mut query = QueryBuilder::for_regions(context);
    query.filter_accounts(AccountSelection::one(account));
    first(&query, "SELECT DISTINCT customer_id FROM region_state WHERE true {filters}")
}

pub fn customer_of_instance(context: Context<'_>, instance: &InstanceId) -> Result<Option<String>, StoreError> {
    let mut query = QueryBuilder::for_instances(context);
    query.filter_instance(&find_instance(context, instance)?);
    first(&query, "SELECT DISTINCT customer_id FROM instances f WHERE true {filters}")
}

fn first(query: &QueryBuilder<'_>, statement: &str) -> Result<Option<String>, StoreError> {
    Ok(query.rows("the owner", statement, |row| row.get(0))?.into_iter().next())
}
