//! What the words of the enrollment server mean, and what to do.

use crate::{
    model::{Enrollment, EnrollmentState, enrollment::READY},
    ui::prelude::*,
};

/// How far a systems account is. An unknown word is shown as it is.
pub fn stage(word: Option<&str>) -> String {
    let words = match word {
        None => "Not requested yet: the first enrollment requests it",
        Some("requested") => "Requested: AWS creates the account",
        Some("account") => "Created: its roles are next",
        Some("role") => "Its roles exist: Systems Manager is set up next",
        Some("ssm") => "Systems Manager is set up: a last check is next",
        Some(READY) => "Ready",
        Some(other) => other,
    };
    words.to_owned()
}

/// Why an enrollment failed, and what an operator does about it. None for a word that is not known.
pub fn failure(word: &str) -> Option<(&'static str, &'static str)> {
    let words = match word.to_ascii_lowercase().as_str() {
        "account_limit_exceeded" | "account_number_limit_exceeded" => (
            "The AWS organization may have no more accounts.",
            "Ask AWS to raise the organization's quota of accounts, then retry.",
        ),
        "account_creation_rate_limit_exceeded" => ("Today's quota of new AWS accounts is used up.", "Retry tomorrow."),
        "concurrent_account_modification" => ("Another change of the organization was in progress.", "Retry."),
        "email_already_exists" => (
            "An AWS account outside the organization has the e-mail address of the new account.",
            "Configure another address, then retry.",
        ),
        "invalid_email" => ("AWS does not accept the e-mail address of the new account.", "Correct it, then retry."),
        "invalid_address" => {
            ("AWS does not accept the address of the management account.", "Correct it in the AWS console, then retry.")
        }
        "invalid_payment_instrument" | "missing_payment_instrument" => {
            ("The management account has no valid payment method.", "Correct it in the AWS console, then retry.")
        }
        "failed_business_validation"
        | "invalid_identity_for_business_validation"
        | "missing_business_validation"
        | "pending_business_validation"
        | "unknown_business_validation" => (
            "The business validation of the management account is not complete.",
            "Complete it in the AWS console, then retry.",
        ),
        "internal_failure" => ("AWS failed to create the account.", "Retry, and ask AWS if it stays so."),
        "creation_failed" => {
            ("AWS could not create the account.", "Look at the log of the enrollment server, then retry.")
        }
        "not_ours" => (
            "Another account has the name or the e-mail address of the systems account.",
            "Use another address, or correct the tags of that account, then retry.",
        ),
        "no_external_id" => {
            ("The systems account has no tag muster:external-id.", "Add it, as the harvest role has it, then retry.")
        }
        "not_active" => ("The systems account is suspended or closed.", "Look at it in AWS Organizations, then retry."),
        "wrong_trust" => (
            "A role of the systems account trusts others than the settings say. Nothing was changed.",
            "Correct or delete the role, then retry.",
        ),
        "activations_blocked" => (
            "The role of agents has more permissions than the settings say, so no instance gets it.",
            "Correct the role, then retry.",
        ),
        "setup_failed" => (
            "The systems account could not be set up, although it was tried for ten minutes.",
            "Look at the log of the enrollment server, correct the cause, then retry.",
        ),
        "request" => (
            "The settings ask for something that no account can have.",
            "Correct the settings of the enrollment server, then retry.",
        ),
        _ => return None,
    };
    Some(words)
}

/// What a state means for the instance: why it is as it is, and what happens next.
pub fn explanation(of: &Enrollment) -> AnyView {
    let text = match of.state {
        EnrollmentState::AwaitingApproval => "An operator must approve it. The start-up script tries again until then.",
        EnrollmentState::Admitted => "It passed every check. The next attempt of the instance gets the activation.",
        EnrollmentState::Provisioning => {
            "Its systems account is being created, which takes up to 20 minutes. The start-up script waits."
        }
        EnrollmentState::Failed => return failure_words(of.failure.as_deref().unwrap_or_default()),
        EnrollmentState::Enrolled => "It got an activation.",
        EnrollmentState::Reset => "It may enroll again, with the same evidence too.",
    };
    view! { <span class="secondary">{text}</span> }.into_any()
}

fn failure_words(word: &str) -> AnyView {
    let decides = sees_harvest();
    let (why, remedy) = match failure(word) {
        Some((why, remedy)) => (view! { {why} }.into_any(), remedy),
        None => (
            view! { "The enrollment server says: "<bdi>{word.to_owned()}</bdi>"." }.into_any(),
            "Look at the log of the enrollment server, then retry.",
        ),
    };
    let remedy = if decides { remedy } else { "The operators of VM Management must do something about it." };
    view! { <span class="secondary">{why}" "{remedy}</span> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_words_are_shown_as_they_are() {
        assert_eq!(stage(Some("paused")), "paused");
        assert_eq!(failure("paused"), None);
        assert!(failure("ACCOUNT_LIMIT_EXCEEDED").is_some() && failure("wrong_trust").is_some());
    }
}
