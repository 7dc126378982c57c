//! A chart as the page gets it: an SVG drawn on the server, and the same figures as a table.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Chart {
    /// A whole `<svg>` element, made by the server from figures and constant labels: safe to put into a page as it is.
    pub svg: String,
    /// One sentence that says what the picture shows.
    pub summary: String,
    pub columns: Vec<String>,
    /// The same figures: a row for each point, with a cell for each column.
    pub rows: Vec<Vec<String>>,
}
