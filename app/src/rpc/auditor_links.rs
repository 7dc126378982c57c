//! The links that let auditors in.

use super::RpcError;
use crate::model::auditor_link::AuditorLinksPage;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

#[server(prefix = "/rpc", endpoint = "auditor_links", input = GetUrl)]
pub async fn auditor_links() -> Result<AuditorLinksPage, RpcError> {
    use super::desk::Desk;
    let desk = Desk::open()?;
    desk.answer(desk.reports.auditor_links().await)
}
