//! The software installed on the instance, from its inventory.

use super::tabs::{Tab, list};
use crate::{
    model::{InstanceId, Page, SoftwareRow},
    ui::prelude::*,
};

pub fn software_card(id: &InstanceId, page: Page<SoftwareRow>, query: &str) -> AnyView {
    let empty = empty_state("No inventory", "Systems Manager has no inventory of this instance.");
    let content = list(Tab::Software, id, query, &page, empty, |rows| {
        let columns = columns_from::<SoftwareRow>(&[]);
        plain_table("Software on this instance", &columns, "name", rows, &|_, _| None)
    });
    Card::new("list", "Software").note(plural(page.total, "package", "packages")).content(content)
}
