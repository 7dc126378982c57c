//! Every route, in one list.

use super::{
    api,
    assets::assets,
    auditors,
    customer_views::record_customer_view,
    embed::embed,
    export, health,
    layers::with_layers,
    pages::pages,
    sign_in::{audit_link, break_glass, demo, identify::require_sign_in, oidc, sign_out},
    state::ServerState,
};
use axum::{
    Router,
    middleware::from_fn_with_state,
    routing::{get, post},
};

pub fn router(state: ServerState) -> Router {
    let data = Router::new()
        .route("/api/openapi.json", get(api::openapi::show_openapi))
        .route("/api/v1/accounts", get(api::accounts::list_accounts))
        .route("/api/v1/changes", get(api::changes::list_changes))
        .route("/api/v1/harvest", get(api::harvest::list_harvests))
        .route("/api/v1/instances", get(api::instances::list_instances))
        .route("/api/v1/instances/{id}", get(api::instances::find_instance))
        .route("/api/v1/instances/{id}/history", get(api::instances::list_instance_history))
        .route("/api/v1/instances/{id}/runs", get(api::instances::list_instance_runs))
        .route("/api/v1/instances/{id}/software", get(api::instances::list_instance_software))
        .route("/api/v1/instances/{id}/updates", get(api::instances::list_instance_updates))
        .route("/api/v1/service-level", get(api::service_level::show_service_level))
        .route("/api/v1/trend", get(api::trend::show_trend))
        .route("/api/v1/updates", get(api::updates::list_updates))
        .route("/auditors/make", post(auditors::create_link))
        .route("/auditors/revoke", post(auditors::revoke_link))
        .merge(export::routes());
    let signed_in = data
        .merge(pages(&state))
        .layer(from_fn_with_state(state.clone(), record_customer_view))
        .layer(from_fn_with_state(state.clone(), require_sign_in));
    let open = Router::new()
        .route("/healthz", get(health::show_health))
        .route("/readyz", get(health::show_readiness))
        .route("/audit-link/fill.js", get(audit_link::script))
        .route("/audit-link/open", post(audit_link::open_link))
        .route("/sign-in/break-glass", post(break_glass::break_glass))
        .route("/sign-in/demo", post(demo::sign_in_as_sample))
        .route("/sign-in/oidc", get(oidc::begin))
        .route("/sign-in/oidc/callback", get(oidc::callback))
        .route("/sign-out", post(sign_out::sign_out))
        .merge(embed(&state, export::routes()))
        .merge(assets(&state.site_dir));
    with_layers(open.merge(signed_in), &state).with_state(state)
}
