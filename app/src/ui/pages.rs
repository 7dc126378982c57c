//! The pages: each loads its data and arranges parts. What several pages share is in `parts`.

mod account;
mod audit_link;
mod auditors;
mod calendar;
mod changes;
mod coverage;
mod customers;
mod enrollment;
mod exceptions;
mod exposure;
mod fleet;
mod harvest;
mod instance;
mod instances;
mod not_found;
mod overview;
mod runs;
mod service_level;
mod sign_in;
mod software;
mod trends;
mod updates;

pub use account::account_page;
pub use audit_link::{AUDIT_LINK, audit_link_page};
pub use auditors::{AUDITORS, NewLink, auditors_page};
pub use calendar::calendar_page;
pub use changes::changes_page;
pub use coverage::coverage_page;
pub use customers::customers_page;
pub use enrollment::{
    ENROLLMENT, ENROLLMENT_QUEUE, RejectedAction, enrollment_guide_page, enrollment_page, enrollment_queue_page,
};
pub use exceptions::{EXCEPTIONS, NEW_EXCEPTION, RejectedException, except_link, exceptions_page, new_exception_page};
pub use exposure::exposure_page;
pub use harvest::harvest_page;
pub use instance::instance_page;
pub use instances::instances_page;
pub use not_found::not_found_page;
pub use overview::{LearnMore, overview_page};
pub use runs::{run_page, run_results_page, runs_page};
pub use service_level::service_level_page;
pub use sign_in::{SIGN_IN, sign_in_page};
pub use software::{installed_page, software_page};
pub use trends::trends_page;
pub use updates::{patch_page, update_list_page, updates_page};
