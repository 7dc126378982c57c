//! What every handler can reach.

use super::{
    customer_views::CustomerViews,
    embed::Embed,
    export::gate::ExportGate,
    limits::{RequestLimits, Room},
    refusals::Refusals,
    sign_in::SignIn,
};
use axum::extract::FromRef;
use leptos::config::LeptosOptions;
use muster_audit::Audit;
use muster_reports::ReportSource;
use std::{path::PathBuf, sync::Arc};

#[derive(Clone)]
pub struct ServerState {
    pub reports: ReportSource,
    pub leptos_options: LeptosOptions,
    /// The folder whose `pkg` holds scripts, WASM and styles.
    pub site_dir: Arc<PathBuf>,
    /// Where the button of the empty portal leads.
    pub learn_more_url: Arc<str>,
    pub sign_in: Arc<SignIn>,
    pub audit: Audit,
    pub exports: ExportGate,
    pub customer_views: CustomerViews,
    /// What the process has left for requests.
    pub room: Arc<Room>,
    /// How many requests were refused that are still to be told of.
    pub refusals: Arc<Refusals>,
    /// Who may frame the portal, and the frames' sessions.
    pub embed: Arc<Embed>,
}

impl ServerState {
    pub fn new(reports: ReportSource, site_dir: PathBuf, learn_more_url: &str, sign_in: SignIn, audit: Audit) -> Self {
        // The names that Trunk gives the browser's half (Trunk.toml); they must agree or pages never hydrate.
        let leptos_options = LeptosOptions::builder()
            .output_name("app")
            .site_root(site_dir.to_string_lossy().into_owned())
            .site_pkg_dir("pkg")
            .build();
        let room = Room::new(RequestLimits::default(), &reports.clock);
        let embed = Arc::new(Embed::new(&sign_in.public_url, Vec::new(), reports.clock.clone()));
        Self {
            reports,
            leptos_options,
            site_dir: Arc::new(site_dir),
            learn_more_url: learn_more_url.into(),
            sign_in: Arc::new(sign_in),
            audit,
            exports: ExportGate::default(),
            customer_views: CustomerViews::default(),
            room: Arc::new(room),
            refusals: Arc::default(),
            embed,
        }
    }

    /// With other limits than the portal's own.
    pub fn with_limits(self, limits: RequestLimits) -> Self {
        let room = Arc::new(Room::new(limits, &self.reports.clock));
        Self { room, ..self }
    }

    pub fn with_embed(self, embed: Embed) -> Self {
        Self { embed: Arc::new(embed), ..self }
    }
}

impl FromRef<ServerState> for LeptosOptions {
    fn from_ref(state: &ServerState) -> Self {
        state.leptos_options.clone()
    }
}
