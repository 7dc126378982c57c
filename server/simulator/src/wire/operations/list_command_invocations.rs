//! ListCommandInvocations: the results per instance, newest first, on request with the three steps of the document.

use super::*;
use crate::{
    estate::{Command, DOCUMENT, Invocation, Site},
    wire::operations::{
        list_commands::CommandInput,
        plugin::{PLUGINS, PluginResult},
    },
};

const LIMITS: Limits = Limits::new(1, 50, 50);

/// The output of a step is cut after this. GetCommandInvocation returns more.
const OUTPUT_CHARACTERS_MAX: usize = 2_500;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DetailsInput {
    #[serde(default)]
    details: bool,
}

/// One result: the site and the command it belongs to, and itself.
type Found<'a> = (&'a Site, &'a Command, &'a Invocation);

pub(super) fn respond(context: &Context<'_>) -> Result<Vec<u8>, ApiError> {
    let (input, pager): (CommandInput, _) = paged_input(context, LIMITS)?;
    let DetailsInput { details } = context.input()?;
    input.check(context)?;
    let mut found: Vec<Found<'_>> = Vec::new();
    if let Some(site) = context.site {
        for command in input.commands(context) {
            let invocations = site.invocations_of(command).iter();
            let requested = invocations.filter(|invocation| {
                input.is_for_instance(&site.instances[invocation.instance].id)
                    && input.has_status(invocation.outcome.status())
            });
            found.extend(requested.map(|invocation| (site, command, invocation)));
        }
    }
    let subject = input.instance_id.as_deref().unwrap_or("");
    pager.respond("CommandInvocations", subject, &found, |found| row(*found, details))
}

fn row((site, command, invocation): Found<'_>, details: bool) -> Value {
    let plugin = |name: &&str| {
        let result = PluginResult::of(site, command, invocation, name);
        json!({
            "Name": name,
            "Status": result.outcome.status(),
            "StatusDetails": result.outcome.status_details(),
            "ResponseCode": result.outcome.response_code(),
            "ResponseStartDateTime": Epoch(invocation.started_at),
            "ResponseFinishDateTime": Epoch(result.finished_at),
            "Output": result.output.chars().take(OUTPUT_CHARACTERS_MAX).collect::<String>(),
            "StandardOutputUrl": "",
            "StandardErrorUrl": "",
        })
    };
    let plugins: &[&str] = if details { &PLUGINS } else { &[] };
    json!({
        "CommandId": command.id,
        "InstanceId": site.instances[invocation.instance].id,
        // Documented as the name of the instance, but always empty.
        "InstanceName": "",
        "Comment": command.comment,
        "DocumentName": DOCUMENT,
        "DocumentVersion": "$DEFAULT",
        "RequestedDateTime": Epoch(command.requested_at),
        "Status": invocation.outcome.status(),
        "StatusDetails": invocation.outcome.status_details(),
        "TraceOutput": "",
        "StandardOutputUrl": "",
        "StandardErrorUrl": "",
        "CommandPlugins": plugins.iter().map(plugin).collect::<Vec<_>>(),
    })
}
