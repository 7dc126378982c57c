//! Figures, their links and their recomputation.

pub mod figures;
pub mod verification;
