//! What is found out for the questions before the instances are asked: the installed versions in question, compared.

use super::fixes::{
    Fix, FixingPatch, Ids, SYSTEMS_MANAGER, Tells, is_windows_version, of_feeds, of_updates, update_ids,
};
use crate::{
    builder::{AccountSelection, Context, QueryBuilder},
    software::COUNTED,
};
use muster_metrics::{system::System, version::VersionRule};
use muster_model::{
    column::Columns,
    exposure::{PackageQuestion, Question},
};
use muster_store::error::StoreError;
use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt::Display,
};

/// The codes of what the inventory decides, as evidence.sql has them.
const AFFECTED: i32 = 1;
const UNCLEAR: i32 = 3;
const FIXED: i32 = 4;

/// The questions with what decides them.
pub struct Evidence {
    pub questions: Vec<Question>,
    fixes: BTreeSet<Fix>,
    patches: BTreeSet<FixingPatch>,
    /// The fixes of each package, in lower case.
    by_package: HashMap<(usize, System, String), Vec<Fix>>,
    /// The source that names every package with the vulnerability.
    complete: HashMap<(usize, System), String>,
    /// The ids of updates that answer questions.
    updates: Ids,
    platforms: Vec<Platform>,
    installed: Vec<Installed>,
    /// That of each installed version.
    places: Vec<Place>,
}

/// The number of a package on a platform, and the place of a version among those of it.
#[derive(Clone, Copy, Default)]
struct Place {
    package: usize,
    place: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Columns)]
struct Platform {
    platform_name: String,
    platform_version: String,
}

/// A version of a package that some instance of a platform has.
#[derive(Columns)]
struct Installed {
    #[column(flatten)]
    platform: Platform,
    name: String,
    version: String,
}

impl Platform {
    fn system(&self) -> Option<System> {
        System::of_platform(&self.platform_name, &self.platform_version)
    }

    fn rule(&self) -> VersionRule {
        VersionRule::of_system(&self.platform_name)
    }

    fn is_windows(&self) -> bool {
        self.platform_name.to_ascii_lowercase().contains("windows")
    }
}

/// What absent packages mean for the instances of a platform.
#[derive(Clone, Copy)]
enum Absent {
    /// Nothing unless there is an inventory.
    Packages,
    /// The question is about another system.
    Other,
    /// Nothing: only an update that is listed tells.
    Update,
}

impl Absent {
    fn code(self) -> &'static str {
        match self {
            Self::Packages => "packages",
            Self::Other => "other",
            Self::Update => "update",
        }
    }
}

impl Evidence {
    pub fn read(
        context: Context<'_>,
        selection: AccountSelection<'_>,
        questions: Vec<Question>,
    ) -> Result<Self, StoreError> {
        let mut fixes = of_feeds(context, &questions)?;
        // The updates of Windows have no packages: feeds name their KB.
        let mut updates = update_ids(&questions);
        for fix in fixes.iter().filter(|fix| fix.system.system == System::WINDOWS) {
            let tells = Tells::of(questions.get(fix.number), fix);
            let of_update = updates.entry(fix.package.to_uppercase()).or_default();
            of_update.entry(fix.number).and_modify(|other| *other = other.and(tells)).or_insert(tells);
        }
        let (patches, of_updates) = of_updates(context, &updates)?;
        fixes.extend(of_updates);
        let mut query = QueryBuilder::for_instances(context);
        query.filter_accounts(selection);
        let platforms = query.read("operating systems", include_str!("platforms.sql"))?;
        let asked = questions.iter().filter_map(|question| match question {
            Question::Package(package) => Some(package.name.to_lowercase()),
            _ => None,
        });
        let names: BTreeSet<String> = fixes.iter().map(|fix| fix.package.to_lowercase()).chain(asked).collect();
        let installed: Vec<Installed> = match names.is_empty() {
            true => Vec::new(),
            false => {
                let mut query = QueryBuilder::for_regions(context);
                query.define(COUNTED).filter_accounts(selection).filter_in("lower(f.name)", names);
                query.read("installed versions", include_str!("versions.sql"))?
            }
        };
        let places = places(&installed);
        let mut by_package: HashMap<_, Vec<Fix>> = HashMap::new();
        let mut complete = HashMap::new();
        for fix in &fixes {
            by_package
                .entry((fix.number, fix.system.clone(), fix.package.to_lowercase()))
                .or_default()
                .push(fix.clone());
            if fix.is_complete {
                complete.insert((fix.number, fix.system.clone()), fix.source.clone());
            }
        }
        Ok(Self { questions, fixes, by_package, complete, patches, updates, platforms, installed, places })
    }

    /// Starts a statement that reads `evidence`.
    pub fn query<'a>(&self, context: Context<'a>, selection: AccountSelection<'_>) -> QueryBuilder<'a> {
        let mut query = QueryBuilder::for_instance_status(context);
        query.filter_accounts(selection).define(include_str!("evidence.sql"));
        query
            .bind_name("{questions}", joined(self.question_lines()))
            .bind_name("{systems}", joined(self.system_lines()))
            .bind_name("{versions}", joined(self.version_lines()))
            .bind_name("{verdicts}", joined(self.verdict_lines()))
            .bind_name("{updates}", joined(self.patch_lines()))
            .bind_name("{hotfixes}", joined(self.hotfix_lines()));
        query
    }

    /// Who says what fixes what a question is about.
    pub fn sources(&self, number: usize) -> Vec<String> {
        let of_fixes = self.fixes.iter().filter(|fix| fix.number == number).map(|fix| fix.source.clone());
        let of_patches = self.patches.iter().filter(|patch| patch.number == number).map(|_| SYSTEMS_MANAGER.to_owned());
        let sources: BTreeSet<String> = of_fixes.chain(of_patches).collect();
        sources.into_iter().collect()
    }

    fn question_lines(&self) -> Vec<Vec<String>> {
        let kind = |question: &Question| match question {
            Question::Package(package) if is_windows_version(&package.name) => "build",
            _ => "",
        };
        let of = |(number, question): (usize, &Question)| line(&[&number, &question, &kind(question)]);
        self.questions.iter().enumerate().map(of).collect()
    }

    fn system_lines(&self) -> Vec<Vec<String>> {
        let mut lines = Vec::new();
        for (number, question) in self.questions.iter().enumerate() {
            // What reports no system can be any.
            for platform in self.platforms.iter().filter(|platform| !platform.platform_name.is_empty()) {
                let absent = match question {
                    Question::Kb(_) if platform.is_windows() => Some((Absent::Update, "")),
                    Question::Kb(_) => Some((Absent::Other, "")),
                    Question::Package(package) if is_windows_version(&package.name) => {
                        (platform.platform_version != package.name).then_some((Absent::Other, ""))
                    }
                    Question::Package(_) => Some((Absent::Packages, "")),
                    Question::Cve(_) | Question::Advisory(_) if platform.is_windows() => {
                        let is_named =
                            self.fixes.iter().any(|fix| fix.number == number && fix.system.system == System::WINDOWS);
                        is_named.then_some((Absent::Update, ""))
                    }
                    Question::Cve(_) | Question::Advisory(_) => {
                        let system = platform.system().map(|system| (number, system));
                        let source = system.and_then(|of_system| self.complete.get(&of_system));
                        source.map(|source| (Absent::Packages, source.as_str()))
                    }
                };
                let Platform { platform_name, platform_version } = platform;
                lines.extend(absent.map(|(absent, source)| {
                    line(&[&number, platform_name, platform_version, &absent.code(), &source])
                }));
            }
        }
        lines
    }

    fn patch_lines(&self) -> Vec<Vec<String>> {
        let of = |FixingPatch { number, patch_key, package, version, tells }: &FixingPatch| {
            let asked = match self.questions.get(*number) {
                Some(Question::Package(asked)) => written(asked),
                _ => version.clone(),
            };
            line(&[number, patch_key, package, &asked, &tells.code()])
        };
        self.patches.iter().map(of).collect()
    }

    fn hotfix_lines(&self) -> Vec<Vec<String>> {
        let of = |(id, numbers): (&String, &BTreeMap<usize, Tells>)| -> Vec<Vec<String>> {
            let numbers = numbers.iter().filter(|(_, tells)| tells.tells_of_having());
            numbers.map(|(number, _)| line(&[number, id])).collect()
        };
        self.updates.iter().flat_map(of).collect()
    }

    /// A line for each installed version.
    fn version_lines(&self) -> Vec<Vec<String>> {
        let of = |(installed, Place { package, place }): (&Installed, &Place)| {
            let Platform { platform_name, platform_version } = &installed.platform;
            line(&[package, platform_name, platform_version, &installed.name, &installed.version, place])
        };
        self.installed.iter().zip(&self.places).map(of).collect()
    }

    /// A line for each question that an installed version answers.
    fn verdict_lines(&self) -> Vec<Vec<String>> {
        let mut lines = Vec::new();
        for (installed, Place { package, place }) in self.installed.iter().zip(&self.places) {
            let system = installed.platform.system();
            for (number, question) in self.questions.iter().enumerate() {
                let verdict = match question {
                    Question::Package(package) => asked(package, installed),
                    Question::Cve(_) | Question::Advisory(_) => {
                        system.as_ref().and_then(|system| self.fixed(number, system, installed))
                    }
                    Question::Kb(_) => None,
                };
                let Some(Verdict { code, needed, source }) = verdict else { continue };
                lines.push(line(&[&number, package, place, &code, &needed, &source]));
            }
        }
        lines
    }

    /// What an installed version says of a question. Older than every fixed one, it is affected, and from the newest one on it is
    /// fixed. In between, only a fix of the same stream tells.
    fn fixed(&self, number: usize, system: &System, installed: &Installed) -> Option<Verdict> {
        let rule = installed.platform.rule();
        let fixes = self.by_package.get(&(number, system.clone(), installed.name.to_lowercase()))?;
        let is_older = |fix: &Fix| rule.compare(&installed.version, &fix.fixed_version) == Ordering::Less;
        let oldest = fixes.iter().min_by(|one, other| rule.compare(&one.fixed_version, &other.fixed_version))?;
        let newest = fixes.iter().max_by(|one, other| rule.compare(&one.fixed_version, &other.fixed_version))?;
        let own = fixes
            .iter()
            .find(|fix| stream(&fix.fixed_version).is_some_and(|own| stream(&installed.version) == Some(own)));
        let (code, deciding) = match own {
            _ if installed.version.is_empty() => (UNCLEAR, newest),
            Some(own) if is_older(own) => (AFFECTED, own),
            Some(own) => (FIXED, own),
            None if is_older(oldest) => (AFFECTED, oldest),
            None if is_older(newest) => (UNCLEAR, newest),
            None => (FIXED, newest),
        };
        Some(Verdict { code, needed: deciding.fixed_version.clone(), source: deciding.source.clone() })
    }
}

/// What an installed version says of a question: its code, the version that is needed, and who says so.
struct Verdict {
    code: i32,
    needed: String,
    source: String,
}

/// What an installed version says of a question about versions; none of another package.
fn asked(package: &PackageQuestion, installed: &Installed) -> Option<Verdict> {
    if installed.name.to_lowercase() != package.name.to_lowercase() {
        return None;
    }
    let rule = installed.platform.rule();
    let code = match installed.version.is_empty() {
        true => UNCLEAR,
        false if package.relation.holds(rule.compare_with_written(&installed.version, &package.version)) => AFFECTED,
        false => FIXED,
    };
    Some(Verdict { code, needed: written(package), source: String::new() })
}

/// The minor release that a version of RPM was built for, such as `el9_4`; none of one that names no minor release.
fn stream(version: &str) -> Option<&str> {
    let start = version.rfind(".el")? + 1;
    let rest = version.get(start..)?;
    let end = rest.find('.').unwrap_or(rest.len());
    rest.get(..end).filter(|stream| stream.contains('_'))
}

/// Numbers the packages of each platform, and the installed versions of each package, the oldest first.
fn places(installed: &[Installed]) -> Vec<Place> {
    let mut groups: BTreeMap<(&Platform, &str), Vec<usize>> = BTreeMap::new();
    for (at, one) in installed.iter().enumerate() {
        groups.entry((&one.platform, &one.name)).or_default().push(at);
    }
    let mut places = vec![Place::default(); installed.len()];
    for (package, ((platform, _), mut group)) in groups.into_iter().enumerate() {
        let version = |at: &usize| installed.get(*at).map_or("", |one| one.version.as_str());
        group.sort_by(|one, other| platform.rule().compare(version(one), version(other)));
        for (place, at) in group.into_iter().enumerate() {
            if let Some(of_version) = places.get_mut(at) {
                *of_version = Place { package, place };
            }
        }
    }
    places
}

/// The parts of a line of `evidence.sql`.
fn line(parts: &[&dyn Display]) -> Vec<String> {
    parts.iter().map(ToString::to_string).collect()
}

/// Joins lines for `evidence.sql`. What has the characters that separate them is of no instance: harvests replace these.
fn joined(lines: Vec<Vec<String>>) -> String {
    let separates = |part: &String| part.contains(['\t', '\n']);
    let lines = lines.into_iter().filter(|line| !line.iter().any(separates));
    lines.map(|line| line.join("\t")).collect::<Vec<_>>().join("\n")
}

/// What an instance must have instead, in words: the version for `<`, more for `<=`.
fn written(package: &PackageQuestion) -> String {
    use muster_model::exposure::Relation::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual};
    match package.relation {
        Less => package.version.clone(),
        LessOrEqual => format!("> {}", package.version),
        Equal => format!("not {}", package.version),
        GreaterOrEqual => format!("< {}", package.version),
        Greater => format!("<= {}", package.version),
    }
}
