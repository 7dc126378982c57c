//! The part of an instance's history, software or runs that a list shows.

use super::{Window, window, write_window};
use crate::{
    InstanceId,
    query_string::{Params, QueryError, QueryWriter},
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryFilter {
    pub instance: InstanceId,
    pub window: Window,
}

impl HistoryFilter {
    pub fn of(instance: InstanceId) -> Self {
        Self { instance, window: Window::default() }
    }

    /// For routes whose path names the instance.
    pub fn from_query(instance: InstanceId, query: &str) -> Result<Self, QueryError> {
        let mut params = Params::parse(query);
        let filter = Self { instance, window: window(&mut params)? };
        params.finish()?;
        Ok(filter)
    }

    /// For exports, whose query string names the instance.
    pub fn from_export_query(query: &str) -> Result<Self, QueryError> {
        let mut params = Params::parse(query);
        let expected = || "the id of an instance".to_owned();
        let instance = params.value("instance", expected, |text| text.trim().parse().ok())?;
        let window = window(&mut params)?;
        params.finish()?;
        let instance = instance.ok_or_else(|| QueryError::value("instance", "", expected()))?;
        Ok(Self { instance, window })
    }

    /// The query string of a page of this list; the path names the instance.
    pub fn to_query(&self) -> String {
        write_window(QueryWriter::default(), self.window).finish()
    }
}
