//! How the harvest of every account went.

use super::RpcError;
use crate::model::harvest::HarvestPage;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

#[server(prefix = "/rpc", endpoint = "harvest", input = GetUrl)]
pub async fn harvest(query: String) -> Result<HarvestPage, RpcError> {
    use super::desk::Desk;
    use crate::model::filter::HarvestFilter;
    let desk = Desk::open()?;
    let filter = desk.filter(HarvestFilter::from_query(&query))?;
    desk.answer(desk.reports.harvest(filter).await)
}
