//! The portal's data types: what a page, a JSON answer and a CSV row are made of.
//!
//! Nothing here knows Leptos, HTTP, SQL or AWS. Integers have a fixed width, because the same types live on a 64-bit
//! server and in 32-bit WASM. Times are UTC instants and serialise as RFC 3339.

// The derives of `muster-columns` name this crate by its own name, here as everywhere.
extern crate self as muster_model;

pub mod account;
pub mod auditor_link;
pub mod calendar;
pub mod change;
pub mod chart;
mod code;
pub mod column;
pub mod coverage;
pub mod customer;
pub mod enrollment;
pub mod enrollment_page;
pub mod exact;
pub mod exception;
pub mod exposure;
pub mod filter;
pub mod freshness;
pub mod harvest;
pub mod ids;
pub mod instance;
pub mod instance_state;
pub mod nodes;
pub mod overview;
pub mod page;
pub mod past;
pub mod patch;
pub mod patch_status;
pub mod plan;
pub mod ports;
pub mod provider;
pub mod query_string;
pub mod run;
pub mod run_cause;
pub mod schedule;
pub mod service_level;
pub mod severity;
pub mod software;
pub mod transition;
pub mod trend;
pub mod update;
pub mod verification;
pub mod viewer;
pub mod visible;

// Types go by their own names; functions and constants by their modules.
pub use self::{
    account::*, auditor_link::*, calendar::*, change::*, chart::*, coverage::*, customer::*, enrollment::*,
    enrollment_page::*, exact::*, exception::*, exposure::*, freshness::*, harvest::*, ids::*, instance::*,
    instance_state::*, nodes::*, overview::*, page::*, patch::*, patch_status::*, plan::*, provider::*, run::*,
    service_level::*, severity::*, software::*, transition::*, trend::*, update::*, verification::*, viewer::*,
};
pub use filter::{
    AccountFilter, AgentFilter, CalendarFilter, ChangesFilter, CoverageFilter, CustomersFilter, Direction,
    EnrollmentFilter, EnrollmentQueueFilter, ExceptionDraft, ExceptionFilter, ExposureFilter, Filter, HarvestFilter,
    HistoryFilter, InstalledFilter, InstanceFilter, InstanceRunsFilter, OfInstance, Order, PackageFilter, PatchFilter,
    QuestionText, RunFilter, RunResultsFilter, RunsFilter, ServiceLevelFilter, SoftwareFilter, TrendFilter,
    UpdateFilter,
};
