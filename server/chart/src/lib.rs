//! Charts: figures to SVG text, pure. Colours are the page's own CSS variables, so a chart follows its theme.

pub mod one_figure;
mod panel;
pub mod pending_by_severity;
pub mod svg;
pub mod trend;
