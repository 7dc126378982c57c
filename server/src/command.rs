//! The commands of the binary.

pub mod accounts;
pub mod audit;
pub mod backup_socket;
pub mod cli;
pub mod demo;
mod demo_enrollment;
mod demo_exceptions;
pub mod demo_people;
pub mod enroll;
mod enrolled_accounts;
pub mod events;
pub mod export;
pub mod feeds;
pub mod harvest;
pub mod init;
pub mod manage_portal;
pub mod password_hash;
pub mod policy;
pub mod reload;
pub mod run_output;
pub mod serve;
pub mod setup;
mod signing_key;
pub mod simulate;
pub mod simulate_metadata;
pub mod store;
pub mod verify;
