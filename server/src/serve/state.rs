//! What every handler can reach.

use super::{embed::Embed, sign_in::SignIn};
use crate::query::reports::ReportSource;
use axum::extract::FromRef;
use leptos::config::LeptosOptions;
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
    /// Who may frame the portal, and the frames' sessions.
    pub embed: Arc<Embed>,
}

impl ServerState {
    pub fn new(reports: ReportSource, site_dir: PathBuf, learn_more_url: &str, sign_in: SignIn) -> Self {
        // The names that Trunk gives the browser's half (Trunk.toml); they must agree or pages never hydrate.
        let leptos_options = LeptosOptions::builder()
            .output_name("app")
            .site_root(site_dir.to_string_lossy().into_owned())
            .site_pkg_dir("pkg")
            .build();
        let embed = Arc::new(Embed::new(&sign_in.public_url, Vec::new(), reports.clock.clone()));
        Self {
            reports,
            leptos_options,
            site_dir: Arc::new(site_dir),
            learn_more_url: learn_more_url.into(),
            sign_in: Arc::new(sign_in),
            embed,
        }
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
