//! The patch policies of the instance.

use crate::{model::InstancePage, ui::prelude::*};

pub fn policies_card(page: &InstancePage) -> AnyView {
    if page.patch_policies.is_empty() {
        return ().into_any();
    }
    Card::new("policies", "Patch policies").note(POLICY_RULE).content(policies_table(
        "Patch policies of this instance",
        &page.patch_policies,
        false,
    ))
}
