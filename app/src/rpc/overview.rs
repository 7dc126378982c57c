//! What the first page shows.

use super::RpcError;
use crate::model::overview as model;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

#[server(prefix = "/rpc", endpoint = "overview", input = GetUrl)]
pub async fn overview(query: String) -> Result<model::Overview, RpcError> {
    use super::desk::Desk;
    use crate::model::filter::AccountFilter;
    let desk = Desk::open()?;
    let filter = desk.filter(AccountFilter::from_query(&query))?;
    desk.answer(desk.reports.overview(filter).await)
}
