//! The tests at the boundary that users see: the real SDK against the simulated AWS over HTTP, the real store in a
//! real file, the real router. One binary, because linking DuckDB is what takes time.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod accounts_check;
mod api;
mod audit_chain;
mod audit_served;
mod backup;
mod binary;
mod changes;
mod compact;
mod export;
mod export_limits;
mod faults;
mod figures;
mod fuzz;
mod harvest;
mod history;
mod history_data;
mod history_words;
mod hostile_clock;
mod hostile_export;
mod hostile_storm;
mod hostile_text;
mod hostile_wire;
mod killed;
mod load;
mod lost_log;
mod organization;
mod pages;
mod parquet;
mod planted;
mod policy;
mod process;
mod prune;
mod retain;
mod service_level;
mod serving;
mod slow_cycle;
mod store_file;
mod table;
mod tap;
mod tenancy;
mod tidy;
mod time_machine;
mod traps;
mod traps_requests;
mod traps_values;
mod trend;
mod verify;
mod walls;
mod whole;
mod world;
