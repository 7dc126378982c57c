//! AWS's partitions: groups of Regions with ARNs, endpoints and credentials of their own.

/// A partition, found by the name of a Region or by an ARN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partition {
    /// The second part of its ARNs.
    pub name: &'static str,
    /// How the names of its Regions begin.
    region_prefix: &'static str,
    /// The Region of its endpoint of AWS Organizations.
    pub organizations_region: &'static str,
    /// How the host names of its endpoints end.
    pub dns_suffix: &'static str,
    /// Whether it can be reached from the Internet.
    pub is_public: bool,
}

const AWS: Partition = Partition::new("aws", "", "us-east-1", "amazonaws.com", true);

/// Those with a longer prefix come first.
pub const PARTITIONS: [Partition; 8] = [
    Partition::new("aws-cn", "cn-", "cn-northwest-1", "amazonaws.com.cn", true),
    Partition::new("aws-us-gov", "us-gov-", "us-gov-west-1", "amazonaws.com", true),
    Partition::new("aws-eusc", "eusc-", "eusc-de-east-1", "amazonaws.eu", true),
    Partition::new("aws-iso", "us-iso-", "us-iso-east-1", "c2s.ic.gov", false),
    Partition::new("aws-iso-b", "us-isob-", "us-isob-east-1", "sc2s.sgov.gov", false),
    Partition::new("aws-iso-e", "eu-isoe-", "eu-isoe-west-1", "cloud.adc-e.uk", false),
    Partition::new("aws-iso-f", "us-isof-", "us-isof-south-1", "csp.hci.ic.gov", false),
    AWS,
];

/// The Regions of the partition `aws` that every account has. All later ones must be enabled in an account first.
const ENABLED_BY_DEFAULT: [&str; 17] = [
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

impl Partition {
    const fn new(
        name: &'static str,
        region_prefix: &'static str,
        organizations_region: &'static str,
        dns_suffix: &'static str,
        is_public: bool,
    ) -> Self {
        Self { name, region_prefix, organizations_region, dns_suffix, is_public }
    }

    pub fn of_region(region: &str) -> Self {
        PARTITIONS.into_iter().find(|one| region.starts_with(one.region_prefix)).unwrap_or(AWS)
    }

    /// Returns None for text that is no ARN of a known partition.
    pub fn of_arn(arn: &str) -> Option<Self> {
        let name = arn.strip_prefix("arn:")?.split(':').next()?;
        PARTITIONS.into_iter().find(|one| one.name == name)
    }
}

/// Whether an account may lack the Region: it must be enabled first, or does not exist.
pub fn may_be_disabled(region: &str) -> bool {
    Partition::of_region(region) == AWS && !ENABLED_BY_DEFAULT.contains(&region)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_partition_is_found_by_its_regions_and_arns() {
        for (region, name) in [
            ("us-east-1", "aws"),
            ("cn-north-1", "aws-cn"),
            ("us-gov-east-1", "aws-us-gov"),
            ("us-iso-west-1", "aws-iso"),
            ("us-isob-east-1", "aws-iso-b"),
            ("eu-isoe-west-1", "aws-iso-e"),
            ("us-isof-south-1", "aws-iso-f"),
            ("eusc-de-east-1", "aws-eusc"),
        ] {
            let partition = Partition::of_region(region);
            assert_eq!(partition.name, name);
            assert_eq!(Partition::of_arn(&format!("arn:{name}:iam::111122223333:role/muster")), Some(partition));
            assert_eq!(Partition::of_region(partition.organizations_region), partition);
        }
        assert_eq!(Partition::of_arn("arn:aws-moon:iam::1:role/x"), None);
        assert_eq!(Partition::of_arn("no ARN"), None);
    }

    #[test]
    fn regions_that_are_not_enabled_by_default_may_be_disabled() {
        for region in ["ap-east-1", "me-south-1", "eu-south-2", "mars-north-1"] {
            assert!(may_be_disabled(region), "{region}");
        }
        for region in ["us-east-1", "eu-west-3", "cn-north-1", "us-gov-west-1"] {
            assert!(!may_be_disabled(region), "{region}");
        }
    }
}
