//! The AWS organization of all systems accounts: its members and the tags that describe them to the portal.

use jiff::{Timestamp, civil::Date};
use strum::IntoStaticStr;

use super::{Account, Estate};
use crate::{clock, random::Random};

/// The portal's own account, which manages the organization.
pub const MANAGEMENT_ACCOUNT: &str = "110000000011";

/// The organization is older than every estate.
const FOUNDED: Date = Date::constant(2019, 3, 4);

/// Members besides the systems accounts: the management account and two accounts that are leaving.
const OTHER_MEMBERS: usize = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr)]
#[strum(const_into_str, serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum MemberState {
    Active,
    Suspended,
    PendingClosure,
}

#[derive(Clone, Debug)]
pub struct Member {
    pub id: String,
    pub name: String,
    pub joined_at: Timestamp,
    pub state: MemberState,
    /// The members that have the state in responses. AWS replaces `Status` by `State`, so some have either, some both.
    pub state_members: &'static [&'static str],
}

pub fn size(estate: &Estate) -> usize {
    estate.accounts().len() + OTHER_MEMBERS
}

/// The member at an index: first the management account, then the systems accounts in the roster's order, last the
/// two that are leaving and are in no roster.
pub fn member(estate: &Estate, index: usize) -> Member {
    const STATE_MEMBERS: [&[&str]; 3] = [&["Status", "State"], &["Status"], &["State"]];
    let state_members = STATE_MEMBERS[index % 3];
    let joined_at = clock::at(clock::plus_days(FOUNDED, 5 * index as i64), 9, (index % 60) as i8);
    let member = |id: String, name: &str, state| Member { id, name: name.to_owned(), joined_at, state, state_members };
    if index == 0 {
        return member(MANAGEMENT_ACCOUNT.to_owned(), "muster-management", MemberState::Active);
    }
    if let Some(account) = estate.accounts().get(index - 1) {
        return member(account.systems_account.to_string(), &account.account_name, MemberState::Active);
    }
    let number = index - estate.accounts().len();
    let id = Random::labelled(estate.seed, &format!("organization {number}")).aws_account();
    match number {
        1 => member(id, "retired-systems", MemberState::Suspended),
        _ => member(id, "closing-systems", MemberState::PendingClosure),
    }
}

/// The tags of an account. None if the organization has no such account.
pub fn tags(estate: &Estate, id: &str) -> Option<Vec<(&'static str, String)>> {
    let Some(account) = estate.account(id) else {
        return (0..size(estate)).any(|index| member(estate, index).id == id).then(Vec::new);
    };
    let mut tags = vec![
        ("muster:account-id", account.account_id.to_string()),
        ("muster:account-name", account.account_name.clone()),
        ("muster:customer-id", account.customer_id.clone()),
        ("muster:customer-name", account.customer_name.clone()),
        ("muster:external-id", account.roster_external_id.clone()),
        ("muster:regions", account.regions.join(" ")),
    ];
    // One account lacks this tag. The tags of its instances name the provider too.
    if account_without_provider_tag(estate).is_none_or(|other| other.systems_account != account.systems_account) {
        tags.push(("muster:provider", account.provider.clone()));
    }
    Some(tags)
}

/// The first account with hybrid nodes.
fn account_without_provider_tag(estate: &Estate) -> Option<&Account> {
    estate.accounts().iter().find(|account| {
        let mut sites = account.regions.iter().filter_map(|region| estate.site(&account.systems_account, region));
        sites.any(|site| site.instances.iter().any(|instance| instance.is_hybrid()))
    })
}
