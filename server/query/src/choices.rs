//! The values that filters offer within the scope.

use crate::builder::{Context, QueryBuilder};
use duckdb::Connection;
use muster_model::{
    overview::{Choice, Choices},
    provider::Provider,
};
use muster_store::error::StoreError;

pub fn choices(connection: &Connection, context: Context<'_>) -> Result<Choices, StoreError> {
    let query = QueryBuilder::for_instance_status(context);
    let rows: Vec<(String, Choice)> =
        query.rows(connection, "the filters' values", include_str!("choices.sql"), |row| {
            Ok((row.get(0)?, Choice { code: row.get(1)?, label: row.get(2)?, instances: row.get(3)? }))
        })?;
    let mut choices = Choices::default();
    for (kind, mut choice) in rows {
        match kind.as_str() {
            "customer" => choices.customers.push(choice),
            "provider" => {
                choice.label = Provider::new(choice.code.as_str()).label().to_owned();
                choices.providers.push(choice);
            }
            "account" => choices.accounts.push(choice),
            "platform" => choices.platforms.push(choice),
            _ => {
                if choice.code.is_empty() {
                    choice = Choice { code: "none".to_owned(), label: "No patch group".to_owned(), ..choice };
                }
                choices.patch_groups.push(choice);
            }
        }
    }
    Ok(choices)
}
