//! The steps (plugins) of AWS-RunPatchBaseline and what they print.

use jiff::Timestamp;

use crate::estate::{Command, Instance, Invocation, Outcome, Site};

/// The document's steps. Those for other platforms are skipped.
pub(super) const PLUGINS: [&str; 3] = ["PatchWindows", "PatchLinux", "PatchMacOS"];

/// The result of one step on one instance.
pub(super) struct PluginResult {
    pub outcome: Outcome,
    pub finished_at: Timestamp,
    pub output: String,
}

impl PluginResult {
    /// A step that its precondition skips has succeeded when it starts.
    pub(super) fn of(site: &Site, command: &Command, invocation: &Invocation, plugin: &str) -> PluginResult {
        let instance = &site.instances[invocation.instance];
        let is_windows = instance.platform.is_windows();
        let is_skipped = plugin != if is_windows { "PatchWindows" } else { "PatchLinux" };
        let output = match invocation.outcome {
            Outcome::DeliveryTimedOut => String::new(),
            _ if is_skipped => format!(
                "Step execution skipped due to unsatisfied preconditions: '\"StringEquals\": [platformType, ...]'. Step \
                 name: {plugin}"
            ),
            _ if is_windows => windows(site, instance, command, invocation),
            _ => linux(site, instance, command, invocation),
        };
        if is_skipped {
            return PluginResult { outcome: Outcome::Success, finished_at: invocation.started_at, output };
        }
        PluginResult { outcome: invocation.outcome, finished_at: invocation.finished_at, output }
    }
}

fn baseline_id<'a>(site: &'a Site, instance: &Instance) -> &'a str {
    site.baseline_for(instance.platform, instance.group).map_or("", |baseline| &baseline.id)
}

fn windows(site: &Site, instance: &Instance, command: &Command, invocation: &Invocation) -> String {
    let is_unknown = invocation.outcome == Outcome::ScanFailed;
    let [started, ended] = [invocation.started_at, invocation.finished_at]
        .map(|at| if is_unknown { Timestamp::UNIX_EPOCH } else { at }.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    let mut text = format!(
        "Patch Summary for {}\n\nPatchGroup          : {}\nBaselineId          : {}\nSnapshotId          : {}\n\
         RebootOption        : {}\nOwnerInformation    : \nOperationType       : {}\nOperationStartTime  : {started}\n\
         OperationEndTime    : {ended}\n",
        instance.id,
        instance.group_name(),
        baseline_id(site, instance),
        invocation.snapshot_id,
        command.reboot_option(),
        command.operation.into_str(),
    );
    if let Some(counts) = invocation.counts {
        let lines = [
            ("InstalledCount", counts.installed),
            ("InstalledRejectedCount", counts.installed_rejected),
            ("InstalledPendingRebootCount", counts.installed_pending_reboot),
            ("InstalledOtherCount", counts.installed_other),
            ("FailedCount", counts.failed),
            ("MissingCount", counts.missing),
            ("NotApplicableCount", counts.not_applicable),
            ("UnreportedNotApplicableCount", counts.unreported_not_applicable),
        ];
        text.extend(lines.map(|(name, count)| format!("{name:<29}: {count}\n")));
    }
    let at = invocation.finished_at.strftime("%Y-%m-%dT%H:%M:%S%.3f");
    text.push_str(&format!("\n{} - PatchBaselineOperations Assessment Results - {at}\n", instance.computer_name));
    text.push_str(error_output(invocation.outcome, true));
    text
}

fn linux(site: &Site, instance: &Instance, command: &Command, invocation: &Invocation) -> String {
    let mut text = format!(
        "Instance Id: {}\nRegion: {}\nProduct: {}{}\nPatch Group: {}\nOperation type: {}\nSnapshot Id: {}\n\
         Patch Baseline: {}\nReboot Option: {}\n",
        instance.id,
        site.region,
        instance.platform.name,
        instance.platform.version,
        instance.group_name(),
        command.operation.into_str(),
        invocation.snapshot_id,
        baseline_id(site, instance),
        command.reboot_option(),
    );
    if let Some(counts) = invocation.counts {
        text.push_str(&format!(
            "Installed count: {} Installed other count: {} Installed rejected count: {} Installed pending reboot \
             count: {} Missing count: {} Failed count: {} Not applicable count: {}\n",
            counts.installed,
            counts.installed_other,
            counts.installed_rejected,
            counts.installed_pending_reboot,
            counts.missing,
            counts.failed,
            counts.not_applicable,
        ));
    }
    text.push_str(error_output(invocation.outcome, false));
    text
}

fn error_output(outcome: Outcome, is_windows: bool) -> &'static str {
    match (outcome, is_windows) {
        (Outcome::UpdatesFailed, true) => "Install-WindowsUpdate : 0x800f0922 one or more updates failed to install.\n",
        (Outcome::UpdatesFailed, false) => {
            "Error: transaction failed: at least 95 MB more space needed on the /boot filesystem.\nfailed to run \
             commands: exit status 1\n"
        }
        (Outcome::RepositoryUnreachable, true) => {
            "Exception from HRESULT: 0x8024402C (WU_E_PT_WINHTTP_NAME_NOT_RESOLVED)\n"
        }
        (Outcome::RepositoryUnreachable, false) => {
            "Could not retrieve mirrorlist: [Errno 14] curl#6 - \"Could not resolve host\"\nfailed to run commands: \
             exit status 1\n"
        }
        (Outcome::PatchedButFailed, _) => {
            "Post-patch hook /opt/hooks/after returned 1.\nfailed to run commands: exit status 1\n"
        }
        (Outcome::Unsupported, _) => {
            "An error occurred: UnsupportedOperatingSystem\nfailed to run commands: exit status 146\n"
        }
        (Outcome::ScanFailed, _) => "Exception from HRESULT: 0x8024001E (WU_E_SERVICE_STOP)\n",
        (Outcome::Success | Outcome::DeliveryTimedOut, _) => "",
    }
}
