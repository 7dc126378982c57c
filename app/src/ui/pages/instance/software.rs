//! The software installed on the instance, from its inventory.

use super::tabs::Tab;
use crate::{
    model::{InstanceId, Page, SoftwareFilter, SoftwareRow},
    ui::prelude::*,
};

pub fn software_card(id: &InstanceId, page: Page<SoftwareRow>, query: &str) -> AnyView {
    let filter = SoftwareFilter::from_query(query).unwrap_or_default();
    let empty = match filter.q {
        Some(_) => no_matches("packages of this instance", &Tab::Software.href(id)),
        None => empty_state("No inventory", "Systems Manager has no inventory of this instance."),
    };
    let href = |window| Tab::Software.list_href(id, &SoftwareFilter { window, ..filter.clone() }.to_query());
    let content = paged(&page, filter.window, href, empty, |rows| {
        let columns = columns_from::<SoftwareRow>(&[]);
        plain_table("Software on this instance", &columns, "name", rows, &|_, _| None)
    });
    let form = Tab::Software.form(id, query, &filter, &["q"]);
    Card::new("list", "Software").note(plural(page.total, "package", "packages")).content((form, content))
}
