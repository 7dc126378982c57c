//! What fixes a CVE or advisory: the packages and versions that feeds and updates name.

use crate::builder::{Context, QueryBuilder};
use muster_metrics::{
    system::{System, package_of_title},
    version::VersionRule,
};
use muster_model::{
    column::Columns,
    exposure::{PackageQuestion, Question, Relation},
};
use muster_store::error::StoreError;
use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

/// The source of what updates name.
pub const SYSTEMS_MANAGER: &str = "Systems Manager";

/// A package of a system that is fixed from a version on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fix {
    /// The place of the question.
    pub number: usize,
    pub system: System,
    pub package: String,
    pub fixed_version: String,
    pub source: String,
    /// Whether the source names every package that has the vulnerability.
    pub is_complete: bool,
}

/// An update that fixes what a question is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FixingPatch {
    pub number: usize,
    pub patch_key: i64,
    /// The package and version in its title; empty for Windows.
    pub package: String,
    pub version: String,
    pub tells: Tells,
}

/// What an update tells of a question, by whether an instance has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tells {
    /// Without it an instance is affected, with it fixed.
    Both,
    /// The same, and nothing else is asked for: an instance to which it does not apply is not affected.
    Only,
    /// Only that an instance without it is affected.
    Lacking,
    /// Only that an instance with it is fixed.
    Having,
    /// Nothing, as when two feeds contradict each other.
    Nothing,
}

impl Tells {
    pub fn code(self) -> &'static str {
        match self {
            Self::Both => "both",
            Self::Only => "only",
            Self::Lacking => "lacking",
            Self::Having => "having",
            Self::Nothing => "nothing",
        }
    }

    pub fn tells_of_lacking(self) -> bool {
        matches!(self, Self::Both | Self::Only | Self::Lacking)
    }

    pub fn tells_of_having(self) -> bool {
        matches!(self, Self::Both | Self::Only | Self::Having)
    }

    /// What is left if another source tells something else.
    pub fn and(self, other: Self) -> Self {
        let lacking = self.tells_of_lacking() && other.tells_of_lacking();
        match (lacking, self.tells_of_having() && other.tells_of_having()) {
            _ if self == other => self,
            (true, true) => Self::Both,
            (true, false) => Self::Lacking,
            (false, true) => Self::Having,
            (false, false) => Self::Nothing,
        }
    }

    /// What an update tells of a question, by the feed that names it. An update of Windows leads to a build: with it, an instance
    /// has this or a later one, and without it an earlier one.
    pub fn of(question: Option<&Question>, fix: &Fix) -> Self {
        let Some(Question::Package(asked)) = question else { return Self::Both };
        let build = VersionRule::Numbers.compare(&fix.fixed_version, &asked.version);
        match (build, asked.relation) {
            (Ordering::Equal, Relation::Less) => Self::Both,
            (Ordering::Greater, _) => Self::Having,
            _ => Self::Lacking,
        }
    }
}

#[derive(Columns)]
struct ReportedPatch {
    cve: String,
    patch_key: i64,
    title: String,
    kb_id: String,
    platform_name: String,
    platform_version: String,
}

#[derive(Columns)]
struct FeedFix {
    feed: String,
    system: String,
    release: String,
    package: String,
    fixed_version: String,
    cve: String,
    advisory: String,
    is_complete: bool,
}

/// The places of the questions that each id answers, and what it tells.
pub type Ids = BTreeMap<String, BTreeMap<usize, Tells>>;

/// The ids in questions that `is` chooses.
fn ids(questions: &[Question], is: impl Fn(&Question) -> Option<&String>) -> Ids {
    let mut ids = Ids::new();
    for (number, question) in questions.iter().enumerate() {
        if let Some(id) = is(question) {
            let tells = if matches!(question, Question::Kb(_)) { Tells::Only } else { Tells::Both };
            ids.entry(id.clone()).or_default().insert(number, tells);
        }
    }
    ids
}

/// The CVEs and KB ids of questions.
pub fn update_ids(questions: &[Question]) -> Ids {
    ids(questions, |question| match question {
        Question::Cve(id) | Question::Kb(id) => Some(id),
        Question::Advisory(_) | Question::Package(_) => None,
    })
}

/// Reads the updates that name the CVEs or have the KB ids, and what their titles say about packages.
pub fn of_updates(context: Context<'_>, ids: &Ids) -> Result<(BTreeSet<FixingPatch>, BTreeSet<Fix>), StoreError> {
    let (mut patches, mut fixes) = (BTreeSet::new(), BTreeSet::new());
    if ids.is_empty() {
        return Ok((patches, fixes));
    }
    let mut query = QueryBuilder::for_instances(context);
    query.filter_in("c.cve", ids.keys().cloned());
    let reported: Vec<ReportedPatch> = query.read("updates that fix CVEs", include_str!("patches.sql"))?;
    for row in &reported {
        let rule = VersionRule::of_system(&row.platform_name);
        let package = package_of_title(&row.title, &row.kb_id, rule);
        let (name, version) = package.unwrap_or_default();
        for (number, tells) in ids.get(&row.cve).into_iter().flatten().map(|(number, tells)| (*number, *tells)) {
            let (package, version) = (name.to_owned(), version.to_owned());
            let patch = FixingPatch { number, patch_key: row.patch_key, package, version, tells };
            let system = System::of_platform(&row.platform_name, &row.platform_version);
            if let Some(system) = system.filter(|_| !name.is_empty()) {
                let (package, fixed_version) = (patch.package.clone(), patch.version.clone());
                // It names what some instance lacks, not all that has the vulnerability.
                let (source, is_complete) = (SYSTEMS_MANAGER.to_owned(), false);
                fixes.insert(Fix { number, system, package, fixed_version, source, is_complete });
            }
            patches.insert(patch);
        }
    }
    Ok((patches, fixes))
}

/// Reads which updates of Windows lead to which build of a version that a question asks about. Only that a build is lower can be
/// told by updates.
fn of_builds(context: Context<'_>, questions: &[Question]) -> Result<BTreeSet<Fix>, StoreError> {
    let mut fixes = BTreeSet::new();
    for (number, question) in questions.iter().enumerate() {
        let Question::Package(PackageQuestion { name, relation: Relation::Less | Relation::LessOrEqual, version }) =
            question
        else {
            continue;
        };
        // Of another version, or of a part of a build, nothing can be told.
        let is_build = version.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with('.'));
        if !is_windows_version(name) || !is_build {
            continue;
        }
        let mut query = QueryBuilder::for_regions(context);
        query.filter_by("x.system = {}", System::WINDOWS.to_owned());
        query.filter_by("starts_with(x.fixed_version, {}::VARCHAR)", format!("{name}."));
        let rows: Vec<FeedFix> = query.read("the builds of feeds", include_str!("fixes.sql"))?;
        fixes.extend(rows.into_iter().filter_map(|row| {
            let system = System::of_code(&row.system, row.release)?;
            let FeedFix { feed: source, package, fixed_version, is_complete, .. } = row;
            Some(Fix { number, system, package, fixed_version, source, is_complete })
        }));
    }
    Ok(fixes)
}

/// Whether a name is a version of Windows, such as `10.0.20348`.
pub fn is_windows_version(name: &str) -> bool {
    let parts: Vec<&str> = name.split('.').collect();
    parts.len() == 3 && parts.iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Reads what feeds say.
pub fn of_feeds(context: Context<'_>, questions: &[Question]) -> Result<BTreeSet<Fix>, StoreError> {
    let cves = ids(questions, |question| if let Question::Cve(id) = question { Some(id) } else { None });
    let advisories = ids(questions, |question| if let Question::Advisory(id) = question { Some(id) } else { None });
    let mut fixes = of_builds(context, questions)?;
    for (column, ids) in [("x.cve", &cves), ("x.advisory", &advisories)] {
        if ids.is_empty() {
            continue;
        }
        let mut query = QueryBuilder::for_regions(context);
        query.filter_in(column, ids.keys().cloned());
        let rows: Vec<FeedFix> = query.read("the fixes of feeds", include_str!("fixes.sql"))?;
        for row in rows {
            let Some(system) = System::of_code(&row.system, row.release) else { continue };
            let id = if column == "x.cve" { &row.cve } else { &row.advisory };
            for number in ids.get(id).into_iter().flat_map(BTreeMap::keys).copied() {
                let (package, fixed_version) = (row.package.clone(), row.fixed_version.clone());
                let (system, source, is_complete) = (system.clone(), row.feed.clone(), row.is_complete);
                fixes.insert(Fix { number, system, package, fixed_version, source, is_complete });
            }
        }
    }
    Ok(fixes)
}
