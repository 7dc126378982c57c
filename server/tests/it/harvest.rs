//! What a round asks AWS for, and what it stores when AWS misbehaves.

pub mod accounts_check;
pub mod activation_tier;
pub mod broken_answers;
pub mod call_plan;
pub mod clocks;
mod events;
mod events_served;
pub mod faults;
pub mod feeds;
mod flow;
pub mod instance_list;
pub mod nodes;
mod organization;
pub mod patch_policies;
pub mod policy;
pub mod reference_data;
pub mod reload;
pub mod ssm_quirks;
pub mod ssm_quirks_requests;
pub mod ssm_quirks_values;
pub mod standing_failures;
pub mod stored_rows;
pub mod throttling;
pub mod wire_proxy;
