//! What AWS-RunPatchBaseline prints on a machine, as far as a reader looks for something in it.

use jiff::Timestamp;

use super::is_step_of;
use crate::estate::{
    baseline::Group,
    command::{Command, Invocation, Outcome},
    instance::Instance,
    site::Site,
};

pub(in super::super) fn plugin_output(site: &Site, command: &Command, invocation: &Invocation, plugin: &str) -> String {
    if invocation.outcome == Outcome::DeliveryTimedOut {
        return String::new();
    }
    if !is_step_of(site, invocation, plugin) {
        return "Step execution skipped due to unsatisfied preconditions: '\"StringEquals\": [platformType, \
                ...]'. Step name: "
            .to_owned()
            + plugin;
    }
    let instance = &site.instances[invocation.instance];
    if instance.platform.is_windows() {
        windows(site, instance, command, invocation)
    } else {
        linux(site, instance, command, invocation)
    }
}

fn baseline_id<'a>(site: &'a Site, instance: &Instance) -> &'a str {
    site.baseline_for(instance.platform, instance.group).map_or("", |baseline| &baseline.id)
}

fn windows(site: &Site, instance: &Instance, command: &Command, invocation: &Invocation) -> String {
    let unknown = invocation.outcome == Outcome::ScanFailed;
    let [started, ended] = [invocation.started_at, invocation.finished_at]
        .map(|at| if unknown { Timestamp::UNIX_EPOCH } else { at }.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    let mut text = format!(
        "Patch Summary for {}\n\nPatchGroup          : {}\nBaselineId          : {}\nSnapshotId          : {}\n\
         RebootOption        : {}\nOwnerInformation    : \nOperationType       : {}\nOperationStartTime  : {started}\n\
         OperationEndTime    : {ended}\n",
        instance.id,
        instance.group.map_or("", Group::name),
        baseline_id(site, instance),
        invocation.snapshot_id,
        command.reboot_option(),
        command.operation.name(),
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
    text.push_str(complaint(invocation.outcome, true));
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
        instance.group.map_or("", Group::name),
        command.operation.name(),
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
    text.push_str(complaint(invocation.outcome, false));
    text
}

fn complaint(outcome: Outcome, windows: bool) -> &'static str {
    match (outcome, windows) {
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
        (Outcome::ScanFailed, _) => "Exception from HRESULT: 0x8024001E (WU_E_SERVICE_STOP)\n",
        (Outcome::Success | Outcome::DeliveryTimedOut, _) => "",
    }
}
