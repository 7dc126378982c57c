//! What tests share: a simulated estate, the portal around it, visitors and processes.

pub mod binary;
pub mod browser;
pub mod demo;
pub mod enrollment_server;
pub mod every_row;
pub mod init;
pub mod log;
pub mod process;
pub mod serving;
pub mod table;
pub mod visitor;
pub mod wait;
pub mod world;
