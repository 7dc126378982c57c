//! Filters and order of the list of instances.

use super::{Filter, Order, Window};
use crate::{AccountId, Exact, InstanceRow, InstanceState, PatchStatus, code::codes};
use strum::{EnumCount, EnumMessage, EnumString, IntoStaticStr, VariantArray};

#[derive(Clone, Debug, Default, PartialEq, Eq, Filter)]
pub struct InstanceFilter {
    /// Words, each part of a name, computer name, id or address.
    #[filter(label = "Name, ID or address", search)]
    pub q: Option<String>,
    /// A customer's id.
    #[filter(label = "Customer", any = "All customers", choices = customers, column = "customer_id")]
    pub customer: Option<String>,
    /// A provider's code.
    #[filter(label = "Provider", any = "All providers", choices = providers, column = "provider")]
    pub provider: Option<String>,
    /// An account's id.
    #[filter(label = "Account", any = "All accounts", choices = accounts, column = "account_id")]
    pub account: Option<AccountId>,
    /// The Region of the systems account, such as `eu-central-1`.
    #[filter(label = "Region", folded, column = "region")]
    pub region: Option<String>,
    /// The patch status.
    #[filter(label = "Patch status", any = "All statuses", column = "patch_status")]
    pub status: Option<PatchStatus>,
    /// Whether the instance is known to be online.
    #[filter(label = "Online", any = "All", yes = "Online", no = "Not online", folded, column = "online")]
    pub online: Option<bool>,
    /// Whether the instance runs. Instances that are gone are listed by `terminated` and `deregistered` only.
    #[filter(label = "State", any = "All states", folded, column = "instance_state")]
    pub instance_state: Option<InstanceState>,
    /// Whether the SSM Agent is the latest version.
    #[filter(label = "SSM Agent", any = "All versions", folded)]
    pub agent: Option<AgentFilter>,
    /// Whether any update is missing or failed.
    #[filter(
        label = "Pending OS updates",
        any = "All",
        yes = "Has pending updates",
        no = "No pending updates",
        folded
    )]
    pub pending: Option<bool>,
    /// The outcome of the latest finished Install run of the last 30 days.
    #[filter(label = "Last Install run, 30 days", any = "All results", folded)]
    pub run: Option<RunFilter>,
    /// The operating system's name as Systems Manager reports it; `\none` for instances without one.
    #[filter(label = "Operating system", any = "All operating systems", choices = platforms, folded, column = "platform_name")]
    pub platform: Option<Exact>,
    /// A patch group; `\none` for instances outside any.
    #[filter(label = "Patch group", any = "All patch groups", choices = patch_groups, folded, column = "patch_group")]
    pub patch_group: Option<Exact>,
    /// The id of a maintenance window, or of a patch policy's configuration, that targets the instances.
    #[filter(label = "Window or policy (ID)", folded)]
    pub targeted_by: Option<String>,
    /// Whether AWS counts updates that need work and does not list them.
    #[filter(label = "Details", any = "All", yes = "Details missing", no = "Complete", folded)]
    pub details_missing: Option<bool>,
    pub order: Order<InstanceRow>,
    pub window: Window,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumCount, EnumMessage, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum AgentFilter {
    #[strum(message = "Latest")]
    Latest,
    #[strum(message = "Outdated")]
    Outdated,
    /// Nothing tells what its latest version is.
    #[strum(message = "Unknown")]
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumCount, EnumMessage, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum RunFilter {
    #[strum(message = "Succeeded")]
    Succeeded,
    #[strum(message = "Failed")]
    Failed,
    /// Either of the two.
    #[strum(message = "Finished")]
    Finished,
}

codes!(all AgentFilter, RunFilter);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_the_query_string_that_it_read() {
        for query in [
            "",
            "q=web+01&customer=c&provider=gcp&account=nw-analytics-291&region=eu-central-1&status=pending_reboot&online=false&instance_state=stopped&agent=outdated\
             &pending=true&run=failed&platform=Ubuntu&patch_group=%5Cnone&targeted_by=mw-0c50858d01example&details_missing=true\
             &sort=last_scan_at&dir=desc&page=2&per_page=100",
        ] {
            let filter = InstanceFilter::from_query(query).expect(query);
            assert_eq!(filter.to_query(), query);
        }
    }

    #[test]
    fn rejects_a_wrong_value_and_names_it() {
        let message = InstanceFilter::from_query("status=sad").expect_err("not a status").to_string();
        assert!(message.starts_with("`status=sad` is not a value of `status`; it takes `up_to_date`, "), "{message}");
        assert!(InstanceFilter::from_query("page=0").is_err());
        assert!(InstanceFilter::from_query("per_page=100000").is_err());
        assert!(InstanceFilter::from_query("account=a'b").is_err());
    }

    #[test]
    fn continues_at_the_cursor_of_an_answer() {
        let filter = InstanceFilter::from_query("cursor=50").expect("a cursor");
        assert_eq!(filter.window.offset, 50);
    }
}
