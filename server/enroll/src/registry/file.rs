//! The form of the registry's file, and what makes it valid.

use super::{Account, Approval, LabelRules, Quotas, Registry};
use muster_access::jwt::keys::KeySet;
use muster_attest::{
    azure::Cloud,
    identity::Provider,
    signed_token::{self, Issuer, NAME_CHARS_MAX},
};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

const ACCOUNT_DIGITS: usize = 12;
/// The longest name of a label, a patch group, a customer or a Region, in bytes.
const NAME_BYTES_MAX: usize = 128;

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
    instances_max: u32,
    systems_accounts_max: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountSection {
    provider: Provider,
    account: String,
    customer: String,
    region: String,
    systems_account: Option<String>,
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
    for CustomerSection { id, instances_max, systems_accounts_max } in file.customers {
        check_name("customer", &id)?;
        if customers.insert(id.clone(), Quotas { instances_max, systems_accounts_max }).is_some() {
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
    for name in file.patch_groups.iter().chain([&file.patching_label, &file.patch_group_label]) {
        check_name("label or patch group", name)?;
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

fn account(section: AccountSection, customers: &BTreeMap<String, Quotas>) -> Result<Account, String> {
    let AccountSection { provider, account, customer, region, systems_account, project_number, cloud, approval } =
        section;
    let wrong = |what: &str| format!("the account {provider} `{account}`: {what}");
    let is_valid = match provider {
        Provider::Aws => is_digits(&account),
        // As attested documents are read: in lower case.
        Provider::Azure => {
            account.len() == 36 && account.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f' | b'-'))
        }
        _ => (1..=NAME_CHARS_MAX).contains(&account.len()) && account.bytes().all(|byte| byte.is_ascii_graphic()),
    };
    if !is_valid {
        return Err(wrong("it has not the form of an account of this provider, in lower case"));
    }
    if (provider == Provider::Gcp) != project_number.is_some() {
        return Err(wrong("`project_number` is required for gcp, and for nothing else"));
    }
    if provider != Provider::Azure && cloud.is_some() {
        return Err(wrong("`cloud` is for azure only"));
    }
    if systems_account.as_ref().is_some_and(|it| !is_digits(it)) {
        return Err(wrong("`systems_account` has not 12 digits"));
    }
    check_name("region", &region).map_err(|message| wrong(&message))?;
    let quotas = customers.get(&customer).copied();
    let quotas = quotas.ok_or_else(|| wrong(&format!("its customer `{customer}` is not listed")))?;
    let cloud = cloud.unwrap_or_default();
    Ok(Account { customer, quotas, project_number, cloud, systems_account, region, approval })
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
        assert_eq!(registry.labels.patching, "rackspace-addon-patching");
    }

    #[test]
    fn names_what_is_wrong() {
        for (from, to, words) in [
            ("region = ", "regoin = ", "regoin"),
            ("default_patch_group = \"on-time\"", "default_patch_group = \"never\"", "never"),
            ("project_number = 198285616681\n", "", "project_number"),
            ("customer = \"acme\"", "customer = \"other\"", "`other` is not listed"),
            ("\"gcp\"", "\"aws\"", "not the form"),
            ("region = \"eu-west-1\"", "region = \"eu-west-1\"\nsystems_account = \"1\"", "12 digits"),
            ("\"late\"]", "\"la te\"]", "`la te`"),
            ("region = \"eu-west-1\"", "region = \"eu-west-1\"\ncloud = \"china\"", "azure only"),
            ("region = \"eu-west-1\"", "region = \"eu-west-1\"\napproval = \"maybe\"", "maybe"),
        ] {
            let message = parse(&VALID.replace(from, to)).err().expect(words);
            assert!(message.contains(words), "{message}");
        }
        let twice = format!("{VALID}{}", &VALID[VALID.find("[[account]]").expect("an account")..]);
        assert!(parse(&twice).err().expect("twice").contains("listed twice"));
        let issuer = "[[issuer]]\nname = \"urn:x\"\nprovider = \"gcp\"\naccounts = []\njwks = '{\"keys\":[]}'\n";
        assert!(parse(&format!("{VALID}{issuer}")).err().expect("an issuer").contains("only vmware"));
        let issuer = issuer.replace("gcp", "vmware").replace("[]\njwks", "[\"x\"]\njwks");
        assert!(parse(&format!("{VALID}{issuer}")).err().expect("an account").contains("`x` is not listed"));
    }
}
