//! Exceptions: who may make them, what they except, and when they end by themselves.

use crate::support::{
    browser::{Answer, Browser},
    visitor::Visitor,
    world::{World, customer, state},
};
use axum::http::StatusCode;
use jiff::{SignedDuration, ToSpan, civil::Date};
use muster_access::principal::{Identity, Principal, Role};
use muster_audit::Audit;
use muster_core::{
    clock::Clock,
    feed::{ExploitedRecord, Feed},
};
use muster_model::{
    exception::{ExceptionRow, ExceptionState},
    filter::{CustomersFilter, ExceptionFilter, ServiceLevelFilter, UpdateFilter},
    ports::Reports,
    update::{UpdateRow, UpdateState},
};
use muster_store::{
    error::StoreError,
    exceptions::{self, EXCEPTIONS_A_DAY_MAX, Exception},
    value::{day_of, time},
};
use muster_verify::{Extent, verify};
use muster_web::state::ServerState;
use std::collections::BTreeMap;

/// A world with the harvests of some days, and its portal.
struct Case {
    world: World,
    state: ServerState,
}

fn browser(state: &ServerState, identity: Identity) -> Browser {
    crate::access::auditor_link::signed_in(state, identity)
}

impl Case {
    async fn new() -> Self {
        let world = World::small().await;
        world.harvest().await;
        for _ in 0..40 {
            world.next_day();
        }
        world.harvest().await;
        let state = state(&world.source());
        Self { world, state }
    }

    fn today(&self) -> Date {
        day_of(self.world.clock.now())
    }

    async fn updates(&self, query: &str) -> (u64, Vec<UpdateRow>) {
        let filter = UpdateFilter::from_query(&format!("{query}&per_page=500")).expect(query);
        let reports = self.world.source().for_scope(Principal::local().scope());
        let page = reports.updates(filter).await.expect("updates");
        (page.total, page.rows)
    }

    async fn exceptions(&self) -> Vec<ExceptionRow> {
        let reports = self.world.source().for_scope(Principal::local().scope());
        reports.exceptions(ExceptionFilter::default()).await.expect("exceptions").rows
    }

    async fn overdue(&self) -> (u64, u64) {
        let reports = self.world.source().for_scope(Principal::local().scope());
        let totals = reports.service_level(ServiceLevelFilter::default()).await.expect("the service level").totals;
        (totals.overdue, totals.overdue_excepted)
    }

    async fn assert_verified(&self) {
        assert_eq!(verify(&self.world.source(), Extent::WHOLE).await.expect("a verification").first, []);
    }

    /// Submits the form as an operator, with these fields instead of the usual ones.
    async fn make(&self, fields: &[(&str, &str)]) -> Answer {
        make_as(&self.state, Principal::local().identity, self.today(), fields).await
    }

    /// An exception of an update on the whole account, as it is stored.
    fn stored(&self, id: &str, update: &UpdateRow) -> Exception {
        Exception {
            exception_id: id.to_owned(),
            kind: "accept".to_owned(),
            cve: String::new(),
            kb_id: update.name.clone(),
            title: update.description.clone(),
            account_id: update.account_id.to_string(),
            patch_group: String::new(),
            instance_id: String::new(),
            until_day: self.today(),
            reason: "Not reachable.".to_owned(),
            made_by: "test".to_owned(),
            made_by_name: "Somebody".to_owned(),
            made_at: self.world.clock_now(),
            revoked_by: None,
            revoked_by_name: None,
            revoked_at: None,
        }
    }

    /// The update that is overdue on most instances of an account.
    async fn overdue_update(&self) -> UpdateRow {
        let mut counts: BTreeMap<(String, String), Vec<UpdateRow>> = BTreeMap::new();
        for row in self.updates("due=overdue").await.1 {
            counts.entry((row.account_id.to_string(), row.description.clone())).or_default().push(row);
        }
        let most = counts.into_values().max_by_key(Vec::len).expect("an overdue update");
        most.into_iter().next().expect("an update")
    }
}

async fn make_as(state: &ServerState, identity: Identity, today: Date, fields: &[(&str, &str)]) -> Answer {
    let until = (today + 30.days()).to_string();
    let mut form = BTreeMap::from([("kind", "defer"), ("until", until.as_str()), ("reason", "The owner attends it.")]);
    form.extend(fields.iter().copied());
    let form: Vec<(&str, &str)> = form.into_iter().collect();
    browser(state, identity).post("/exceptions/make", &form).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exception_holds_until_it_is_over_and_is_counted_with_and_without() {
    let case = Case::new().await;
    let update = case.overdue_update().await;
    let (overdue, _) = case.overdue().await;
    let made_on = case.today();
    let of_update = format!("account={}&name={}&due=overdue", update.account_id, update.name);
    let patch = [
        ("name", update.name.as_str()),
        ("title", update.description.as_str()),
        ("account", update.account_id.as_str()),
    ];
    let answer = case.make(&patch).await;
    assert!(answer.location().starts_with("/exceptions?id="), "{} {}", answer.status, answer.body);
    let rows = case.exceptions().await;
    let [row] = rows.as_slice() else { panic!("{rows:?}") };
    let expected = case.updates(&of_update).await.1.iter().filter(|row| row.description == update.description).count();
    assert_eq!((row.state, row.made_by.as_str()), (ExceptionState::Active, "the command line"));
    assert!(row.pending_updates > 0 && row.excepted_updates == row.pending_updates, "{row:?}");
    assert_eq!(case.overdue().await, (overdue, expected as u64), "excepted updates stay overdue");
    // The figures equal their lists.
    assert_eq!(case.updates("exception=any").await.0, row.excepted_updates);
    assert_eq!(case.updates(&format!("exception={}", row.exception_id)).await.0, row.pending_updates);
    assert_eq!(case.updates("exception=any&due=overdue").await.0, expected as u64);
    assert_eq!(case.updates("exception=none&due=overdue").await.0, overdue - expected as u64);
    assert_eq!(case.updates(&format!("exception=any&instance={}", update.instance_id)).await.0, 1);
    // Each row says so, however it was found.
    let of_instance = format!("instance={}", update.instance_id);
    for query in ["sort=description", "due=overdue", "exception=none", "state=Installed", of_instance.as_str()] {
        for row in case.updates(query).await.1 {
            let is_it = row.account_id == update.account_id && row.description == update.description;
            let is_expected = is_it && row.name == update.name && row.install_status.is_pending();
            assert_eq!(row.is_excepted, is_expected, "{query}: {row:?}");
        }
    }
    let customers = case.world.source().for_scope(Principal::local().scope());
    let customers = customers.customers(CustomersFilter::default()).await.expect("customers").rows.rows;
    let excepted = customers.iter().map(|row| (row.overdue, row.overdue_excepted));
    let excepted = excepted.fold((0, 0), |sum, row| (sum.0 + row.0, sum.1 + row.1));
    assert_eq!(excepted, (overdue, expected as u64), "customers");
    case.assert_verified().await;
    // It holds on its last day, and not on the next one.
    for (days, state) in [(30, ExceptionState::Active), (31, ExceptionState::Expired)] {
        let at = case.world.clock_now() + SignedDuration::from_hours(24 * if days == 30 { 30 } else { 1 });
        case.world.clock.set(at);
        assert_eq!(case.exceptions().await[0].state, state, "after {days} days");
    }
    assert_eq!((case.overdue().await.1, case.updates("exception=any").await.0), (0, 0));
    // A past day shows it as it was, in each way to list updates.
    let visitor = Visitor::signed_in(&case.state, Principal::local().identity);
    for query in ["sort=description", "due=overdue", "exception=any", of_instance.as_str()] {
        let answer = visitor.get(&format!("/api/v1/updates?{query}&as_of={made_on}&per_page=500")).await;
        let page: serde_json::Value = serde_json::from_str(&answer.body).expect("JSON");
        let rows = page["rows"].as_array().expect("rows").iter();
        assert!(rows.filter(|row| row["is_excepted"] == true).count() > 0, "{query}: {page}");
    }
    case.assert_verified().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exception_reopens_once_a_cve_is_known_to_be_exploited() {
    let case = Case::new().await;
    let (_, rows) = case.updates("state=Missing").await;
    let row = rows.into_iter().find(|row| row.cve_ids.len() > 1).expect("an update that fixes several CVEs");
    let [first, rest @ ..] = row.cve_ids.as_slice() else { panic!("{row:?}") };
    let fields =
        [("cve", first.as_str()), ("instance", row.instance_id.as_str()), ("account", row.account_id.as_str())];
    assert_eq!(case.make(&fields).await.status, StatusCode::SEE_OTHER);
    let counts = |rows: &[ExceptionRow]| rows.iter().map(|row| row.excepted_updates).sum::<u64>();
    assert_eq!(counts(&case.exceptions().await), 0, "the update also fixes others");
    for cve in rest {
        let fields = [("cve", cve.as_str()), fields[1], fields[2]];
        assert_eq!(case.make(&fields).await.status, StatusCode::SEE_OTHER);
    }
    let all = case.exceptions().await;
    assert!(all.iter().all(|row| row.excepted_updates > 0 && !row.instance_name.is_empty()), "{all:?}");
    case.assert_verified().await;
    // The catalogue lists one of them a day later.
    let tomorrow = case.today() + 1.days();
    let exploited = vec![ExploitedRecord { cve: first.clone(), added_on: tomorrow, due_on: None }];
    let feed = Feed { name: "kev".to_owned(), format: "KEV".to_owned(), exploited, ..Feed::default() };
    let now = case.world.clock_now();
    let write = case.world.harvester.store.write("feeds", move |writer| {
        muster_store::feeds::replace(writer, std::slice::from_ref(&feed.name), std::slice::from_ref(&feed), now)
    });
    write.await.expect("a feed");
    assert!(case.exceptions().await.iter().all(|row| row.state == ExceptionState::Active), "not yet");
    case.world.clock.set(now + SignedDuration::from_hours(24));
    let rows = case.exceptions().await;
    assert_eq!((rows[0].state, &rows[0].cve, rows[0].exploited_on), (ExceptionState::Reopened, first, Some(tomorrow)));
    assert_eq!(counts(&rows), 0, "one of its CVEs is no longer excepted");
    case.assert_verified().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_excepted_that_nobody_decided_on() {
    let case = Case::new().await;
    let update = case.overdue_update().await;
    let account = ("account", update.account_id.as_str());
    let patch = [("name", update.name.as_str()), ("title", update.description.as_str()), account];
    // A newer version has another title, and an unknown instance or group has no updates.
    let other = [("name", update.name.as_str()), ("title", "another version"), account];
    assert_eq!(case.make(&other).await.status, StatusCode::SEE_OTHER);
    let grouped: Vec<_> = patch.into_iter().chain([("patch_group", "no such group")]).collect();
    let answer = case.make(&grouped).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.body);
    assert!(answer.body.contains("No current instance") && answer.body.contains("no such group"), "{}", answer.body);
    assert!(case.exceptions().await.iter().all(|row| row.pending_updates == 0));
    // Instances that were first seen after it was made are not part of it.
    let early = Exception {
        made_at: case.world.clock_now() - SignedDuration::from_hours(24 * 60),
        ..case.stored("early", &update)
    };
    let store = &case.world.harvester.store;
    assert!(exceptions::add(store, early).await.expect("a store"));
    assert_eq!(case.updates("exception=any").await.0, 0);
    assert!(exceptions::add(store, case.stored("now", &update)).await.expect("a store"));
    assert!(case.updates("exception=any").await.0 > 0);
    case.assert_verified().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn exceptions_are_made_and_revoked_within_the_scope_only() {
    let mut case = Case::new().await;
    let audited = tempfile::tempdir().expect("a folder");
    case.state.audit = Audit::open(audited.path(), case.world.clock.clone()).expect("an audit");
    let update = case.overdue_update().await;
    let patch = [("name", update.name.as_str()), ("title", update.description.as_str())];
    let own = [patch[0], patch[1], ("account", update.account_id.as_str())];
    let foreign = case.world.harvester.accounts.iter().find(|account| account.customer_id != update.customer_id);
    let foreign = foreign.expect("another customer");
    let of = |account: &str| customer(account).identity;
    let today = case.today();
    let role = Role::Auditor { customer: update.customer_id.clone(), day: today };
    let auditor = Identity { issuer: "test".into(), subject: "a".into(), name: "A".into(), role };

    let answer = make_as(&case.state, of(&foreign.customer_id), today, &own).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(
        answer.body.contains("not among yours") && answer.body.contains("The owner attends it."),
        "{}",
        answer.body
    );
    for form in ["/exceptions/new", "/rpc/exception_draft?query="] {
        let visitor = Visitor::signed_in(&case.state, auditor.clone());
        assert_eq!(visitor.get(form).await.status, StatusCode::NOT_FOUND, "{form}");
    }
    assert_eq!(make_as(&case.state, auditor.clone(), today, &own).await.status, StatusCode::NOT_FOUND);
    let mut refused = 1;
    for (key, value) in [
        ("until", "2020-01-01"),
        ("until", "9999-12-31"),
        ("until", ""),
        ("kind", "ignore"),
        ("reason", " "),
        ("account", ""),
        ("title", ""),
        ("cve", "CVE-2025-40778"),
        ("owner", "me"),
        ("reason", "<script>alert(1)</script>\u{202e}"),
    ] {
        let fields: Vec<_> = own.into_iter().filter(|(other, _)| *other != key).chain([(key, value)]).collect();
        let answer = case.make(&fields).await;
        let is_text = value.contains("script");
        let status = if is_text { StatusCode::SEE_OTHER } else { StatusCode::BAD_REQUEST };
        refused += u64::from(!is_text);
        assert_eq!(answer.status, status, "{key}={value}: {}", answer.body);
    }
    let rows = case.exceptions().await;
    let [row] = rows.as_slice() else { panic!("{rows:?}") };
    let page = Visitor::signed_in(&case.state, Principal::local().identity).get("/exceptions").await.body;
    assert!(page.contains("&lt;script&gt;") && !page.contains("<script>alert"), "{page}");

    // What was refused is audited, too.
    let files = std::fs::read_dir(audited.path()).expect("a folder").map(|file| file.expect("a file").path());
    let text: String = files.map(|file| std::fs::read_to_string(file).expect("text")).collect();
    let events = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"));
    let of_exceptions = events.filter(|event| event["action"] == "exception");
    let (made, not): (Vec<_>, Vec<_>) = of_exceptions.partition(|event| event["result"] == "ok");
    assert_eq!((made.len() as u64, not.len() as u64), (1, refused), "{text}");

    let revoke = |identity: Identity| {
        let (state, id) = (case.state.clone(), row.exception_id.clone());
        async move { browser(&state, identity).post("/exceptions/revoke", &[("exception", &id)]).await.status }
    };
    assert_eq!(revoke(of(&foreign.customer_id)).await, StatusCode::NOT_FOUND);
    assert_eq!(revoke(auditor).await, StatusCode::NOT_FOUND);
    assert_eq!(case.exceptions().await[0].state, ExceptionState::Active);
    assert_eq!(revoke(of(&update.customer_id)).await, StatusCode::SEE_OTHER);
    let rows = case.exceptions().await;
    assert_eq!((rows[0].state, rows[0].revoked_by.is_empty()), (ExceptionState::Revoked, false));
    // What is over stays as it was, and the day before shows what held then.
    assert_eq!(revoke(of(&update.customer_id)).await, StatusCode::NOT_FOUND);
    let yesterday = today - 1.days();
    case.world.clock.set(case.world.clock_now() + SignedDuration::from_hours(24));
    let visitor = Visitor::signed_in(&case.state, of(&update.customer_id));
    for (day, state) in [(yesterday, None), (today, Some("revoked"))] {
        let answer = visitor.get(&format!("/api/v1/exceptions?as_of={day}")).await;
        let rows: serde_json::Value = serde_json::from_str(&answer.body).expect("JSON");
        assert_eq!(rows["rows"][0]["state"].as_str(), state, "{day}: {rows}");
    }
    assert!(UpdateState::PENDING.contains(&update.install_status) && case.updates("exception=any").await.0 == 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn exceptions_end_with_the_customer_of_the_account_and_have_a_limit() {
    let case = Case::new().await;
    let update = case.overdue_update().await;
    let instance = update.instance_id.as_str();
    let other = case.world.harvester.accounts.iter().find(|account| account.account_id != update.account_id);
    let other = other.expect("another account").account_id.to_string();
    let patch = [("name", update.name.as_str()), ("title", update.description.as_str()), ("instance", instance)];
    let elsewhere: Vec<_> = patch.into_iter().chain([("account", other.as_str())]).collect();
    assert_eq!(case.make(&elsewhere).await.status, StatusCode::BAD_REQUEST, "the instance is not in that account");
    let here: Vec<_> = patch.into_iter().chain([("account", update.account_id.as_str())]).collect();
    assert_eq!(case.make(&here).await.status, StatusCode::SEE_OTHER);
    for number in 1..EXCEPTIONS_A_DAY_MAX {
        let exception = Exception { instance_id: instance.to_owned(), ..case.stored(&number.to_string(), &update) };
        assert!(exceptions::add(&case.world.harvester.store, exception).await.expect("a store"), "{number}");
    }
    let answer = case.make(&here).await;
    assert!(answer.status == StatusCode::BAD_REQUEST && answer.body.contains("within a day"), "{}", answer.body);
    assert_eq!(case.updates("exception=any").await.0, 1);
    case.assert_verified().await;
    // Another customer takes over the account.
    let (account, at) = (update.account_id.to_string(), time(case.world.clock_now() + SignedDuration::from_hours(1)));
    let moved = case.world.harvester.store.write("a former owner", move |writer| {
        let add = "INSERT INTO former_owner VALUES ($1, 'former', $2)";
        let added = writer.connection().execute(add, duckdb::params![account, at]);
        added.map(drop).map_err(StoreError::write("a former owner"))
    });
    moved.await.expect("a store");
    case.world.clock.set(case.world.clock_now() + SignedDuration::from_hours(2));
    let of_operator = case.exceptions().await;
    assert!(of_operator.iter().all(|row| row.state == ExceptionState::Expired), "{of_operator:?}");
    assert_eq!((case.updates("exception=any").await.0, case.overdue().await.1), (0, 0));
    let visitor = Visitor::signed_in(&case.state, customer(&update.customer_id).identity);
    let own = visitor.get(&format!("/api/v1/exceptions?account={}", update.account_id)).await.body;
    assert!(own.contains("\"total\":0"), "the new customer sees nothing of the former one: {own}");
    case.assert_verified().await;
}
