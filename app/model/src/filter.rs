//! What a list shows, in which order and from where on: each parameter declared once.
//!
//! `#[derive(Filter)]` (crate `muster-columns`) implements [`Filter`] from the fields of a struct. From it follow the
//! query string in both directions, the form above the list, the parameters of the API and the plain conditions in SQL.

pub mod accounts;
pub mod calendar;
pub mod changes;
pub mod coverage;
pub mod customers;
pub mod enrollments;
pub mod exceptions;
pub mod exposure;
pub mod field;
pub mod harvests;
pub mod history;
pub mod instances;
pub mod order;
pub mod patches;
pub mod runs;
pub mod service_levels;
pub mod software;
pub mod trend;
pub mod updates;

pub use accounts::AccountFilter;
pub use calendar::{CalendarFilter, ZoneName};
pub use changes::ChangesFilter;
pub use coverage::CoverageFilter;
pub use customers::CustomersFilter;
pub use enrollments::{EnrollmentFilter, EnrollmentQueueFilter};
pub use exceptions::{ExceptionDraft, ExceptionFilter};
pub use exposure::{ExposureFilter, QuestionText};
pub use field::{FilterField, ParameterValue, search, window, write_window};
pub use harvests::HarvestFilter;
pub use history::{HistoryFilter, InstanceRunsFilter, OfInstance, SoftwareFilter};
pub use instances::{AgentFilter, InstanceFilter, RunFilter};
pub use muster_columns::Filter;
pub use order::{Direction, Order};
pub use patches::{PatchFilter, PatchPageFilter};
pub use runs::{RunResultsFilter, RunsFilter};
pub use service_levels::ServiceLevelFilter;
pub use software::{InstalledFilter, PackageFilter};
pub use trend::TrendFilter;
pub use updates::UpdateFilter;

pub use super::page::Window;
use super::{
    Choice, Choices,
    column::Value,
    query_string::{Params, QueryError, QueryWriter},
};
use jiff::civil::Date;
use std::fmt::Debug;

/// The maximum length of the text in a search box, in characters.
pub const SEARCH_MAX_CHARS: usize = 200;
/// The greatest offset that can be paged to; an export gives the whole list.
pub const OFFSET_MAX: u64 = 10_000_000;

/// Refuses a first day after the last one.
fn check_days(from: Option<Date>, to: Option<Date>) -> Result<(), QueryError> {
    match (from, to) {
        (Some(from), Some(to)) if from > to => {
            Err(QueryError::value("from", from.to_string(), format!("a day that is not after `to`, {to}")))
        }
        _ => Ok(()),
    }
}

/// One parameter of a list.
#[derive(Clone, Debug)]
pub struct Parameter {
    pub key: &'static str,
    /// What it does, for the API.
    pub help: &'static str,
    /// The label of its form control; empty for a parameter without one.
    pub label: &'static str,
    /// What the control says when nothing is chosen.
    pub any: &'static str,
    /// Whether the control is under "More filters".
    pub is_folded: bool,
    /// Whether it is searched for, not compared with.
    pub is_search: bool,
    /// The column that equals its value, where the condition is as plain as that.
    pub column: Option<&'static str>,
    /// The codes that it takes, with their labels; empty where it takes others too.
    pub options: Vec<(&'static str, &'static str)>,
    /// The values that the caller's own rows have.
    pub choices: Option<fn(&Choices) -> &Vec<Choice>>,
    pub input: Input,
}

/// What a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    Text,
    Day,
    /// One of its options.
    Choice,
    /// `true` or `false`.
    Flag,
    /// One or more of its options, separated by commas.
    Choices,
    /// A number within these limits, and the one that is meant without it.
    Number {
        min: u32,
        max: Option<u32>,
        default: Option<u32>,
    },
}

/// The parameters of a list.
pub trait Filter: Debug + Sized {
    fn parameters() -> Vec<Parameter>;

    /// Takes the filter's own parameters out of a query string.
    fn take(params: &mut Params) -> Result<Self, QueryError>;

    /// Refuses parameters that contradict each other.
    fn check(self) -> Result<Self, QueryError> {
        Ok(self)
    }

    fn write(&self, writer: QueryWriter) -> QueryWriter;

    /// The parameters that are set and choose rows, by their keys.
    fn values(&self) -> Vec<(&'static str, Value<'_>)>;

    /// The part of the list that is wanted; the whole list where the filter has no window.
    fn window(&self) -> Window {
        Window { offset: 0, limit: u32::MAX }
    }

    /// The value of one parameter, if it is set.
    fn value(&self, key: &str) -> Option<Value<'_>> {
        self.values().into_iter().find(|(name, _)| *name == key).map(|(_, value)| value)
    }

    /// The columns that must equal a value.
    fn conditions(&self) -> Vec<(&'static str, Value<'_>)> {
        let columns = Self::parameters();
        let column = |key: &str| columns.iter().find(|parameter| parameter.key == key)?.column;
        self.values().into_iter().filter_map(|(key, value)| Some((column(key)?, value))).collect()
    }

    fn from_query(query: &str) -> Result<Self, QueryError> {
        let mut params = Params::parse(query);
        let filter = Self::take(&mut params)?;
        params.finish()?;
        filter.check()
    }

    fn to_query(&self) -> String {
        self.write(QueryWriter::default()).finish()
    }
}
