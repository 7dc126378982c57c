//! The form of the roster as the service reads it, and what makes it valid.

use super::{Account, Approval, Existing, LabelNames, Quotas, Registry};
use muster_access::jwt::keys::KeySet;
use muster_attest::{
    azure::Cloud,
    identity::Provider,
    signed_token::{self, Issuer},
};
use muster_core::roster::{self, Entry, RosterFile, Unique};
use muster_model::ids::AccountId;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet, HashSet};

const ACCOUNT_DIGITS: usize = 12;
/// The longest name of a label, in bytes. Google allows no more.
const LABEL_NAME_BYTES_MAX: usize = 63;
/// The longest name of a customer or a Region, in bytes.
const NAME_BYTES_MAX: usize = 128;
/// The longest name of an account or a customer on pages.
const DISPLAY_NAME_CHARS_MAX: usize = 128;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EnrollmentSection {
    region: String,
    #[serde(default)]
    approval: Approval,
    project_number: Option<u64>,
    cloud: Option<Cloud>,
    setup_role_arn: Option<String>,
    sets_default_baselines: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IssuerSection {
    name: String,
    provider: Provider,
    accounts: BTreeSet<String>,
    /// A JWK set as text.
    jwks: String,
}

pub(super) fn parse(toml: &str) -> Result<Registry, String> {
    let file = RosterFile::<EnrollmentSection, LabelNames, IssuerSection>::parse(toml)?;
    let labels = file.enrollment.unwrap_or_default();
    check_labels(&labels)?;
    let mut customers = BTreeMap::new();
    for roster::Customer { id, name, instances_max, systems_accounts_max } in file.customers {
        check_name("customer", &id)?;
        let name = display_name(name.unwrap_or_default(), &id)?;
        let customer = Customer { name, quotas: Quotas { instances_max, systems_accounts_max } };
        if customers.insert(id.clone(), customer).is_some() {
            return Err(format!("the customer `{id}` is listed twice"));
        }
    }
    let (mut accounts, mut ids, mut unique) = (BTreeMap::new(), HashSet::new(), Unique::default());
    for entry in file.accounts {
        let name = format!("the account {} `{}`", entry.provider, entry.account_id.escape_default());
        let wrong = |problem: String| format!("{name}: {problem}");
        // The portal knows accounts by their ids alone.
        if !ids.insert(entry.account_id.clone()) {
            return Err(format!("{name} is listed twice, or another provider's has the same id"));
        }
        let harvested = harvested(&entry, &mut unique).map_err(wrong)?;
        if let Some(account) = account(entry, harvested, &customers).map_err(wrong)? {
            accounts.insert((account.provider, account.id.to_string()), account);
        }
    }
    let issuers = file.issuers.into_iter().map(|section| issuer(section, &accounts)).collect::<Result<Vec<_>, _>>()?;
    let issuers = signed_token::Attestor::new(issuers).map_err(|error| error.to_string())?;
    Ok(Registry { labels, accounts, issuers: issuers.into() })
}

fn check_labels(labels: &LabelNames) -> Result<(), String> {
    check_label(&labels.patching)?;
    check_label(&labels.patch_group)?;
    if labels.patching == labels.patch_group {
        return Err("`patching_label` and `patch_group_label` are the same".to_owned());
    }
    Ok(())
}

struct Customer {
    name: String,
    quotas: Quotas,
}

/// The account as the portal reads it, if its systems account is not one that is created.
fn harvested(entry: &Entry<EnrollmentSection>, unique: &mut Unique) -> Result<Option<roster::Account>, String> {
    if entry.is_created_by_enrollment() {
        return Ok(None);
    }
    let account = roster::check_entry(entry)?;
    unique.add(&account)?;
    Ok(Some(account))
}

/// The account, if it may enroll.
fn account(
    entry: Entry<EnrollmentSection>,
    harvested: Option<roster::Account>,
    customers: &BTreeMap<String, Customer>,
) -> Result<Option<Account>, String> {
    let Entry { provider, account_id, account_name, customer_id, enrollment, .. } = entry;
    let Some(enrollment) = enrollment else { return Ok(None) };
    let provider = Provider::ALL.into_iter().find(|one| one.name() == provider);
    let provider = provider.ok_or_else(|| {
        format!(
            "instances of this provider cannot enroll, but those of {}",
            Provider::ALL.map(Provider::name).join(", ")
        )
    })?;
    let is_valid = match provider {
        Provider::Aws => is_digits(&account_id),
        // As attested documents are read: in lower case.
        Provider::Azure => {
            account_id.len() == 36 && account_id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-'))
        }
        _ => true,
    };
    // The portal's accounts have no other form.
    let id = account_id.parse::<AccountId>().ok().filter(|_| is_valid);
    let id = id.ok_or("it has not the form of an account of this provider, in lower case")?;
    let existing = harvested.map(|account| existing(account, &enrollment)).transpose()?;
    let EnrollmentSection { region, approval, project_number, cloud, setup_role_arn, sets_default_baselines } =
        enrollment;
    if existing.is_none() && (setup_role_arn.is_some() || sets_default_baselines.is_some()) {
        return Err(
            "`setup_role_arn` and `sets_default_baselines` are for an AWS account that exists, which also needs \
                    `systems_account`, `role_arn`, `external_id` and `regions`"
                .to_owned(),
        );
    }
    if (provider == Provider::Gcp) != project_number.is_some() {
        return Err("`project_number` is required for gcp, and for nothing else".to_owned());
    }
    if provider != Provider::Azure && cloud.is_some() {
        return Err("`cloud` is for azure only".to_owned());
    }
    check_name("region", &region)?;
    let of_customer = customers.get(&customer_id);
    let of_customer = of_customer.ok_or_else(|| format!("its customer `{customer_id}` is not a [[customer]]"))?;
    Ok(Some(Account {
        provider,
        name: display_name(account_name, &account_id)?,
        id,
        customer: customer_id,
        customer_name: of_customer.name.clone(),
        quotas: of_customer.quotas,
        project_number,
        cloud: cloud.unwrap_or_default(),
        existing,
        region,
        approval,
    }))
}

/// The systems account that exists, and how it is set up.
fn existing(account: roster::Account, enrollment: &EnrollmentSection) -> Result<Existing, String> {
    let roster::Account { systems_account, external_id, regions, .. } = account;
    if !regions.contains(&enrollment.region) {
        return Err(format!("its instances would register in `{}`, which `regions` lacks", enrollment.region));
    }
    let missing = "it exists, so it needs a `setup_role_arn`: the role through which it is set up";
    let setup_role_arn = enrollment.setup_role_arn.clone().ok_or(missing)?;
    let parts: Vec<&str> = setup_role_arn.splitn(6, ':').collect();
    let is_role = matches!(parts.as_slice(), ["arn", _, "iam", "", of, role] if *of == systems_account && role.starts_with("role/"));
    if !is_role {
        return Err("`setup_role_arn` is not the ARN of a role of `systems_account`".to_owned());
    }
    let sets_default_baselines = enrollment.sets_default_baselines.unwrap_or_default();
    Ok(Existing { systems_account, setup_role_arn, external_id, sets_default_baselines })
}

fn issuer(section: IssuerSection, accounts: &BTreeMap<(Provider, String), Account>) -> Result<Issuer, String> {
    let IssuerSection { name, provider, accounts: named, jwks } = section;
    let wrong = |what: &str| format!("the issuer `{name}`: {what}");
    if !matches!(provider, Provider::Vmware | Provider::Openstack | Provider::Dedicated) {
        return Err(wrong("only vmware, openstack and dedicated have issuers"));
    }
    if let Some(missing) = named.iter().find(|account| !accounts.contains_key(&(provider, (*account).clone()))) {
        return Err(wrong(&format!("its account `{missing}` is not listed")));
    }
    let keys = KeySet::read_strict(&jwks).map_err(|message| wrong(&message))?;
    Ok(Issuer { name, provider, keys, accounts: named })
}

fn is_digits(account: &str) -> bool {
    account.len() == ACCOUNT_DIGITS && account.bytes().all(|byte| byte.is_ascii_digit())
}

/// The name on pages and in tags, which is the id unless the file has another.
fn display_name(name: String, id: &str) -> Result<String, String> {
    let name = if name.is_empty() { id.to_owned() } else { name };
    let is_name = (1..=DISPLAY_NAME_CHARS_MAX).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if is_name {
        Ok(name)
    } else {
        Err(format!("the name `{}` is empty, too long or has control characters", name.escape_default()))
    }
}

/// The names that the start-up scripts accept.
fn check_label(name: &str) -> Result<(), String> {
    let is_label = (1..=LABEL_NAME_BYTES_MAX).contains(&name.len())
        && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-'))
        && !name.starts_with(['_', '-']);
    if is_label {
        Ok(())
    } else {
        Err(format!("`{}` is not the name of a label: a-z, 0-9, _ and -", name.escape_default()))
    }
}

fn check_name(kind: &str, name: &str) -> Result<(), String> {
    let is_name = (1..=NAME_BYTES_MAX).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:/".contains(&byte));
    if is_name { Ok(()) } else { Err(format!("`{}` is not a {kind}", name.escape_default())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALID: &str = r#"
[[customer]]
id = "acme"
instances_max = 5
systems_accounts_max = 1
[[account]]
provider = "gcp"
account_id = "acme-prod"
customer_id = "acme"
[account.enrollment]
region = "eu-west-1"
project_number = 198285616681
"#;

    /// The keys of a systems account that exists.
    fn with_existing(existing: &str) -> String {
        VALID.replace("[account.enrollment]", &format!("{existing}\n[account.enrollment]"))
    }

    const EXISTING: &str = r#"systems_account = "111122223333"
role_arn = "arn:aws:iam::111122223333:role/MusterHarvester"
external_id = "k3Jx"
regions = ["eu-west-1", "us-east-1"]"#;
    const SETUP: &str = "setup_role_arn = \"arn:aws:iam::111122223333:role/path/setup\"\n";

    #[test]
    fn reads_accounts_with_the_quotas_of_their_customers() {
        let registry = parse(VALID).expect("valid");
        let account = registry.account(Provider::Gcp, "acme-prod").expect("listed");
        assert_eq!((account.customer.as_str(), account.approval), ("acme", Approval::SystemsAccount));
        assert_eq!(account.quotas, Quotas { instances_max: 5, systems_accounts_max: 1 });
        assert!(registry.account(Provider::Aws, "acme-prod").is_none());
        assert_eq!((account.name.as_str(), account.customer_name.as_str()), ("acme-prod", "acme"));
        assert_eq!(account.existing, None);
        assert_eq!(registry.accounts().map(|account| account.id.as_str()).collect::<Vec<_>>(), ["acme-prod"]);
        assert_eq!(registry.labels.patch_group, "rackspace-addon-patching-patchgroup");
    }

    #[test]
    fn reads_names_and_systems_accounts_that_exist() {
        let named = with_existing(&format!("account_name = \"Web\"\n{EXISTING}"));
        let named = named.replace("id = \"acme\"\ninst", "id = \"acme\"\nname = \"A & B\"\ninst");
        let registry = parse(&format!("{named}{SETUP}sets_default_baselines = true\n")).expect("valid");
        let account = registry.account(Provider::Gcp, "acme-prod").expect("listed");
        assert_eq!((account.name.as_str(), account.customer_name.as_str()), ("Web", "A & B"));
        let existing = account.existing.as_ref().expect("an account");
        assert_eq!((existing.systems_account.as_str(), existing.external_id.as_str()), ("111122223333", "k3Jx"));
        assert!(existing.setup_role_arn.ends_with("path/setup") && existing.sets_default_baselines);
    }

    #[test]
    fn accounts_without_enrollment_are_only_harvested() {
        let harvested =
            format!("[[account]]\nprovider = \"my-cloud\"\naccount_id = \"x\"\ncustomer_id = \"other\"\n{EXISTING}\n");
        let registry = parse(&format!("{VALID}{harvested}")).expect("valid");
        assert_eq!(registry.accounts().count(), 1);
        // They must be valid nevertheless, because the portal reads the same file.
        let message = parse(&format!("{VALID}{}", harvested.replace("k3Jx", ""))).err().expect("no ExternalId");
        assert!(message.contains("external_id"), "{message}");
    }

    #[test]
    fn names_what_is_wrong() {
        for (from, to, words) in [
            ("region = ", "regoin = ", "regoin"),
            ("project_number = 198285616681\n", "", "project_number"),
            ("customer_id = \"acme\"", "customer_id = \"other\"", "`other` is not a"),
            ("\"gcp\"", "\"aws\"", "not the form"),
            ("\"gcp\"", "\"my-cloud\"", "cannot enroll"),
            ("[[customer]]", "[enrollment]\npatching_label = \"a'b\"\n[[customer]]", "name of a label"),
            ("[[customer]]", "[enrollment]\npatch_group_label = \"Patching\"\n[[customer]]", "name of a label"),
            ("[[customer]]", "[enrollment]\npatching = \"x\"\n[[customer]]", "patching"),
            ("region = \"eu-west-1\"", "region = \"eu-west-1\"\ncloud = \"china\"", "azure only"),
            ("region = \"eu-west-1\"", "region = \"eu-west-1\"\napproval = \"maybe\"", "maybe"),
            ("account_id", "account_name = \"\\u0007\"\naccount_id", "control"),
        ] {
            let message = parse(&VALID.replacen(from, to, 1)).err().expect(words);
            assert!(message.contains(words), "{message}");
        }
        let existing = format!("{}{SETUP}", with_existing(EXISTING));
        for (from, to, words) in [
            ("111122223333\"\n", "1\"\n", "twelve"),
            (":role/MusterHarvester", ":root", "role_arn"),
            ("role/path/setup", "root", "setup_role_arn"),
            ("111122223333:role/path", "999999999999:role/path", "setup_role_arn"),
            (SETUP, "", "setup_role_arn"),
            ("k3Jx", "", "external_id"),
            ("[\"eu-west-1\", \"us-east-1\"]", "[\"us-east-1\"]", "which `regions` lacks"),
            ("regions =", "# regions =", "Regions"),
        ] {
            let message = parse(&existing.replacen(from, to, 1)).err().expect(words);
            assert!(message.contains(words), "{message}");
        }
        for key in [SETUP, "sets_default_baselines = true\n"] {
            assert!(parse(&format!("{VALID}{key}")).err().expect("alone").contains("that exists"));
        }
        let again = &VALID[VALID.find("[[account]]").expect("an account")..];
        for provider in ["gcp", "vmware"] {
            let twice = format!("{VALID}{}", again.replace("gcp", provider));
            assert!(parse(&twice).err().expect("twice").contains("listed twice"));
        }
        let issuer = "[[issuer]]\nname = \"urn:x\"\nprovider = \"gcp\"\naccounts = []\njwks = '{\"keys\":[]}'\n";
        assert!(parse(&format!("{VALID}{issuer}")).err().expect("an issuer").contains("only vmware"));
        let issuer = issuer.replace("gcp", "vmware").replace("[]\njwks", "[\"x\"]\njwks");
        assert!(parse(&format!("{VALID}{issuer}")).err().expect("an account").contains("`x` is not listed"));
    }
}
