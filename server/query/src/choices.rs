//! The values that filters offer within the scope.

use crate::builder::{Context, QueryBuilder};
use muster_model::{
    column::Columns,
    exact::Exact,
    overview::{Choice, Choices},
    provider::Provider,
    visible::quoted_blanks,
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
    let query = QueryBuilder::for_stored_instances(context);
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
            "platform" => choices.platforms.push(exact(choice, "Not known")),
            _ => choices.patch_groups.push(exact(choice, "No patch group")),
        }
    }
    Ok(choices)
}

/// A text of instances as the filter writes it. `none` is the label of the empty text.
fn exact(choice: Choice, none: &str) -> Choice {
    let label = if choice.code.is_empty() { none.to_owned() } else { quoted_blanks(&choice.label).into_owned() };
    Choice { code: Exact::new(choice.code).written(), label, ..choice }
}
