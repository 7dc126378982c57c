//! The account's patch policies.

use super::Empty;
use crate::{model::PatchPolicyRow, ui::prelude::*};

pub const EMPTY: Empty = ("No patch policies", "Quick Setup has deployed no patch policy to this account.");

pub fn policies_card(policies: &[PatchPolicyRow], (title, reason): Empty) -> AnyView {
    let content = match policies.is_empty() {
        true => empty_state(title, reason),
        false => policies_table("Patch policies", policies, true),
    };
    Card::new("policies", "Patch policies").note(POLICY_RULE).content(content)
}
