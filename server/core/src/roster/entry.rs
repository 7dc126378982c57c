//! Checks one entry of a roster. Blanks around a value are not part of it; any other slip is refused.

use super::{Account, Entry, regions};
use crate::{external_id, spelling};
use muster_model::{
    ids::AccountId,
    provider::{KNOWN, Provider},
    visible::{is_blank, is_visible},
};

/// The length of an AWS account id.
const AWS_ID_DIGITS: usize = 12;
/// The longest customer id that a claim or header can name.
const CUSTOMER_ID_BYTES_MAX: usize = 128;
const PROVIDER_MAX_CHARS: usize = 32;

/// Checks one entry. The error is its problem.
pub fn check<E>(entry: &Entry<E>) -> Result<Account, String> {
    let Entry {
        provider,
        account_id,
        account_name,
        customer_id,
        customer_name,
        systems_account,
        role_arn,
        external_id,
        regions,
        enrollment: _,
    } = trimmed(entry);
    let provider = check_provider(&provider)?;
    if provider.as_ref().is_none_or(|provider| provider.code() == "aws") {
        check_digits("account_id", &account_id)?;
    }
    let id = account_id.parse::<AccountId>().map_err(|error| error.to_string())?;
    check_digits("systems_account", &systems_account)?;
    if systems_account.len() != AWS_ID_DIGITS || !systems_account.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("systems_account `{systems_account}` is not an AWS account id of twelve digits"));
    }
    let role_account = role_arn.split(':').nth(4).unwrap_or_default();
    if !role_arn.starts_with("arn:") || !role_arn.contains(":role/") {
        return Err(format!("role_arn `{role_arn}` is not the ARN of a role"));
    }
    if role_account != systems_account {
        return Err(format!(
            "role_arn `{role_arn}` belongs to account {role_account}, but systems_account is {systems_account}"
        ));
    }
    external_id::check(&external_id)?;
    check_customer_id(&customer_id)?;
    let regions = check_regions(regions)?;
    let named = |name: String, id: &str| if is_blank(&name) { id.to_owned() } else { name };
    Ok(Account {
        provider,
        account_name: named(account_name, id.as_str()),
        customer_name: named(customer_name, &customer_id),
        account_id: id,
        customer_id,
        systems_account,
        role_arn,
        external_id,
        regions,
    })
}

/// Removes the blanks around each value, which people and spreadsheets leave there.
fn trimmed<E>(entry: &Entry<E>) -> Entry {
    let trim = |text: &String| text.trim().to_owned();
    Entry {
        provider: trim(&entry.provider),
        account_id: trim(&entry.account_id),
        account_name: trim(&entry.account_name),
        customer_id: trim(&entry.customer_id),
        customer_name: trim(&entry.customer_name),
        systems_account: trim(&entry.systems_account),
        role_arn: trim(&entry.role_arn),
        external_id: trim(&entry.external_id),
        regions: entry.regions.iter().map(trim).collect(),
        enrollment: None,
    }
}

/// Reads a provider's code in any case. One that is close to a known code is refused, others are shown as they are.
fn check_provider(code: &str) -> Result<Option<Provider>, String> {
    let code = code.to_ascii_lowercase();
    let known: Vec<&str> = KNOWN.iter().map(|(code, _)| *code).collect();
    if code.is_empty() || known.contains(&code.as_str()) {
        return Ok(Some(code).filter(|code| !code.is_empty()).map(Provider::new));
    }
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if code.len() > PROVIDER_MAX_CHARS || !code.chars().all(fits) {
        return Err(format!("provider `{code}` is not a code such as {}", known.join(", ")));
    }
    match spelling::nearest(&code, known) {
        Some((nearest, edits)) if spelling::is_slip(&code, edits) => {
            Err(format!("provider `{code}` is not known; did you mean `{nearest}`?"))
        }
        _ => Ok(Some(Provider::new(code))),
    }
}

/// Refuses what a spreadsheet makes of an account id of twelve digits.
fn check_digits(column: &str, id: &str) -> Result<(), String> {
    let is_number = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    match id.len() {
        _ if id.contains("E+") || id.contains("e+") => Err(format!(
            "{column} `{id}` was rounded by a spreadsheet; format the column as text and enter its twelve digits"
        )),
        digits @ 9..AWS_ID_DIGITS if is_number => Err(format!(
            "{column} `{id}` has {digits} digits, an AWS account id has twelve; a spreadsheet may have removed zeros in \
             front: format the column as text"
        )),
        digits if is_number && digits != AWS_ID_DIGITS => {
            Err(format!("{column} `{id}` has {digits} digits, an AWS account id has twelve"))
        }
        _ => Ok(()),
    }
}

/// An id with an invisible character looks like another customer's.
fn check_customer_id(id: &str) -> Result<(), String> {
    if id.is_empty() {
        return Err("its customer_id is empty".to_owned());
    }
    if id.len() > CUSTOMER_ID_BYTES_MAX {
        return Err(format!(
            "its customer_id is longer than {CUSTOMER_ID_BYTES_MAX} bytes, so nobody can sign in for it"
        ));
    }
    match id.chars().find(|c| !is_visible(*c) && *c != ' ') {
        Some(c) => Err(format!("its customer_id has an invisible or control character, U+{:04X}", u32::from(c))),
        None => Ok(()),
    }
}

/// Sorts the Regions, each once.
fn check_regions(mut regions: Vec<String>) -> Result<Vec<String>, String> {
    regions.iter_mut().for_each(|region| region.make_ascii_lowercase());
    if regions.is_empty() {
        return Err("it has no Regions".to_owned());
    }
    regions.iter().try_for_each(|region| regions::check(region))?;
    regions.sort();
    regions.dedup();
    Ok(regions)
}
