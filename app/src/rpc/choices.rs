//! The values that the filters above lists offer.

use super::RpcError;
use crate::model::overview;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

#[server(prefix = "/rpc", endpoint = "choices", input = GetUrl)]
pub async fn choices() -> Result<overview::Choices, RpcError> {
    use super::desk::Desk;
    let desk = Desk::open()?;
    desk.answer(desk.reports.choices().await)
}
