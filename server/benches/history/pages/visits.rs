//! What varies from one request to the next. It depends on the seed and the number of the request only, so two runs request
//! the same, and an answer repeats only where a small data set has no other instance, account or filter.

use super::addresses::ByHand;
use crate::{
    fixture::{Fixture, Subject},
    random::{Purpose, random_u64},
    size::Size,
    vendor::{PACKAGES, PLATFORMS},
};
use anyhow::Context;
use jiff::{Span, civil::Date};

const INSTANCES: &str = "SELECT instance_key, instance_id, account_id, name FROM listed_instance
    WHERE gone_at IS NULL ORDER BY hash(instance_id)";
const ACCOUNTS: &str = "SELECT account_id, customer_id FROM account WHERE removed_at IS NULL ORDER BY hash(account_id)";
const STATUSES: [&str; 5] = ["pending", "up_to_date", "failed", "pending_reboot", "stale"];
const SORTS: [&str; 8] = [
    "name",
    "missing",
    "account_name",
    "last_scan_at",
    "failed",
    "critical_missing",
    "agent_version",
    "pending_reboot",
];
/// Rows of a page: about the portal's default of 50.
const ROWS_MIN: u64 = 40;
const ROWS_VARIETY: u64 = 21;
const PAGES: u64 = 10;
const WEEK_DAYS: i64 = 7;
const QUARTER_DAYS: i64 = 90;
const TREND_DAYS_MIN: i64 = 30;

pub struct Visits {
    /// Each with its name.
    instances: Vec<(Subject, String)>,
    /// Each with its customer.
    accounts: Vec<(String, String)>,
    platforms: Vec<&'static str>,
    size: Size,
    today: Date,
}

/// The values of one request.
pub struct Visit {
    values: Vec<(&'static str, String)>,
    pub subject: Subject,
}

impl Visits {
    pub async fn new(fixture: &Fixture, size: Size) -> anyhow::Result<Self> {
        let instance = |line: String| {
            let [key, instance, account, name] = fields(&line)?;
            anyhow::Ok((Subject::new((key.parse()?, instance.to_owned(), account.to_owned()))?, name.to_owned()))
        };
        let account = |line: String| fields(&line).map(|[account, customer]| (account.to_owned(), customer.to_owned()));
        let mut platforms = PLATFORMS.map(|(_, name, _)| name).to_vec();
        platforms.dedup();
        Ok(Self {
            instances: fixture.rows(INSTANCES).await?.into_iter().map(instance).collect::<anyhow::Result<_>>()?,
            accounts: fixture.rows(ACCOUNTS).await?.into_iter().map(account).collect::<anyhow::Result<_>>()?,
            platforms,
            size,
            today: fixture.literals.today(),
        })
    }

    /// A week ago, or the first day of the data set.
    pub fn a_week_ago(&self) -> Date {
        self.ago(WEEK_DAYS.min(self.size.days - 1))
    }

    fn ago(&self, days: i64) -> Date {
        self.today.saturating_sub(Span::new().days(days))
    }

    /// The values of a request. A series of requests has consecutive turns.
    pub fn visit(&self, series: &str, turn: usize) -> Visit {
        let start =
            series.bytes().fold(self.size.seed, |state, byte| random_u64(state, Purpose::Instance, byte.into(), 0));
        let number = start % (1 << 32) + turn as u64;
        let index = |length: usize| (number % length as u64) as usize;
        let (subject, name) = &self.instances[index(self.instances.len())];
        let (account, customer) = &self.accounts[index(self.accounts.len())];
        // A page and its JSON ask the same of the store, which would be cached.
        let rows_min = if series.starts_with("/api") { ROWS_MIN + ROWS_VARIETY } else { ROWS_MIN };
        let (rows, page) = (rows_min + number % ROWS_VARIETY, 1 + number / ROWS_VARIETY % PAGES);
        let platform = self.platforms[(number / STATUSES.len() as u64) as usize % self.platforms.len()];
        let ago = |days: i64| self.ago(days).to_string();
        let days_max = (self.size.days / 2).clamp(1, QUARTER_DAYS);
        let values = vec![
            ("{instance}", subject.instance.to_string()),
            ("{account}", account.clone()),
            ("{customer}", customer.clone()),
            ("{text}", name[..name.len() - 1].to_owned()),
            ("{status}", STATUSES[index(STATUSES.len())].to_owned()),
            ("{platform}", platform.to_owned()),
            ("{online}", (!(number / 2).is_multiple_of(4)).to_string()),
            ("{sort}", SORTS[index(SORTS.len())].to_owned()),
            ("{dir}", if (number / SORTS.len() as u64).is_multiple_of(2) { "asc" } else { "desc" }.to_owned()),
            ("{package}", PACKAGES[index(PACKAGES.len())].to_owned()),
            ("{rows}", rows.to_string()),
            ("{page}", page.to_string()),
            ("{offset}", ((page - 1) * rows).to_string()),
            ("{week}", self.a_week_ago().to_string()),
            ("{quarter}", ago(QUARTER_DAYS.min(self.size.days - 1))),
            ("{from}", ago(TREND_DAYS_MIN + index(QUARTER_DAYS as usize) as i64)),
            ("{past}", ago(1 + index(days_max as usize) as i64)),
        ];
        Visit { values, subject: subject.clone() }
    }
}

impl Visit {
    /// The path with its values.
    pub fn path(&self, template: &str) -> String {
        self.values.iter().fold(template.to_owned(), |path, (name, value)| {
            let value: String = form_urlencoded::byte_serialize(value.as_bytes()).collect();
            path.replace(name, &value)
        })
    }

    /// The same as of a past day: this one, or another one for each request.
    pub fn past_path(&self, template: &str, day: Option<Date>) -> String {
        let separator = if template.contains('?') { '&' } else { '?' };
        let day = day.map_or_else(|| "{past}".to_owned(), |day| day.to_string());
        self.path(&format!("{template}{separator}as_of={day}"))
    }

    /// The statement by hand with its values.
    pub fn sql(&self, fixture: &Fixture, by_hand: ByHand) -> String {
        let order = if by_hand.order.is_empty() { "true" } else { by_hand.order };
        let sql = by_hand.sql.replace("{filter}", by_hand.filter).replace("{order}", order);
        // The fixture quotes the instance.
        let sql = fixture.literals.by_hand(&sql, &self.subject);
        self.values.iter().fold(sql, |sql, (name, value)| sql.replace(name, value))
    }
}

fn fields<const N: usize>(line: &str) -> anyhow::Result<[&str; N]> {
    let fields: Vec<&str> = line.split('|').collect();
    fields.try_into().ok().with_context(|| format!("{line} has not {N} fields"))
}
