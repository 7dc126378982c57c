//! What each provider's instances need, so that they can prove who they are.

use crate::{
    model::{EnrollmentGuide, Provider},
    ui::prelude::*,
};

/// The evidence of a provider, what to set up for it, and where the labels are.
struct Needs {
    evidence: &'static str,
    set_up: &'static str,
    labels: &'static str,
    run: &'static str,
}

const TOKEN_FILE: &str = "The operators of VM Management issue a signed token for each server. Store it in \
    /etc/muster/enrollment-token with mode 600, on Windows in %ProgramFiles%\\Muster\\enrollment-token, readable for SYSTEM and \
    Administrators only.";
const LABELS_IN_TOKEN: &str = "They are in the token; what the server itself says is ignored.";
const SERVICE: &str = "As a service that runs on each boot, in the image or by cloud-init; on Windows as a scheduled task at \
    start-up, as SYSTEM.";

fn needs(provider: &Provider) -> Option<Needs> {
    let needs = match provider.code() {
        "aws" => Needs {
            evidence: "The instance identity document of EC2, signed with the key of its Region.",
            set_up: "Enable instance metadata, version 2. From containers it needs a hop limit of 2. An instance that is managed in its own account leaves it.",
            labels: "Set them as tags of the instance, and allow tags in instance metadata.",
            run: "As user data that runs on each boot, such as by cloud-init's scripts-per-boot; on Windows with <persist>true</persist>.",
        },
        "azure" => Needs {
            evidence: "The attested document of the virtual machine, with a nonce of the enrollment server.",
            set_up: "Nothing. The certificates of its issuers are downloaded from www.microsoft.com.",
            labels: "Set them as tags of the virtual machine.",
            run: SERVICE,
        },
        "gcp" => Needs {
            evidence: "An identity token of the instance's service account, for a nonce of the enrollment server.",
            set_up: "Give the instance a service account; it needs no roles.",
            labels: "Set them as custom metadata of the instance. The metadata server does not tell an instance its labels.",
            run: "By the metadata key startup-script-url, on Windows windows-startup-script-url.",
        },
        "vmware" => Needs {
            evidence: "A token that the vCenter side has signed for this virtual machine.",
            set_up: "Install VMware Tools, and set guestinfo.muster.enroll in the extraConfig of the virtual machine to its token.",
            labels: LABELS_IN_TOKEN,
            run: SERVICE,
        },
        "openstack" | "dedicated" => Needs {
            evidence: "A token that the operators have signed for this server.",
            set_up: TOKEN_FILE,
            labels: LABELS_IN_TOKEN,
            run: SERVICE,
        },
        _ => return None,
    };
    Some(needs)
}

/// What the instances of a provider need.
pub fn provider_card(provider: &Provider) -> AnyView {
    let content = match needs(provider) {
        Some(needs) => {
            let fact = |name: &'static str, text: &'static str| view! { <dt>{name}</dt><dd>{text}</dd> };
            view! {
                <dl class="explained card-body">
                    {fact("Evidence", needs.evidence)} {fact("Set up", needs.set_up)} {fact("Labels", needs.labels)}
                    {fact("Run the script", needs.run)}
                </dl>
            }
            .into_any()
        }
        None => {
            empty_state("Unknown provider", "The operators of VM Management know how its instances prove who they are.")
        }
    };
    Card::new("provider", format!("What instances of {provider} need")).content(content)
}

/// The labels that an instance has.
pub fn labels_card(guide: &EnrollmentGuide) -> AnyView {
    let groups = guide.patch_groups.iter().cloned().map(|group| view! { <li><code><bdi>{group}</bdi></code></li> });
    let content = view! {
        <dl class="explained card-body">
            <dt><code>{guide.patching_label.clone()}</code></dt>
            <dd><code>"true"</code>" for patching."</dd>
            <dt><code>{guide.patch_group_label.clone()}</code></dt>
            <dd>
                "The patch group, one of: "<ul class="words">{groups.collect_view()}</ul>
                ". Without it, or with another value, it is "<code><bdi>{guide.default_patch_group.clone()}</bdi></code>"."
            </dd>
        </dl>
    };
    Card::new("labels", "Labels").content(content)
}

/// What the instance must reach.
pub fn network_card(guide: &EnrollmentGuide, provider: &Provider, region: &str) -> AnyView {
    let row =
        |address: String, purpose: &'static str| view! { <dt><code><bdi>{address}</bdi></code></dt><dd>{purpose}</dd> };
    let is_azure = provider.code() == "azure";
    let issuers =
        is_azure.then(|| row("www.microsoft.com".to_owned(), "The issuers of Azure's certificates, by HTTP."));
    let content = view! {
        <dl class="explained card-body">
            {row(guide.server.clone(), "The enrollment server.")}
            {row(format!("amazon-ssm-{region}.s3.{region}.amazonaws.com"), "The installer and the SSM Agent, unless it is installed.")}
            {["ssm", "ssmmessages", "ec2messages"].map(|name| row(format!("{name}.{region}.amazonaws.com"), "The SSM Agent.")).collect_view()}
            {issuers}
        </dl>
        <p class="card-body muted">
            "By HTTPS, also through a proxy; the agent's service must be given the proxy, too. Regions in China and the European \
             Sovereign Cloud have their own domains. The metadata service, 169.254.169.254, is never asked through a proxy."
        </p>
    };
    Card::new("network", "Network").note("What instances must reach").content(content)
}

/// The scripts, and how to fetch and check them.
pub fn scripts_card(guide: &EnrollmentGuide) -> AnyView {
    let scripts = guide.scripts.iter().map(|script| {
        let is_windows = script.system.eq_ignore_ascii_case("windows");
        let commands =
            if is_windows { powershell(&script.url, &script.sha256) } else { shell(&script.url, &script.sha256) };
        view! {
            <h3><bdi>{script.system.clone()}</bdi></h3>
            <dl class="explained">
                <dt>"Address"</dt><dd><code class="whole">{script.url.clone()}</code></dd>
                <dt>"SHA-256"</dt><dd><code class="whole">{script.sha256.clone()}</code></dd>
            </dl>
            <pre class="commands"><code>{commands}</code></pre>
        }
    });
    let content = view! { <div class="card-body scripts">{scripts.collect_view()}</div> };
    Card::new("scripts", "Start-up scripts")
        .note("The content at an address never changes. Check the hash before you run it as root or SYSTEM")
        .content(content)
}

fn shell(url: &str, sha256: &str) -> String {
    format!(
        "curl -fsS -o muster-enroll.sh '{url}'\necho '{sha256}  muster-enroll.sh' | sha256sum --check \\\n  && sudo bash muster-enroll.sh\n"
    )
}

fn powershell(url: &str, sha256: &str) -> String {
    format!(
        "Invoke-WebRequest -UseBasicParsing -Uri '{url}' -OutFile muster-enroll.ps1\nif ((Get-FileHash muster-enroll.ps1 -Algorithm SHA256).Hash -ne '{sha256}') {{ throw 'another script' }}\npowershell.exe -ExecutionPolicy Bypass -File muster-enroll.ps1\n"
    )
}
