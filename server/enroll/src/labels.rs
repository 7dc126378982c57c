//! Labels of an instance: claims by its owner. Two are read, and all others ignored.

use crate::{config::PatchGroups, registry::LabelNames};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt};
use utoipa::ToSchema;

/// The most labels, and the longest name and value in bytes.
pub const LABELS_MAX: usize = 64;
pub const LABEL_BYTES_MAX: usize = 256;

/// What the labels ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labels {
    pub wants_patching: bool,
    pub patch_group: String,
    pub note: Option<LabelNote>,
}

/// Why the patch group is the default one although a label was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LabelNote {
    /// The label's value is not one of the configured patch groups.
    UnknownPatchGroup,
    /// The patching label is neither `true` nor `false`, which counts as `false`.
    UnknownPatchingValue,
}

impl fmt::Display for LabelNote {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::UnknownPatchGroup => {
                "The label's value is not a configured patch group, so the default patch group applies."
            }
            Self::UnknownPatchingValue => "The patching label is neither `true` nor `false`, which counts as `false`.",
        })
    }
}

/// Whether the labels are few and short.
pub(crate) fn are_bounded(labels: &BTreeMap<String, String>) -> bool {
    let is_short = |text: &String| text.len() <= LABEL_BYTES_MAX;
    labels.len() <= LABELS_MAX && labels.iter().all(|(name, value)| is_short(name) && is_short(value))
}

/// Reads the two labels. Names and values are compared exactly.
pub(crate) fn read(labels: &BTreeMap<String, String>, names: &LabelNames, groups: &PatchGroups) -> Labels {
    let patching = labels.get(&names.patching).map(String::as_str);
    let asked = labels.get(&names.patch_group);
    let group = asked.filter(|group| groups.names.contains(*group));
    let note = match (asked, group, patching) {
        (Some(_), None, _) => Some(LabelNote::UnknownPatchGroup),
        (_, _, None | Some("true" | "false")) => None,
        _ => Some(LabelNote::UnknownPatchingValue),
    };
    Labels { wants_patching: patching == Some("true"), patch_group: group.unwrap_or(&groups.default).clone(), note }
}
