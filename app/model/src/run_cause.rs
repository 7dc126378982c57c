//! The causes of failed runs in words. `server/metrics` decides the cause of each result.

/// A cause: its code, what happened, and what to do.
type Cause = (&'static str, &'static str, &'static str);

const CAUSES: [Cause; 12] = [
    ("not_delivered", "The agent did not answer", "Check that the instance runs and that its SSM Agent is connected."),
    (
        "timed_out",
        "It ran longer than its timeout",
        "Raise the timeout of the run, or look for what hangs on the instance.",
    ),
    ("cancelled", "It was cancelled", "Run it again if it was not meant to be cancelled."),
    (
        "unsupported_system",
        "Patch Manager does not support the operating system",
        "Upgrade the system, or patch it by hand.",
    ),
    (
        "disk_full",
        "There is not enough disk space",
        "Free space on the file system that the output names, /boot above all.",
    ),
    ("name_resolution", "A host name could not be resolved", "Check the DNS servers of the instance."),
    (
        "repository",
        "A source of packages could not be reached",
        "Check the repositories, the proxy and the firewall of the instance.",
    ),
    (
        "package_manager_busy",
        "The package manager was busy or interrupted",
        "Let the other process end, or repair its state, and run it again.",
    ),
    (
        "dependencies",
        "Packages depend on each other in a way that cannot be met",
        "Check the repositories and the excluded packages of the instance.",
    ),
    (
        "signature",
        "A signature could not be checked",
        "Import the missing key, or check the clock and the certificates of the instance.",
    ),
    ("hook", "A hook failed", "Check the script that runs before or after patching."),
    ("updates_failed", "Updates failed to install", "The updates of the instance say which; its own log says why."),
];

/// Errors of Windows and of its update agent, with the agent's own name.
const HRESULTS: [Cause; 14] = [
    (
        "0x8024001e",
        "The Windows Update service was stopped (WU_E_SERVICE_STOP)",
        "Check that the service can run, and run it again.",
    ),
    (
        "0x80240022",
        "All updates of the operation failed (WU_E_ALL_UPDATES_FAILED)",
        "The updates of the instance say which.",
    ),
    (
        "0x80240020",
        "Nobody was signed in to install (WU_E_NO_INTERACTIVE_USER)",
        "Check the update policy of the instance.",
    ),
    ("0x8024000b", "The operation was cancelled (WU_E_CALL_CANCELLED)", "Run it again."),
    ("0x80242014", "An update needs a reboot to be finished (WU_E_UH_POSTREBOOTSTILLPENDING)", "Reboot the instance."),
    (
        "0x80246007",
        "An update was not downloaded (WU_E_DM_NOTDOWNLOADED)",
        "Check the disk space and the connection of the instance.",
    ),
    ("0x80246013", "An update could not be downloaded", "Check the connection of the instance."),
    (
        "0x800f0922",
        "An installer failed (CBS_E_INSTALLERS_FAILED)",
        "Check the free space of the system partition, and CBS.log.",
    ),
    (
        "0x800f0831",
        "An earlier update is missing (CBS_E_STORE_CORRUPTION)",
        "Repair the component store, and install the earlier update.",
    ),
    (
        "0x800f081f",
        "Files for a repair are missing (CBS_E_SOURCE_MISSING)",
        "Repair the component store with a source.",
    ),
    ("0x80073712", "The component store is damaged (ERROR_SXS_COMPONENT_STORE_CORRUPT)", "Repair the component store."),
    (
        "0x80070005",
        "Access was denied (E_ACCESSDENIED)",
        "Check the rights of the system account and of security software.",
    ),
    (
        "0x80070643",
        "A fatal error occurred during installation (ERROR_INSTALL_FAILURE)",
        "Check the log of the installer.",
    ),
    ("0x8007000e", "There was not enough memory (E_OUTOFMEMORY)", "Check the memory of the instance."),
];

/// Exit codes of AWS's patch documents.
const EXIT_CODES: [Cause; 4] = [
    ("2", "Its own dependencies could not be met", "Check that Python and the package manager of the instance work."),
    ("149", "Its inventory could not be uploaded", "Check that the instance reaches the Systems Manager endpoint."),
    ("195", "Updates failed, and a reboot is needed", "Reboot the instance, then look at the updates that failed."),
    ("196", "Updates failed, and a reboot is needed", "Reboot the instance, then look at the updates that failed."),
];

fn find(all: &[Cause], code: &str) -> Option<(String, &'static str)> {
    all.iter().find(|(known, ..)| *known == code).map(|(_, label, remedy)| ((*label).to_owned(), *remedy))
}

const NO_REMEDY: &str = "Read the output of the run on the instance.";

fn words(cause: &str) -> (String, &'static str) {
    if let Some(hresult) = cause.strip_prefix("hresult_") {
        return find(&HRESULTS, hresult)
            .unwrap_or_else(|| (format!("Windows reported the error {hresult}"), NO_REMEDY));
    }
    if let Some(code) = cause.strip_prefix("exit_code_") {
        return find(&EXIT_CODES, code).unwrap_or_else(|| (format!("It ended with exit code {code}"), NO_REMEDY));
    }
    find(&CAUSES, cause).unwrap_or_else(|| (cause.to_owned(), NO_REMEDY))
}

/// What happened.
pub fn label(cause: &str) -> String {
    words(cause).0
}

/// What to do.
pub fn remedy(cause: &str) -> &'static str {
    words(cause).1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_cause_has_words() {
        assert_eq!(label("disk_full"), "There is not enough disk space");
        assert_eq!(label("hresult_0x8024001e"), "The Windows Update service was stopped (WU_E_SERVICE_STOP)");
        assert_eq!(label("hresult_0x8badf00d"), "Windows reported the error 0x8badf00d");
        assert_eq!(label("exit_code_7"), "It ended with exit code 7");
        for cause in ["disk_full", "hresult_0x80240022", "exit_code_149", "anything"] {
            assert!(remedy(cause).ends_with('.'), "{cause}");
        }
    }
}
