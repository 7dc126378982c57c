//! The portal in the frame of an embedding page.

pub mod assertion;
pub mod frame;
pub mod fuzz;
pub mod refusal_log;
pub mod world;
