//! The tests at the boundary that users see: the real SDK against the simulated AWS over HTTP, the real store in a
//! real file, the real router. One binary, because linking DuckDB is what takes time.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod accounts_check;
mod api;
mod auditor_link;
mod backup;
mod binary;
mod browser;
mod changes;
mod compact;
mod export;
mod faults;
mod figures;
mod fuzz;
mod harvest;
mod history;
mod history_data;
mod history_words;
mod hostile_clock;
mod hostile_storm;
mod hostile_text;
mod hostile_wire;
mod id_tokens;
mod identity_provider;
mod killed;
mod load;
mod lost_log;
mod moved_account;
mod no_way_in;
mod oidc_sign_in;
mod organization;
mod pages;
mod parquet;
mod policy;
mod process;
mod proxy_sign_in;
mod prune;
mod retain;
mod service_level;
mod signing_key_sets;
mod signing_keys;
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
mod whole;
mod world;
