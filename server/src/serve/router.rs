//! Every route, in one list.

use super::{
    api,
    assets::assets,
    embed::embed,
    export, health,
    layers::layered,
    pages::pages,
    sign_in::{break_glass, demo, identify::signed_in_only, sign_out},
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
        .merge(export::routes());
    let signed_in = data.merge(pages(&state)).layer(from_fn_with_state(state.clone(), signed_in_only));
    let open = Router::new()
        .route("/healthz", get(health::show_health))
        .route("/readyz", get(health::show_readiness))
        .route("/sign-in/break-glass", post(break_glass::break_glass))
        .route("/sign-in/demo", post(demo::sign_in_as_sample))
        .route("/sign-out", post(sign_out::sign_out))
        .merge(embed(&state, export::routes()))
        .merge(assets(&state));
    layered(open.merge(signed_in)).with_state(state)
}
