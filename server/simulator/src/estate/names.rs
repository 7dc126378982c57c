//! Host names, addresses and ids that look like the real ones.

use std::{net::Ipv4Addr, sync::Arc};

use super::spec::AccountSpec;
use crate::{catalogue::Platform, random::Random};

const LINUX_ROLES: &[&str] = &["app", "web", "db", "cache", "mq", "etl", "mon", "ci", "lb", "api"];
const WINDOWS_ROLES: &[&str] = &["sql", "iis", "dc", "fs", "rds", "app", "print", "wsus"];

/// A NetBIOS name has no more characters.
const NETBIOS_LENGTH_MAX: usize = 15;

/// Names that try to be markup or a formula; a page or a spreadsheet must show them as text.
const HOSTILE_HOSTS: &[&str] = &[
    "<script>alert('muster')</script>",
    "=HYPERLINK(\"http://198.51.100.7/\",\"open\")",
    "\"><img src=x onerror=alert(1)>",
];

pub struct Names {
    /// What DescribeInstanceInformation calls ComputerName.
    pub computer: Arc<str>,
    /// What its people call it.
    pub name: Arc<str>,
    pub ip_address: Ipv4Addr,
}

/// `number` counts the machines of the account from 1.
pub fn of(account: &AccountSpec, platform: &Platform, region: &str, number: usize, random: &mut Random) -> Names {
    let windows = platform.is_windows();
    let roles = if windows { WINDOWS_ROLES } else { LINUX_ROLES };
    let role = roles[(number - 1) % roles.len()];
    let name = format!("{}-{role}-{number:02}", account.prefix);
    let (a, b, c) = (random.below(64), random.below(256), 4 + random.below(250));
    let ip_address = Ipv4Addr::new(10, a as u8, b as u8, c as u8);
    let name: Arc<str> = name.into();
    let computer = match account.provider.as_str() {
        _ if windows => name.to_uppercase().chars().take(NETBIOS_LENGTH_MAX).collect::<String>().into(),
        "aws" if region == "us-east-1" => format!("ip-10-{a}-{b}-{c}.ec2.internal").into(),
        "aws" => format!("ip-10-{a}-{b}-{c}.{region}.compute.internal").into(),
        "gcp" => format!("{name}.c.{}.internal", account.id).into(),
        _ => name.clone(),
    };
    Names { computer, name, ip_address }
}

pub fn hostile_host(index: usize) -> &'static str {
    HOSTILE_HOSTS[index % HOSTILE_HOSTS.len()]
}

/// `i-` for machines that EC2 knows, `mi-` for all others.
pub fn instance_id(provider: &str, random: &mut Random) -> String {
    let prefix = if provider == "aws" { "i" } else { "mi" };
    format!("{prefix}-0{}", random.hex(16))
}

/// SourceType and SourceLocation: cloud connectors name the machine's cloud, plain activations do not.
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
