//! Host names, addresses and ids in realistic forms.

use std::{net::Ipv4Addr, sync::Arc};

use super::AccountSpec;
use crate::{catalogue::Platform, random::Random};

const LINUX_ROLES: &[&str] = &["app", "web", "db", "cache", "mq", "etl", "mon", "ci", "lb", "api"];
const WINDOWS_ROLES: &[&str] = &["sql", "iis", "dc", "fs", "rds", "app", "print", "wsus"];

/// The longest NetBIOS name.
const NETBIOS_LENGTH_MAX: usize = 15;

/// Host names that are markup or a spreadsheet formula. Pages and exports must show them as text.
const HOSTILE_HOST_NAMES: &[&str] = &[
    "<script>alert('muster')</script>",
    "=HYPERLINK(\"http://198.51.100.7/\",\"open\")",
    "\"><img src=x onerror=alert(1)>",
];

pub struct Names {
    /// ComputerName in DescribeInstanceInformation.
    pub computer: Arc<str>,
    /// The name that its operators gave it.
    pub name: Arc<str>,
    pub ip_address: Ipv4Addr,
}

/// `number` counts the instances of the account from 1.
pub fn of(account: &AccountSpec, platform: &Platform, region: &str, number: usize, random: &mut Random) -> Names {
    let windows = platform.is_windows();
    let roles = if windows { WINDOWS_ROLES } else { LINUX_ROLES };
    let role = roles[(number - 1) % roles.len()];
    let name: Arc<str> = format!("{}-{role}-{number:02}", account.prefix).into();
    let (a, b, c) = (random.below(64), random.below(256), 4 + random.below(250));
    let ip_address = Ipv4Addr::new(10, a as u8, b as u8, c as u8);
    let computer = match account.provider.as_str() {
        _ if windows => name.to_uppercase().chars().take(NETBIOS_LENGTH_MAX).collect::<String>().into(),
        "aws" if region == "us-east-1" => format!("ip-10-{a}-{b}-{c}.ec2.internal").into(),
        "aws" => format!("ip-10-{a}-{b}-{c}.{region}.compute.internal").into(),
        "gcp" => format!("{name}.c.{}.internal", account.id).into(),
        _ => name.clone(),
    };
    Names { computer, name, ip_address }
}

pub fn hostile_host_name(index: usize) -> &'static str {
    HOSTILE_HOST_NAMES[index % HOSTILE_HOST_NAMES.len()]
}

/// `i-…` for EC2 instances, `mi-…` for all others.
pub fn instance_id(provider: &str, random: &mut Random) -> String {
    let prefix = if provider == "aws" { "i" } else { "mi" };
    format!("{prefix}-0{}", random.hex(16))
}

/// SourceType and SourceLocation. Cloud connectors name the instance's cloud, plain activations do not.
pub fn source(account: &AccountSpec) -> (&'static str, &'static str) {
    match (account.provider.as_str(), account.connector) {
        ("aws", _) => ("AWS::EC2::Instance", ""),
        ("azure", true) => ("Microsoft.Compute/virtualMachines", "eastus"),
        ("gcp", true) => ("compute.googleapis.com/Instance", "us-central1"),
        _ => ("AWS::SSM::ManagedInstance", ""),
    }
}

pub fn source_id(source_type: &str, instance_id: &str, random: &mut Random) -> String {
    match source_type {
        "Microsoft.Compute/virtualMachines" => random.uuid(),
        "compute.googleapis.com/Instance" => format!("{}", 1_000_000_000_000_000_000 + random.draw() / 4),
        _ => instance_id.to_owned(),
    }
}
