//! Draws figures as SVG text. Charts read no data, and use the page's CSS variables as colours, so they follow its
//! theme.

pub mod one_figure;
mod panel;
pub mod pending_by_severity;
pub mod sparkline;
pub mod still_missing;
pub mod svg;
pub mod trend;
