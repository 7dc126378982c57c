//! The lists of one instance: its history, its software and its runs.

use super::{Filter, Window, check_days};
use crate::{
    InstanceId, TransitionKind, TransitionRow,
    query_string::{Params, QueryError, QueryWriter},
};
use jiff::{civil::Date, tz::Offset};

/// A list of one instance, and the rows of it that are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfInstance<F> {
    pub instance: InstanceId,
    pub rows: F,
}

impl<F: Filter> OfInstance<F> {
    /// For routes whose path names the instance.
    pub fn from_query(instance: InstanceId, query: &str) -> Result<Self, QueryError> {
        Ok(Self { instance, rows: F::from_query(query)? })
    }

    /// For exports, whose query string names the instance.
    pub fn from_export_query(query: &str) -> Result<Self, QueryError> {
        let mut params = Params::parse(query);
        let expected = || "the id of an instance".to_owned();
        let instance = params.value("instance", expected, |text| text.trim().parse().ok())?;
        let rows = F::take(&mut params)?;
        params.finish()?;
        let instance = instance.ok_or_else(|| QueryError::value("instance", "", expected()))?;
        Ok(Self { instance, rows: rows.check()? })
    }

    /// For exports.
    pub fn to_export_query(&self) -> String {
        let writer = QueryWriter::default().text("instance", Some(self.instance.as_str()));
        self.rows.write(writer).finish()
    }
}

impl<F: Default> OfInstance<F> {
    /// The first page of everything.
    pub fn all(instance: InstanceId) -> Self {
        Self { instance, rows: F::default() }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Filter)]
#[filter(check = Self::in_order)]
pub struct HistoryFilter {
    /// Words, each part of the update's description or name.
    #[filter(label = "Update", search)]
    pub q: Option<String>,
    /// What happened.
    #[filter(label = "Change", any = "All changes")]
    pub kind: Option<TransitionKind>,
    /// The first day.
    #[filter(label = "From")]
    pub from: Option<Date>,
    /// The last day.
    #[filter(label = "To")]
    pub to: Option<Date>,
    pub window: Window,
}

impl HistoryFilter {
    fn in_order(self) -> Result<Self, QueryError> {
        check_days(self.from, self.to).map(|()| self)
    }

    /// Whether every change is wanted.
    pub fn is_whole(&self) -> bool {
        Self { window: Window::default(), ..self.clone() } == Self::default()
    }

    pub fn matches(&self, row: &TransitionRow) -> bool {
        let day = Offset::UTC.to_datetime(row.happened_at).date();
        let text = format!("{} {}", row.description, row.name).to_lowercase();
        let mut words = self.q.as_deref().unwrap_or_default().split_whitespace();
        words.all(|word| text.contains(&word.to_lowercase()))
            && self.kind.is_none_or(|kind| kind == row.kind)
            && self.from.is_none_or(|from| day >= from)
            && self.to.is_none_or(|to| day <= to)
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Filter)]
pub struct SoftwareFilter {
    /// Words, each part of the name, version or publisher of the package.
    #[filter(label = "Package", search)]
    pub q: Option<String>,
    pub window: Window,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Filter)]
pub struct InstanceRunsFilter {
    pub window: Window,
}
