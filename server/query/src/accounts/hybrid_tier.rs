//! What the tier of hybrid instances means for an account: how many more it may have, and what is not patched.

use crate::builder::{Context, QueryBuilder};
use muster_model::{column::Columns, ids::AccountId};
use muster_store::error::StoreError;

/// Hybrid instances that an account may have in a Region in the standard tier.
const STANDARD_MAX: u64 = 1_000;
/// The share of them, in percent, from which on there is a notice.
const NOTICE_PERCENT: u64 = 80;
/// The tier without either limit.
const ADVANCED: &str = "advanced";
pub const STANDARD: &str = "standard";

#[derive(Columns)]
struct HybridInstances {
    region: String,
    instances: u64,
    windows_instances: u64,
    /// Empty where it is not known.
    tier: String,
}

/// Returns sentences for a person, by Region.
pub fn notices(context: Context<'_>, account: &AccountId) -> Result<Vec<String>, StoreError> {
    let mut query = QueryBuilder::for_instances(context);
    query.filter_by("f.account_id = {}", account.to_string());
    let regions: Vec<HybridInstances> =
        query.read("hybrid instances by Region", include_str!("hybrid_instances.sql"))?;
    Ok(regions.iter().flat_map(of_region).collect())
}

fn of_region(found: &HybridInstances) -> Vec<String> {
    let HybridInstances { region, instances, windows_instances, tier } = found;
    let mut notices = Vec::new();
    if tier != ADVANCED && *instances * 100 >= STANDARD_MAX * NOTICE_PERCENT {
        notices.push(format!(
            "{region} has {instances} of the {STANDARD_MAX} hybrid instances that the standard tier allows. Further ones cannot be \
             registered without the advanced tier."
        ));
    }
    if tier == STANDARD && *windows_instances > 0 {
        notices.push(format!(
            "{region} has hybrid instances with Windows in the standard tier, which does not patch Microsoft applications such as \
             SQL Server or Office: no pending updates says nothing about these."
        ));
    }
    notices
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(instances: u64, windows_instances: u64, tier: &str) -> usize {
        of_region(&HybridInstances { region: "r".to_owned(), instances, windows_instances, tier: tier.to_owned() })
            .len()
    }

    #[test]
    fn the_standard_tier_is_nearly_full_from_80_percent_on() {
        assert_eq!([799, 800, 1_000].map(|instances| of(instances, 0, STANDARD)), [0, 1, 1]);
        assert_eq!(
            [of(800, 0, ""), of(2_000, 0, ADVANCED)],
            [1, 0],
            "a tier that is not known may be the standard one"
        );
    }

    #[test]
    fn windows_instances_in_the_standard_tier_are_noted() {
        assert_eq!([of(5, 1, STANDARD), of(5, 1, ADVANCED), of(5, 1, ""), of(5, 0, STANDARD)], [1, 0, 0, 0]);
    }
}
