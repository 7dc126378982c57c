//! The form of the registry's file, and what makes it valid.

use super::{Account, Approval, Existing, LabelRules, Quotas, Registry};
use muster_access::jwt::keys::KeySet;
use muster_attest::{
    azure::Cloud,
    identity::Provider,
    signed_token::{self, Issuer},
};
use muster_model::ids::AccountId;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

const ACCOUNT_DIGITS: usize = 12;
/// The longest name of a label, in bytes. Google allows no more.
const LABEL_NAME_BYTES_MAX: usize = 63;
/// The longest name of a patch group, a customer or a Region, in bytes.
const NAME_BYTES_MAX: usize = 128;
/// The longest name of an account or a customer on pages.
const DISPLAY_NAME_CHARS_MAX: usize = 128;
/// AWS's limit for an ExternalId.
const EXTERNAL_ID_CHARS_MAX: usize = 1_224;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default = "default_patching")]
    patching_label: String,
    #[serde(default = "default_patch_group_label")]
    patch_group_label: String,
    patch_groups: BTreeSet<String>,
    default_patch_group: String,
    #[serde(default, rename = "customer")]
    customers: Vec<CustomerSection>,
    #[serde(default, rename = "account")]
    accounts: Vec<AccountSection>,
    #[serde(default, rename = "issuer")]
    issuers: Vec<IssuerSection>,
}

fn default_patching() -> String {
    "rackspace-addon-patching".to_owned()
}

fn default_patch_group_label() -> String {
    "rackspace-addon-patching-patchgroup".to_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CustomerSection {
    id: String,
    name: Option<String>,
    instances_max: u32,
    systems_accounts_max: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountSection {
    provider: Provider,
    account: String,
    name: Option<String>,
    customer: String,
    region: String,
    systems_account: Option<String>,
    role_arn: Option<String>,
    external_id: Option<String>,
    sets_default_baselines: Option<bool>,
    project_number: Option<u64>,
    cloud: Option<Cloud>,
    #[serde(default)]
    approval: Approval,
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
    let file: File = toml::from_str(toml).map_err(|error| error.to_string())?;
    let labels = labels(&file)?;
    let mut customers = BTreeMap::new();
    for CustomerSection { id, name, instances_max, systems_accounts_max } in file.customers {
        check_name("customer", &id)?;
        let name = display_name(name, &id)?;
        let customer = Customer { name, quotas: Quotas { instances_max, systems_accounts_max } };
        if customers.insert(id.clone(), customer).is_some() {
            return Err(format!("the customer `{id}` is listed twice"));
        }
    }
    let mut accounts = BTreeMap::new();
    for section in file.accounts {
        let key = (section.provider, section.account.clone());
        let account = account(section, &customers)?;
        if accounts.insert(key.clone(), account).is_some() {
            return Err(format!("the account {} `{}` is listed twice", key.0, key.1));
        }
    }
    let issuers = file.issuers.into_iter().map(|section| issuer(section, &accounts)).collect::<Result<Vec<_>, _>>()?;
    let issuers = signed_token::Attestor::new(issuers).map_err(|error| error.to_string())?;
    Ok(Registry { labels, accounts, issuers: issuers.into() })
}

fn labels(file: &File) -> Result<LabelRules, String> {
    for name in &file.patch_groups {
        check_name("patch group", name)?;
    }
    for name in [&file.patching_label, &file.patch_group_label] {
        check_label(name)?;
    }
    if file.patching_label == file.patch_group_label {
        return Err("`patching_label` and `patch_group_label` are the same".to_owned());
    }
    if !file.patch_groups.contains(&file.default_patch_group) {
        return Err(format!("`default_patch_group` is `{}`, which `patch_groups` lacks", file.default_patch_group));
    }
    Ok(LabelRules {
        patching: file.patching_label.clone(),
        patch_group: file.patch_group_label.clone(),
        patch_groups: file.patch_groups.clone(),
        default_patch_group: file.default_patch_group.clone(),
    })
}

struct Customer {
    name: String,
    quotas: Quotas,
}

fn account(mut section: AccountSection, customers: &BTreeMap<String, Customer>) -> Result<Account, String> {
    let (provider, id) = (section.provider, section.account.clone());
    let wrong = |what: &str| format!("the account {provider} `{}`: {what}", id.escape_default());
    let existing = existing(&mut section).map_err(|message| wrong(&message))?;
    let AccountSection { account, name, customer, region, project_number, cloud, approval, .. } = section;
    let is_valid = match provider {
        Provider::Aws => is_digits(&account),
        // As attested documents are read: in lower case.
        Provider::Azure => {
            account.len() == 36 && account.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f' | b'-'))
        }
        _ => true,
    };
    // The portal's accounts have no other form.
    let account_id = account.parse::<AccountId>().ok().filter(|_| is_valid);
    let account_id =
        account_id.ok_or_else(|| wrong("it has not the form of an account of this provider, in lower case"))?;
    if (provider == Provider::Gcp) != project_number.is_some() {
        return Err(wrong("`project_number` is required for gcp, and for nothing else"));
    }
    if provider != Provider::Azure && cloud.is_some() {
        return Err(wrong("`cloud` is for azure only"));
    }
    check_name("region", &region).map_err(|message| wrong(&message))?;
    let name = display_name(name, &account).map_err(|message| wrong(&message))?;
    let of_customer = customers.get(&customer);
    let of_customer = of_customer.ok_or_else(|| wrong(&format!("its customer `{customer}` is not listed")))?;
    Ok(Account {
        provider,
        id: account_id,
        name,
        customer,
        customer_name: of_customer.name.clone(),
        quotas: of_customer.quotas,
        project_number,
        cloud: cloud.unwrap_or_default(),
        existing,
        region,
        approval,
    })
}

/// The systems account that exists, if the section names one.
fn existing(section: &mut AccountSection) -> Result<Option<Existing>, String> {
    let keys = (section.systems_account.take(), section.role_arn.take(), section.external_id.take());
    let (systems_account, role_arn, external_id) = match keys {
        (Some(account), Some(role), Some(external_id)) => (account, role, external_id),
        (None, None, None) if section.sets_default_baselines.is_none() => return Ok(None),
        _ => {
            return Err(
                "`systems_account`, `role_arn` and `external_id` are for an AWS account that exists, which needs \
                         all three; `sets_default_baselines` is for such an account only"
                    .to_owned(),
            );
        }
    };
    if !is_digits(&systems_account) {
        return Err("`systems_account` has not 12 digits".to_owned());
    }
    let parts: Vec<&str> = role_arn.splitn(6, ':').collect();
    let is_role = matches!(parts.as_slice(), ["arn", _, "iam", "", of, role] if *of == systems_account && role.starts_with("role/"));
    if !is_role {
        return Err("`role_arn` is not the ARN of a role of `systems_account`".to_owned());
    }
    if !(1..=EXTERNAL_ID_CHARS_MAX).contains(&external_id.len())
        || !external_id.bytes().all(|byte| byte.is_ascii_graphic())
    {
        return Err("`external_id` is empty, too long, or has spaces or characters beyond ASCII".to_owned());
    }
    let sets_default_baselines = section.sets_default_baselines.unwrap_or_default();
    Ok(Some(Existing { systems_account, role_arn, external_id, sets_default_baselines }))
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
fn display_name(name: Option<String>, id: &str) -> Result<String, String> {
    let name = name.unwrap_or_else(|| id.to_owned());
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
patch_groups = ["early", "on-time", "late"]
default_patch_group = "on-time"
[[customer]]
id = "acme"
instances_max = 5
systems_accounts_max = 1
[[account]]
provider = "gcp"
account = "acme-prod"
project_number = 198285616681
customer = "acme"
region = "eu-west-1"
"#;

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
        assert_eq!(registry.labels.patching, "rackspace-addon-patching");
    }

    #[test]
    fn reads_names_and_systems_accounts_that_exist() {
        let named = VALID.replace("id = \"acme\"", "id = \"acme\"\nname = \"A & B\"");
        let keys = "name = \"Web\"\nsystems_account = \"111122223333\"\n\
                    role_arn = \"arn:aws:iam::111122223333:role/path/setup\"\nexternal_id = \"k3Jx\"\n";
        let registry = parse(&format!("{named}{keys}sets_default_baselines = true\n")).expect("valid");
        let account = registry.account(Provider::Gcp, "acme-prod").expect("listed");
        assert_eq!((account.name.as_str(), account.customer_name.as_str()), ("Web", "A & B"));
        let existing = account.existing.as_ref().expect("an account");
        assert_eq!((existing.systems_account.as_str(), existing.external_id.as_str()), ("111122223333", "k3Jx"));
        assert!(existing.sets_default_baselines);
    }

    #[test]
    fn names_what_is_wrong() {
        for (from, to, words) in [
            ("region = ", "regoin = ", "regoin"),
            ("default_patch_group = \"on-time\"", "default_patch_group = \"never\"", "never"),
            ("project_number = 198285616681\n", "", "project_number"),
            ("customer = \"acme\"", "customer = \"other\"", "`other` is not listed"),
            ("\"gcp\"", "\"aws\"", "not the form"),
            ("\"late\"]", "\"la te\"]", "`la te`"),
            ("patch_groups = ", "patching_label = \"a'b\"\npatch_groups = ", "name of a label"),
            ("patch_groups = ", "patch_group_label = \"Patching\"\npatch_groups = ", "name of a label"),
            ("region = \"eu-west-1\"", "region = \"eu-west-1\"\ncloud = \"china\"", "azure only"),
            ("region = \"eu-west-1\"", "region = \"eu-west-1\"\napproval = \"maybe\"", "maybe"),
        ] {
            let message = parse(&VALID.replace(from, to)).err().expect(words);
            assert!(message.contains(words), "{message}");
        }
        for (account, role, external_id, words) in [
            ("1", "arn:aws:iam::1:role/x", "x", "12 digits"),
            ("111122223333", "arn:aws:iam::999999999999:role/x", "x", "ARN of a role"),
            ("111122223333", "arn:aws:iam::111122223333:root", "x", "ARN of a role"),
            ("111122223333", "arn:aws:iam::111122223333:role/x", "", "`external_id`"),
        ] {
            let keys = format!(
                "{VALID}systems_account = \"{account}\"\nrole_arn = \"{role}\"\nexternal_id = \"{external_id}\"\n"
            );
            let message = parse(&keys).err().expect(words);
            assert!(message.contains(words), "{message}");
        }
        for key in ["systems_account", "role_arn", "external_id", "name"] {
            let message = parse(&format!("{VALID}{key} = \"\"\n")).err().expect(key);
            assert!(message.contains("all three") || message.contains("the name"), "{key}: {message}");
        }
        assert!(parse(&format!("{VALID}sets_default_baselines = true\n")).err().expect("alone").contains("all three"));
        let twice = format!("{VALID}{}", &VALID[VALID.find("[[account]]").expect("an account")..]);
        assert!(parse(&twice).err().expect("twice").contains("listed twice"));
        let issuer = "[[issuer]]\nname = \"urn:x\"\nprovider = \"gcp\"\naccounts = []\njwks = '{\"keys\":[]}'\n";
        assert!(parse(&format!("{VALID}{issuer}")).err().expect("an issuer").contains("only vmware"));
        let issuer = issuer.replace("gcp", "vmware").replace("[]\njwks", "[\"x\"]\njwks");
        assert!(parse(&format!("{VALID}{issuer}")).err().expect("an account").contains("`x` is not listed"));
    }
}
