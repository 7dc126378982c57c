//! Cases from public trackers and AWS's own documentation that were once shown wrong: the answers of Systems Manager as
//! reported, played to the real harvester over HTTP, and what the real portal then shows.
//!
//! A case is `cases/NAME.json`: `accounts.<systems account>.ssm.<Operation>` is what the operation answers, `ssm@<region>`
//! what it answers in one Region, and `dayN` replaces operations from round N on. `ssm_fault.<region>`, `quick_setup_fault.<region>` and
//! `sts_fault.<region>` are errors. A text `@-2h` is a time before the round's, `@2025-11-05T02:00:00Z` an absolute one.

mod agents;
mod attested;
pub mod case;
mod contradictions;
mod dates;
mod identity;
mod instance_states;
mod never_harvested;
mod package_epoch;
mod package_managers;
mod patch_documents;
mod patch_policies;
mod regions;
mod statuses;
mod twins;
mod unsupported_system;
mod values;
pub mod wire;
mod wrong_numbers;
