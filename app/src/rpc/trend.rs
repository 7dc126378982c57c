//! One figure over days.

use super::RpcError;
use crate::model::trend::TrendPage;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

#[server(prefix = "/rpc", endpoint = "trend", input = GetUrl)]
pub async fn trend(query: String) -> Result<TrendPage, RpcError> {
    use super::desk::Desk;
    use crate::model::filter::TrendFilter;
    let desk = Desk::open()?;
    let filter = desk.filter(TrendFilter::from_query(&query))?;
    desk.answer(desk.reports.trend(filter).await)
}
