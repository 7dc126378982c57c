//! Nothing is called absent that was not asked for: runs of every document that patches.

use crate::field::case::{Case, read};
use muster_collect::patch_documents::PatchDocuments;
use muster_model::run::PATCH_DOCUMENTS;

/// The documents of all runs, newest first.
async fn documents(case: &Case) -> Vec<String> {
    let mut runs = Vec::new();
    for instance in ["i-0f1e1d13010000000", "i-0f1e1d13020000000"] {
        runs.extend(case.rows(&format!("/api/v1/instances/{instance}/runs")).await);
    }
    runs.iter().map(|run| run["document_name"].as_str().expect("a name").to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_of_associations_and_with_hooks_are_found() {
    let case = Case::harvested("other-patch-documents").await;
    let row = case.row("/api/v1/accounts").await;
    assert_eq!((row["runs_succeeded"].as_u64(), row["runs_total"].as_u64()), (Some(1), Some(2)), "{row}");
    assert_eq!(documents(&case).await, ["AWS-RunPatchBaselineAssociation", "AWS-RunPatchBaselineWithHooks"]);
    let page = case.page("/accounts/100000000013").await;
    assert!(!page.contains("No runs"), "{page}");
}

/// Each document that patches is found in a first and in a later harvest, and no other.
#[tokio::test(flavor = "multi_thread")]
async fn each_document_that_patches_is_found_and_no_other() {
    let shared = "arn:aws:ssm:us-east-1:111122223333:document/Our-Patching";
    let configured = PatchDocuments::default().with(&[shared.to_owned()]);
    for (document, is_run) in PATCH_DOCUMENTS
        .into_iter()
        .chain([shared])
        .map(|name| (name, true))
        .chain([("AWS-RunShellScript", false), ("Their-Patching", false)])
    {
        let mut played = read("other-patch-documents");
        let ssm = &mut played["accounts"]["100000000013"]["ssm"];
        for operation in ["ListCommands", "ListCommandInvocations"] {
            for row in ssm[operation].as_array_mut().expect("rows") {
                row["DocumentName"] = document.into();
            }
        }
        let mut case = Case::of(played).await;
        case.harvester.patch_documents = configured.clone();
        for harvest in ["first", "later"] {
            case.harvest().await;
            let expected = if is_run { vec![document; 2] } else { Vec::new() };
            assert_eq!(documents(&case).await, expected, "{harvest}: {document}");
        }
    }
}
