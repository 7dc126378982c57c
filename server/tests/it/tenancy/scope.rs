//! A scope shows its own accounts and nothing of other customers.

use crate::support::world::{customer, harvested};
use muster_access::principal::Principal;
use muster_model::{
    filter::{AccountFilter, HarvestFilter, InstanceFilter, OfInstance, UpdateFilter},
    page::Window,
    ports::{ReportError, Reports},
    update::UpdateState,
};
use std::collections::BTreeSet;

fn customers() -> Vec<String> {
    let ids: BTreeSet<String> = harvested().estate.roster().iter().map(|account| account.customer_id.clone()).collect();
    assert!(ids.len() > 1, "tenancy needs two customers");
    ids.into_iter().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_have_only_rows_of_the_customer_and_together_all_rows() {
    let operator = harvested().reports(&Principal::local());
    let all = operator.instances(InstanceFilter::default()).await.expect("instances").total;
    let all_updates = operator.updates(UpdateFilter::default()).await.expect("updates").total;
    let (mut instances, mut updates, mut top_missing) = (0, 0, 0);
    for customer_id in customers() {
        let reports = harvested().reports(&customer(&customer_id));
        let accounts = reports.accounts(AccountFilter::default()).await.expect("accounts");
        assert!(accounts.rows.iter().all(|row| row.customer_id == customer_id));
        let own: BTreeSet<_> = accounts.rows.iter().map(|row| row.account_id.clone()).collect();
        let page = reports.instances(InstanceFilter::default()).await.expect("instances");
        assert!(page.rows.iter().all(|row| own.contains(&row.account_id)));
        instances += page.total;
        let page = reports.updates(UpdateFilter::default()).await.expect("updates");
        assert!(page.rows.iter().all(|row| own.contains(&row.account_id)));
        updates += page.total;
        assert_eq!(reports.harvest(HarvestFilter::default()).await, Err(ReportError::NotFound));
        let overview = reports.overview(AccountFilter::default()).await.expect("an overview");
        assert!(overview.choices.customers.iter().all(|choice| choice.code == customer_id));
        assert!(overview.attention.iter().all(|line| own.contains(&line.account_id)));
        let missing = UpdateFilter {
            states: vec![UpdateState::Missing],
            window: Window { offset: 0, limit: 100_000 },
            ..UpdateFilter::default()
        };
        let missing = reports.updates(missing).await.expect("updates").rows;
        for row in &overview.top_missing {
            let same = missing.iter().filter(|one| (&one.name, &one.description) == (&row.name, &row.description));
            assert_eq!(row.instances, same.count() as u64, "{row:?}");
        }
        top_missing += overview.top_missing.len();
    }
    assert_eq!((instances, updates), (all, all_updates));
    assert!(top_missing > 0, "nothing is missing anywhere");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_other_customers_are_not_found() {
    let customers = customers();
    let own = harvested().reports(&customer(&customers[0]));
    let theirs = harvested().reports(&customer(&customers[1]));
    let foreign = theirs.instances(InstanceFilter::default()).await.expect("instances").rows[0].clone();
    assert_eq!(own.instance(foreign.instance_id.clone()).await, Err(ReportError::NotFound));
    assert_eq!(own.account(foreign.account_id.clone()).await, Err(ReportError::NotFound));
    let id = || foreign.instance_id.clone();
    let history = own.history(OfInstance::all(id())).await.expect("a page");
    let software = own.software(OfInstance::all(id())).await.expect("a page");
    let runs = own.runs(OfInstance::all(id())).await.expect("a page");
    assert_eq!((history.total, software.total, runs.total), (0, 0, 0));
    // Rows and totals come from separate queries.
    assert_eq!((history.rows.len(), software.rows.len(), runs.rows.len()), (0, 0, 0));
    let history = theirs.history(OfInstance::all(id())).await.expect("a page");
    let software = theirs.software(OfInstance::all(id())).await.expect("a page");
    let runs = theirs.runs(OfInstance::all(id())).await.expect("a page");
    assert!(history.total > 0 && software.total > 0 && runs.total > 0, "there are no rows to hide");
    // A filter narrows the scope and never widens it.
    let filter = InstanceFilter { customer: Some(customers[1].clone()), ..InstanceFilter::default() };
    assert_eq!(own.instances(filter).await.expect("a page").total, 0);
}
