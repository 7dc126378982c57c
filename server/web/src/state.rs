//! The state of the web layer. Handlers and layers extract only the parts that they use.

use super::{
    current::Current,
    customer_views::CustomerViews,
    embed::state::Embed,
    enrollment::client::EnrollmentClient,
    export::gate::ExportGate,
    limits::{Admission, RequestLimits},
    rates::RateLimits,
    refusals::RefusalCounts,
    sign_in::SignIn,
};
use axum::extract::FromRef;
use leptos::config::LeptosOptions;
use muster_audit::Audit;
use muster_reports::ReportSource;
use std::{path::PathBuf, sync::Arc};

/// Each field can be extracted as `State<…>` of its type.
#[derive(Clone, FromRef)]
pub struct ServerState {
    pub reports: ReportSource,
    pub leptos_options: LeptosOptions,
    /// The folder whose `pkg` holds scripts, WASM and styles.
    #[from_ref(skip)]
    pub site_dir: Arc<PathBuf>,
    /// The link of the empty portal's button.
    #[from_ref(skip)]
    pub learn_more_url: Arc<str>,
    #[from_ref(skip)]
    pub sign_in: Current<SignIn>,
    pub audit: Audit,
    pub exports: ExportGate,
    pub customer_views: CustomerViews,
    pub admission: Arc<Admission>,
    pub rate_limits: Arc<RateLimits>,
    pub refusals: Arc<RefusalCounts>,
    #[from_ref(skip)]
    pub embed: Current<Embed>,
    /// None if no enrollment server is configured.
    #[from_ref(skip)]
    pub enrollment: Option<Arc<EnrollmentClient>>,
}

/// Sign-in as it is configured now.
impl FromRef<ServerState> for Arc<SignIn> {
    fn from_ref(state: &ServerState) -> Self {
        state.sign_in.get()
    }
}

/// Embedding as it is configured now.
impl FromRef<ServerState> for Arc<Embed> {
    fn from_ref(state: &ServerState) -> Self {
        state.embed.get()
    }
}

impl ServerState {
    pub fn new(reports: ReportSource, site_dir: PathBuf, learn_more_url: &str, sign_in: SignIn, audit: Audit) -> Self {
        // Trunk.toml has the same names; if they differ, pages never hydrate.
        let leptos_options = LeptosOptions::builder()
            .output_name("app")
            .site_root(site_dir.to_string_lossy().into_owned())
            .site_pkg_dir("pkg")
            .build();
        let limits = RequestLimits::default();
        Self {
            leptos_options,
            site_dir: Arc::new(site_dir),
            learn_more_url: learn_more_url.into(),
            audit,
            exports: ExportGate::default(),
            customer_views: CustomerViews::default(),
            admission: Arc::new(Admission::new(limits)),
            rate_limits: Arc::new(RateLimits::new(limits.pages, limits.sign_ins, &reports.clock)),
            refusals: Arc::default(),
            embed: Current::new(Embed::new(&sign_in.public_url, Vec::new(), reports.clock.clone())),
            sign_in: Current::new(sign_in),
            enrollment: None,
            reports,
        }
    }

    pub fn with_limits(self, limits: RequestLimits) -> Self {
        let admission = Arc::new(Admission::new(limits));
        let rate_limits = Arc::new(RateLimits::new(limits.pages, limits.sign_ins, &self.reports.clock));
        Self { admission, rate_limits, ..self }
    }

    /// Replaces sign-in and embedding. Sessions continue, except those that could not be started any more.
    pub fn reconfigure(&self, sign_in: SignIn, embed: Embed) {
        self.sign_in.replace(|earlier| sign_in.continuing(earlier));
        self.embed.replace(|earlier| embed.continuing(earlier));
    }

    /// Asks this enrollment server, if there is one.
    pub fn with_enrollment(self, client: Option<Arc<EnrollmentClient>>) -> Self {
        Self { enrollment: client, ..self }
    }

    pub fn with_embed(self, embed: Embed) -> Self {
        Self { embed: Current::new(embed), ..self }
    }
}
