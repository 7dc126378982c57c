//! `/enrollment`: what enrolling does, and for one account everything that it takes.

use super::{ENROLLMENT, account, guide_href, outage_page, providers, words};
use crate::{
    model::{EnrollmentAccount, EnrollmentOutage, EnrollmentPage},
    ui::{pages::LearnMore, prelude::*},
};

const TITLE: &str = "Enrollment";

const COLUMNS: [Column; 4] =
    [Column::text("Account"), Column::text("Customer"), Column::text("Systems account"), Column::numeric("Instances")];

pub fn enrollment_guide_page() -> AnyView {
    page(ENROLLMENT, |at| rpc::enrollment_guide(at.query), show)
}

fn show(_: Address, answer: Result<EnrollmentPage, EnrollmentOutage>) -> AnyView {
    let page = match answer {
        Ok(page) => page,
        Err(outage) => return outage_page(TITLE, outage, ENROLLMENT),
    };
    let content = match page.accounts.as_slice() {
        [] => no_account(),
        [one] => one_account(one, &page),
        many => accounts_card(many),
    };
    view! {
        <Title text=TITLE />
        <div class="page-header">
            <h1>"Enroll instances"</h1>
            <p class="muted">"An instance that proves who it is gets registered, and is patched from then on."</p>
        </div>
        {steps()}
        {content}
    }
    .into_any()
}

fn steps() -> AnyView {
    let step = |title: &'static str, text: &'static str| view! { <li><strong>{title}</strong><span class="muted">{text}</span></li> };
    let content = view! {
        <ol class="steps card-body">
            {step("Prepare the instance", "Set up what its provider signs as evidence, and the two labels.")}
            {step(
                "Run the start-up script",
                "On each boot. It proves which instance it runs on, gets an activation for one registration, and registers the SSM Agent.",
            )}
            {step(
                "See it in VM Management",
                "After the next harvest, in its patch group. The first instance of an account waits up to 20 minutes for its systems account.",
            )}
        </ol>
    };
    Card::new("steps", "In three steps").content(content)
}

/// No account may enroll: what the customer can do about it.
fn no_account() -> AnyView {
    let learn_more = use_context::<LearnMore>().map(|LearnMore(address)| {
        view! {
            <p>
                <a class="button" href=address target="_blank" rel="external noopener noreferrer">"Learn more about patching"</a>
            </p>
        }
    });
    view! {
        <section class="card" aria-label="Accounts">
            <div class="empty-state">
                <p>{icon(Icon::Unknown)}" "<strong>"No account may enroll instances."</strong></p>
                <p class="muted">
                    "None of your accounts, or none of this customer, provider and ID, is registered for enrollment. Ask your account team: \
                     it needs the provider and the ID of the account."
                </p>
                {learn_more}
            </div>
        </section>
    }
    .into_any()
}

fn accounts_card(accounts: &[EnrollmentAccount]) -> AnyView {
    let row = |account: &EnrollmentAccount| {
        let href = guide_href(&account.provider, &account.account_id);
        let failed = account.failure.is_some().then(|| view! { {badge("failed", Icon::Failure, "Failed")}" " });
        cells![
            view! {
                <a href=href><bdi>{account.account_name.clone()}</bdi></a>
                <span class="secondary">{account.provider.label().to_owned()}" "<bdi>{account.account_id.clone()}</bdi></span>
            },
            view! { <bdi>{account.customer_name.clone()}</bdi> },
            view! { {failed}<bdi>{words::stage(account.stage.as_deref())}</bdi> },
            count(account.instances),
        ]
    };
    Card::new("accounts", "Accounts").note("Choose one to see what it takes").content(data_table(
        "Accounts that may enroll",
        &COLUMNS,
        accounts.iter().map(row),
    ))
}

fn one_account(account: &EnrollmentAccount, page: &EnrollmentPage) -> AnyView {
    view! {
        {account::account_card(account)}
        {account::enrollments_card(page)}
        <div class="split-even">{providers::provider_card(&account.provider)} {providers::labels_card(&page.guide)}</div>
        {providers::scripts_card(&page.guide)}
        {providers::network_card(&page.guide, &account.provider, &account.region)}
    }
    .into_any()
}
