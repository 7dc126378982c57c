//! The organization that all systems accounts belong to: its members and the tags by which the portal knows them.

use jiff::{Timestamp, civil::Date};

use super::{Estate, account::Account};
use crate::{clock, random::Random};

/// The portal's own account manages the organization.
pub const MANAGEMENT_ACCOUNT: &str = "110000000011";

/// The organization is older than every estate.
const FOUNDED: Date = Date::constant(2019, 3, 4);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberState {
    Active,
    Suspended,
    PendingClosure,
}

impl MemberState {
    pub fn name(self) -> &'static str {
        match self {
            MemberState::Active => "ACTIVE",
            MemberState::Suspended => "SUSPENDED",
            MemberState::PendingClosure => "PENDING_CLOSURE",
        }
    }
}

/// `Status` is the older spelling of an account's state. Answers have had the one, both, and at last only the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    Status,
    Both,
    State,
}

#[derive(Clone, Debug)]
pub struct Member {
    pub id: String,
    pub name: String,
    pub joined_at: Timestamp,
    pub state: MemberState,
    pub spelling: Spelling,
}

/// How many accounts there are beside the systems accounts: the management account and two on their way out.
const OTHERS: usize = 3;

pub fn size(estate: &Estate) -> usize {
    estate.accounts().len() + OTHERS
}

/// The account at a place of the list: the management account, the systems accounts in the roster's order, and two
/// that are on their way out and in no roster.
pub fn member(estate: &Estate, index: usize) -> Member {
    let spelling = [Spelling::Both, Spelling::Status, Spelling::State][index % 3];
    let joined_at = clock::at(clock::plus_days(FOUNDED, 5 * index as i64), 9, (index % 60) as i8);
    let made = |id: String, name: &str, state| Member { id, name: name.to_owned(), joined_at, state, spelling };
    if index == 0 {
        return made(MANAGEMENT_ACCOUNT.to_owned(), "muster-management", MemberState::Active);
    }
    if let Some(account) = estate.accounts().get(index - 1) {
        return made(account.systems_account.to_string(), &account.account_name, MemberState::Active);
    }
    let leaving = Random::of(estate.seed, &format!("organization {}", index - estate.accounts().len())).aws_account();
    match index - estate.accounts().len() {
        1 => made(leaving, "retired-systems", MemberState::Suspended),
        _ => made(leaving, "closing-systems", MemberState::PendingClosure),
    }
}

/// The tags of an account; None where the organization has no such account.
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
    // Somebody forgot it on one account; the tags of its nodes tell it too.
    if untagged(estate).is_none_or(|forgotten| forgotten.systems_account != account.systems_account) {
        tags.push(("muster:provider", account.provider.clone()));
    }
    Some(tags)
}

/// The first account with hybrid nodes.
fn untagged(estate: &Estate) -> Option<&Account> {
    estate.accounts().iter().find(|account| {
        let mut sites = account.regions.iter().filter_map(|region| estate.site(&account.systems_account, region));
        sites.any(|site| site.instances.iter().any(|instance| instance.is_hybrid()))
    })
}
