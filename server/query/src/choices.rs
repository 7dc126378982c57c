//! The values that filters offer within the scope.

use crate::builder::{Context, QueryBuilder};
use muster_model::{
    column::Columns,
    overview::{Choice, Choices},
    provider::Provider,
};
use muster_store::error::StoreError;

#[derive(Columns)]
struct Found {
    /// The filter that offers it.
    kind: String,
    #[column(flatten)]
    choice: Choice,
}

pub fn choices(context: Context<'_>) -> Result<Choices, StoreError> {
    let query = QueryBuilder::for_instance_status(context);
    let rows: Vec<Found> = query.read("the filters' values", include_str!("choices.sql"))?;
    let mut choices = Choices::default();
    for Found { kind, mut choice } in rows {
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
