//! Every route, in one list.

use super::{
    api,
    assets::{assets, script},
    auditors,
    customer_views::record_customer_view,
    embed::embed,
    enrollment::actions,
    exceptions, export, health,
    last_look::remember_last_look,
    layers::with_layers,
    pages::pages,
    sign_in::{audit_link, break_glass, identify::require_sign_in, oidc, person, sign_out},
    state::ServerState,
};
use axum::{
    Router,
    middleware::from_fn_with_state,
    routing::{get, post},
};

pub fn router(state: ServerState) -> Router {
    let data = Router::new()
        .route("/auditors/make", post(auditors::create_link))
        .route("/auditors/revoke", post(auditors::revoke_link))
        .route("/enrollment/act", post(actions::act))
        .route("/exceptions/make", post(exceptions::make))
        .route("/exceptions/revoke", post(exceptions::revoke))
        .merge(api::routes())
        .merge(export::routes());
    let signed_in = data
        .merge(pages(&state))
        .layer(from_fn_with_state(state.clone(), remember_last_look))
        .layer(from_fn_with_state(state.clone(), record_customer_view))
        .layer(from_fn_with_state(state.clone(), require_sign_in));
    let open = Router::new()
        .route("/healthz", get(health::show_health))
        .route("/readyz", get(health::show_readiness))
        .route("/audit-link/fill.js", get(script(include_str!("sign_in/audit_link.js"))))
        .route("/calendar-feed/{token}", get(export::ical::feed))
        .route("/audit-link/open", post(audit_link::open_link))
        .route("/sign-in/break-glass", post(break_glass::break_glass))
        .route("/sign-in/demo", post(person::sign_in_as_sample))
        .route("/sign-in/oidc", get(oidc::begin))
        .route("/sign-in/oidc/callback", get(oidc::callback))
        .route("/sign-out", post(sign_out::sign_out))
        .merge(embed(&state, export::routes()))
        .merge(assets(&state.site_dir));
    with_layers(open.merge(signed_in), &state).with_state(state)
}
