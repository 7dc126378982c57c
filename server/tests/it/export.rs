//! CSV, JSON lines and Parquet files.

pub mod files;
pub mod formulas;
pub mod limits;
pub mod parquet;
