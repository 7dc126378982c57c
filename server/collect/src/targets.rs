//! Formats the targets of windows and associations in one line: `tag:Patch Group=early; InstanceIds=i-…,i-…`.

use super::text::clean;
use aws_sdk_ssm::types::Target;

pub fn targets(targets: &[Target]) -> String {
    let parts =
        targets.iter().map(|target| format!("{}={}", target.key().unwrap_or_default(), target.values().join(",")));
    clean(&parts.collect::<Vec<_>>().join("; "))
}
