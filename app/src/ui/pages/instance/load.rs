//! Loads the instance and the list of the selected tab.

use super::tabs::{Tab, split};
use crate::{
    model::{
        EnrolledAs, Enrollment, EnrollmentOutage, InstancePage, InvocationRow, Page, SoftwareRow, TransitionRow,
        UpdateRow, query_string::QueryWriter,
    },
    ui::prelude::*,
};

pub struct InstanceData {
    pub page: InstancePage,
    pub tab: Tab,
    pub rows: TabRows,
    /// The query string of the tab's list.
    pub query: String,
    pub enrollment: Option<Result<Vec<Enrollment>, EnrollmentOutage>>,
}

/// The rows of the selected tab.
pub enum TabRows {
    Updates(Page<UpdateRow>),
    History(Page<TransitionRow>),
    Software(Page<SoftwareRow>),
    Runs(Page<InvocationRow>),
}

pub async fn load(at: Address) -> Result<InstanceData, RpcError> {
    let (tab, query) = split(&at.query).map_err(|error| RpcError::BadRequest(error.to_string()))?;
    let id = at.id;
    let page = rpc::instance(id.clone()).await?;
    // Few instances were enrolled, and only their tags say so.
    let enrollment = match EnrolledAs::of_tags(&page.tags) {
        Some(_) => rpc::enrollment_trail(id.clone()).await?,
        None => None,
    };
    let list = query.clone();
    let rows = match tab {
        Tab::Updates => TabRows::Updates(rpc::updates(of_instance(&list, &id)).await?),
        Tab::History => TabRows::History(rpc::history(id, list).await?),
        Tab::Software => TabRows::Software(rpc::software(id, list).await?),
        Tab::Runs => TabRows::Runs(rpc::runs(id, list).await?),
    };
    Ok(InstanceData { page, tab, rows, query, enrollment })
}

/// Restricts the list of updates to the path's instance. Another `instance` in the query string is then a second value, which
/// the filter refuses.
fn of_instance(query: &str, instance: &str) -> String {
    form_urlencoded::parse(query.as_bytes())
        .fold(QueryWriter::default(), |writer, (key, value)| writer.text(&key, Some(&value)))
        .text("instance", Some(instance))
        .finish()
}

#[cfg(test)]
mod tests {
    use super::of_instance;
    use crate::model::UpdateFilter;

    #[test]
    fn another_instance_than_the_paths_is_refused() {
        let filter = |query| UpdateFilter::from_query(&of_instance(query, "i-76543210"));
        assert!(filter("state=Failed").is_ok() && filter("instance=i-76543210").is_ok());
        let message = filter("instance=i-01234567").expect_err("another one").to_string();
        assert!(message.contains("`instance`"), "{message}");
    }
}
