//! A page of a list of updates: the estate's, or one instance's.

use super::RpcError;
use crate::model::{page::Page, update::UpdateRow};
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

#[server(prefix = "/rpc", endpoint = "updates", input = GetUrl)]
pub async fn updates(query: String) -> Result<Page<UpdateRow>, RpcError> {
    use super::desk::Desk;
    use crate::model::filter::UpdateFilter;
    let desk = Desk::open()?;
    let filter = desk.filter(UpdateFilter::from_query(&query))?;
    desk.answer(desk.reports.updates(filter).await)
}
