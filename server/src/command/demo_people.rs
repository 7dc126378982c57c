//! The demo's people: a customer, an account manager and an operator.

use super::demo_enrollment::Customer;
use muster_access::{
    assignments::Assignments,
    principal::{Identity, Role},
    public_url::PublicUrl,
};
use muster_core::{clock::SharedClock, roster::Account};
use muster_web::sign_in::{SignIn, person::Person};
use std::collections::{BTreeMap, BTreeSet};

const ISSUER: &str = "demo";
const MANAGER: &str = "noor.haddad";

pub fn sign_in(accounts: &[Account], public_url: PublicUrl, clock: SharedClock) -> SignIn {
    // The customers with the most accounts first: they have the most to show.
    let mut customers: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
    for account in accounts {
        customers.entry(&account.customer_id).or_insert((0, &account.customer_name)).0 += 1;
    }
    let mut customers: Vec<_> = customers.into_iter().map(|(id, (accounts, name))| (accounts, id, name)).collect();
    customers.sort_by_key(|(accounts, id, _)| (std::cmp::Reverse(*accounts), *id));
    let own: BTreeSet<String> = customers.iter().take(1).map(|(_, id, _)| (*id).to_owned()).collect();
    let managed = &customers[..customers.len().div_ceil(2)];
    let names = |some: &[(usize, &str, &str)]| some.iter().map(|(_, _, name)| *name).collect::<Vec<_>>().join(", ");
    let (of_one, of_some) = (names(&customers[..own.len()]), names(managed));
    let assigned = managed.iter().map(|(_, id, _)| (*id).to_owned()).collect();
    let person = |code, subject: &str, name: &str, sees: String, role| Person {
        code,
        sees,
        identity: Identity { issuer: ISSUER.to_owned(), subject: subject.to_owned(), name: name.to_owned(), role },
    };
    let people = vec![
        person(
            "customer",
            "ada.lind",
            "Ada Lind",
            if of_one.is_empty() { "no accounts yet".to_owned() } else { format!("the accounts of {of_one}") },
            Role::Customer { customers: own },
        ),
        person(
            "account_manager",
            MANAGER,
            "Noor Haddad",
            if of_some.is_empty() { "no customers yet".to_owned() } else { format!("the customers {of_some}") },
            Role::AccountManager { only: None },
        ),
        person(
            "operator",
            "sam.okafor",
            "Sam Okafor",
            "every account, and the harvest".to_owned(),
            Role::Operator { command_output: true },
        ),
    ];
    SignIn::new(public_url, Assignments::of([(MANAGER.to_owned(), assigned)]), clock).with_people(people)
}

/// The customer of the person who is one, with the name in the roster. An estate without accounts gets one.
pub fn customer(people: &[Person], accounts: &[Account]) -> Customer {
    let own = people.iter().find_map(|person| match &person.identity.role {
        Role::Customer { customers } => customers.first(),
        _ => None,
    });
    let account = accounts.iter().find(|account| Some(&account.customer_id) == own);
    account.map_or_else(
        || Customer { id: "c-1".to_owned(), name: "First customer".to_owned() },
        |account| Customer { id: account.customer_id.clone(), name: account.customer_name.clone() },
    )
}
