//! Every page and its path, in one list. Pages are rendered completely before the first byte is sent, so the HTTP status
//! is correct and no JavaScript is needed to read them.

use super::pages::{
    account_page, audit_link_page, auditors_page, calendar_page, changes_page, coverage_page, customers_page,
    enrollment_guide_page, enrollment_page, enrollment_queue_page, exceptions_page, exposure_page, harvest_page,
    installed_page, instance_page, instances_page, new_exception_page, not_found_page, overview_page, patch_page,
    run_page, run_results_page, runs_page, service_level_page, sign_in_page, software_page, trends_page,
    update_list_page, updates_page,
};
use leptos::prelude::*;
use leptos_router::{
    SsrMode,
    components::{FlatRoutes, Route},
    path,
};

pub fn routes() -> AnyView {
    view! {
        <FlatRoutes fallback=not_found_page>
            <Route path=path!("/") view=overview_page ssr=SsrMode::Async />
            <Route path=path!("/accounts/:account") view=account_page ssr=SsrMode::Async />
            <Route path=path!("/instances") view=instances_page ssr=SsrMode::Async />
            <Route path=path!("/instances/:instance") view=instance_page ssr=SsrMode::Async />
            <Route path=path!("/updates") view=updates_page ssr=SsrMode::Async />
            <Route path=path!("/updates/list") view=update_list_page ssr=SsrMode::Async />
            <Route path=path!("/updates/:patch") view=patch_page ssr=SsrMode::Async />
            <Route path=path!("/customers") view=customers_page ssr=SsrMode::Async />
            <Route path=path!("/runs") view=runs_page ssr=SsrMode::Async />
            <Route path=path!("/runs/results") view=run_results_page ssr=SsrMode::Async />
            <Route path=path!("/runs/:command") view=run_page ssr=SsrMode::Async />
            <Route path=path!("/coverage") view=coverage_page ssr=SsrMode::Async />
            <Route path=path!("/calendar") view=calendar_page ssr=SsrMode::Async />
            <Route path=path!("/enrollment") view=enrollment_guide_page ssr=SsrMode::Async />
            <Route path=path!("/enrollment/queue") view=enrollment_queue_page ssr=SsrMode::Async />
            <Route path=path!("/enrollment/:enrollment") view=enrollment_page ssr=SsrMode::Async />
            <Route path=path!("/exposure") view=exposure_page ssr=SsrMode::Async />
            <Route path=path!("/exceptions") view=exceptions_page ssr=SsrMode::Async />
            <Route path=path!("/exceptions/new") view=new_exception_page ssr=SsrMode::Async />
            <Route path=path!("/changes") view=changes_page ssr=SsrMode::Async />
            <Route path=path!("/software") view=software_page ssr=SsrMode::Async />
            <Route path=path!("/software/list") view=installed_page ssr=SsrMode::Async />
            <Route path=path!("/trends") view=trends_page ssr=SsrMode::Async />
            <Route path=path!("/service-level") view=service_level_page ssr=SsrMode::Async />
            <Route path=path!("/auditors") view=auditors_page ssr=SsrMode::Async />
            <Route path=path!("/audit-link") view=audit_link_page ssr=SsrMode::Async />
            <Route path=path!("/sign-in") view=sign_in_page ssr=SsrMode::Async />
            <Route path=path!("/harvest") view=harvest_page ssr=SsrMode::Async />
        </FlatRoutes>
    }
    .into_any()
}
