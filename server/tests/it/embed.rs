//! The portal in another page's frame.

pub mod assertion;
pub mod frame;
pub mod fuzz;
pub mod world;
