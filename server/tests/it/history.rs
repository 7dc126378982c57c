//! Transitions, past days, trends and service levels.

pub mod changes;
pub mod data_set;
pub mod service_level;
pub mod time_machine;
pub mod transitions;
pub mod trend;
pub mod wording;
