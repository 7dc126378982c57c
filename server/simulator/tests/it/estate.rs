//! The estate as a model: it is deterministic, has one operation per day and a consistent history, and the demo has the
//! mix of statuses that it needs.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use jiff::SignedDuration;
use muster_simulator::{Estate, EstateSpec, TrueInstance};

static DEMO: LazyLock<Estate> = LazyLock::new(|| lived("demo"));
static SMALL: LazyLock<Estate> = LazyLock::new(|| lived("small"));

const STALE_AFTER: SignedDuration = SignedDuration::from_hours(7 * 24);

fn spec(name: &str) -> EstateSpec {
    EstateSpec::named(name).expect("a known name")
}

fn lived(name: &str) -> Estate {
    live(&spec(name))
}

fn live(spec: &EstateSpec) -> Estate {
    let mut estate = Estate::new(spec);
    while !estate.is_at_last_day() {
        estate.next_day();
    }
    estate
}

fn digest(estate: &Estate) -> String {
    use sha2::{Digest, Sha256};
    let text = format!("{:?}{:?}{:?}{:?}", estate.roster(), estate.instances(), estate.history(), estate.invocations());
    format!("{:x}", Sha256::digest(text.as_bytes()))
}

/// The patch status, as the portal defines it.
fn status(estate: &Estate, instance: &TrueInstance) -> &'static str {
    if instance.is_unsupported {
        return "unsupported";
    }
    let Some(patch) = instance.patch.as_ref().filter(|patch| patch.operation_ended_at.as_second() > 0) else {
        return "no_data";
    };
    let has = |state| instance.updates.iter().any(|update| update.state == state);
    match patch {
        _ if estate.now().duration_since(patch.operation_ended_at) > STALE_AFTER => "stale",
        _ if has("Failed") => "failed",
        _ if has("Missing") => "pending",
        _ if patch.counts.missing > 0 => "details_missing",
        _ if has("InstalledPendingReboot") => "pending_reboot",
        _ if has("InstalledRejected") || has("AvailableSecurityUpdate") => "non_compliant",
        _ => "up_to_date",
    }
}

fn statuses(estate: &Estate) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for instance in estate.instances().iter().filter(|instance| instance.current) {
        *counts.entry(status(estate, instance)).or_default() += 1;
    }
    counts
}

#[test]
fn the_seed_decides_what_the_estate_is() {
    assert_eq!(digest(&lived("small")), digest(&SMALL));
    assert_ne!(digest(&live(&spec("small").with_seed(77))), digest(&SMALL));
}

#[test]
fn the_demo_has_400_instances_in_the_expected_mix_of_statuses() {
    let counts = statuses(&DEMO);
    assert_eq!(counts.values().sum::<usize>(), 400);
    for (status, range) in [
        ("up_to_date", 240..=280),
        ("pending", 60..=80),
        ("failed", 8..=15),
        ("pending_reboot", 12..=20),
        ("details_missing", 2..=2),
        ("unsupported", 2..=2),
        ("non_compliant", 3..=15),
        ("stale", 15..=25),
        ("no_data", 8..=15),
    ] {
        let count = counts.get(status).copied().unwrap_or(0);
        assert!(range.contains(&count), "{status}: {count} is not in {range:?}, all statuses: {counts:?}");
    }
    for state in ["AvailableSecurityUpdate", "InstalledRejected"] {
        let is_current = |one: &&TrueInstance| one.current && one.updates.iter().any(|update| update.state == state);
        assert!(DEMO.instances().iter().any(|one| is_current(&one)), "{state}");
    }
}

#[test]
fn the_small_estate_has_every_status_and_every_state() {
    let counts = statuses(&SMALL);
    assert_eq!(counts.values().sum::<usize>(), 12);
    assert_eq!(counts.len(), 9, "{counts:?}");
    let states: BTreeSet<&str> =
        SMALL.instances().iter().flat_map(|instance| &instance.updates).map(|update| update.state).collect();
    let expected = [
        "AvailableSecurityUpdate",
        "Failed",
        "Installed",
        "InstalledOther",
        "InstalledPendingReboot",
        "InstalledRejected",
        "Missing",
        "NotApplicable",
    ];
    assert_eq!(states.into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn the_empty_estate_has_one_account_without_instances() {
    let estate = lived("empty");
    assert_eq!(estate.roster().len(), 1);
    assert!(estate.instances().is_empty() && estate.history().is_empty() && estate.invocations().is_empty());
}

type Rows = BTreeMap<(String, String), String>;

#[test]
fn the_history_adds_up_to_the_current_reports() {
    for estate in [&*DEMO, &*SMALL] {
        let mut folded: BTreeMap<&str, Rows> = BTreeMap::new();
        for transition in estate.history() {
            let rows = folded.entry(&*transition.instance_id).or_default();
            let key = (transition.title.to_owned(), transition.kb_id.to_owned());
            let before = match transition.to {
                Some(state) => rows.insert(key, state.to_owned()),
                None => rows.remove(&key),
            };
            assert_eq!(before.as_deref(), transition.from, "{transition:?}");
            assert_ne!(transition.from, transition.to, "{transition:?}");
            assert!(transition.happened_at <= transition.reported_at, "{transition:?}");
        }
        for instance in estate.instances() {
            let now: Rows = instance
                .updates
                .iter()
                .map(|update| ((update.title.to_owned(), update.kb_id.to_owned()), update.state.to_owned()))
                .collect();
            assert_eq!(now.len(), instance.updates.len(), "a row twice on {}", instance.instance_id);
            assert_eq!(folded.get(&*instance.instance_id).cloned().unwrap_or_default(), now);
        }
    }
}

#[test]
fn counts_equal_the_numbers_of_rows() {
    for instance in DEMO.instances() {
        // A failed scan counts -1, and the details of some instances are withheld.
        let Some(patch) = instance.patch.filter(|patch| patch.counts.missing >= 0) else { continue };
        if instance.updates.is_empty() {
            continue;
        }
        let count = |state| instance.updates.iter().filter(|update| update.state == state).count() as i64;
        assert_eq!(patch.counts.installed, count("Installed"));
        assert_eq!(patch.counts.missing, count("Missing"));
        assert_eq!(patch.counts.failed, count("Failed"));
        assert_eq!(patch.counts.not_applicable, count("NotApplicable"));
    }
}

#[test]
fn an_instance_has_at_most_one_operation_a_day_and_it_ends_within_the_day() {
    for name in ["demo", "small"] {
        let mut estate = Estate::new(&spec(name));
        let mut seen = estate.invocations().len();
        while !estate.is_at_last_day() {
            let before = estate.now();
            estate.next_day();
            let invocations = estate.invocations();
            let day: Vec<_> = invocations.iter().filter(|one| one.requested_at >= before).collect();
            assert_eq!(invocations.len() - seen, day.len(), "an operation outside its day");
            seen = invocations.len();
            let instances: BTreeSet<&str> = day.iter().map(|one| &*one.instance_id).collect();
            assert_eq!(instances.len(), day.len(), "two operations of one instance before {}", estate.now());
            for one in day {
                assert!(one.finished_at < estate.now(), "{one:?}");
            }
        }
    }
}

#[test]
fn only_missing_and_failed_rows_have_cve_ids_and_none_on_debian_and_ubuntu() {
    let instances = DEMO.instances();
    for instance in &instances {
        for update in instance.updates.iter().filter(|update| !update.cve_ids.is_empty()) {
            assert!(matches!(update.state, "Missing" | "Failed"), "{update:?}");
            assert!(!matches!(instance.operating_system, "DEBIAN" | "UBUNTU"), "{update:?}");
        }
    }
    let all = || instances.iter().flat_map(|instance| &instance.updates);
    assert!(all().any(|update| !update.cve_ids.is_empty()));
    assert!(all().any(|update| update.title.is_empty() && update.state == "InstalledOther"));
    assert!(instances.iter().any(|instance| instance.computer_name.contains("<script>")));
}

#[test]
fn several_installed_kernels_share_a_kb_id() {
    let instances = DEMO.instances();
    let repeats = |instance: &&TrueInstance| {
        instance.updates.iter().filter(|update| update.kb_id == "kernel.x86_64" && update.state == "Installed").count()
            > 1
    };
    assert!(instances.iter().filter(repeats).count() > 20);
}

#[test]
fn nothing_is_missing_after_an_installation() {
    for instance in DEMO.instances() {
        if instance.patch.as_ref().is_some_and(|patch| patch.operation == "Install") {
            assert!(instance.updates.iter().all(|update| update.state != "Missing"), "{}", instance.instance_id);
        }
    }
}

#[test]
fn the_demo_has_the_expected_size() {
    assert_eq!(DEMO.roster().len(), 40);
    let instances = DEMO.instances();
    let rows: Vec<usize> =
        instances.iter().filter(|one| one.current).map(|one| one.updates.len()).filter(|&rows| rows > 0).collect();
    assert!(rows.iter().all(|rows| (25..=110).contains(rows)), "{rows:?}");
    let changes = DEMO.history().iter().filter(|one| !one.baseline).count();
    assert!((15_000..40_000).contains(&changes), "{changes}");
    let gone = instances.iter().filter(|one| !one.current).count();
    assert!(gone > 10, "{gone}");
    let failed = DEMO.invocations().iter().filter(|one| one.status == "Failed").count();
    assert!(failed > 100, "{failed}");
}
