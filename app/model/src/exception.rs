//! Exceptions: pending updates that somebody accepts or defers for some instances until a day, with the reason.

use super::{AccountId, Choice, CveId, ExceptionDraft, InstanceId, Provider, code::codes, column::Columns};
use jiff::{Span, Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use strum::{EnumCount, EnumMessage, EnumString, IntoStaticStr, VariantArray};

/// The longest time that an exception holds, in days.
pub const EXCEPTION_DAYS_MAX: i64 = 366;
/// The longest reason, in characters.
pub const REASON_CHARS_MAX: usize = 500;

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumMessage, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum ExceptionKind {
    /// The risk is accepted until the last day.
    #[strum(message = "Accept the risk")]
    Accept,
    /// The update is installed later, by the last day.
    #[strum(message = "Defer the update")]
    Defer,
}

/// Whether an exception holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumMessage, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum ExceptionState {
    /// One of its CVEs became known to be exploited after it was made, so it no longer holds.
    #[strum(message = "Reopened: exploited")]
    Reopened,
    #[strum(message = "Active")]
    Active,
    /// Its last day is over, or the account has another customer since.
    #[strum(message = "Expired")]
    Expired,
    #[strum(message = "Revoked")]
    Revoked,
}

codes!(all ExceptionKind, ExceptionState);

impl ExceptionState {
    /// Whether it can still be revoked.
    pub fn is_revocable(self) -> bool {
        matches!(self, Self::Active | Self::Reopened)
    }
}

/// One exception. The field names are the contract of the exceptions CSV and JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Columns)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExceptionRow {
    pub exception_id: String,
    #[column(heading = "State", sort, default)]
    pub state: ExceptionState,
    #[column(heading = "Decision", sort)]
    pub kind: ExceptionKind,
    /// The CVE; empty if the exception is of a patch.
    pub cve: String,
    /// The name of the patch, a KB id or `package.architecture`; empty if the exception is of a CVE.
    pub name: String,
    /// The title of the patch. On Linux it has the version, so a newer version is not excepted.
    #[column(heading = "CVE or update", class = "wide-text", sort)]
    pub title: String,
    pub provider: Provider,
    pub account_id: AccountId,
    #[column(heading = "Account", sort)]
    pub account_name: String,
    #[column(no_csv)]
    pub customer_id: String,
    pub customer_name: String,
    /// Only instances of this patch group; empty for all of the account.
    pub patch_group: String,
    /// Only this instance; empty for all of the account or group.
    pub instance_id: String,
    /// Its name, if it is known at present.
    pub instance_name: String,
    #[column(heading = "Reason")]
    pub reason: String,
    #[column(heading = "Created by", sort)]
    pub made_by: String,
    #[column(heading = "Created (UTC)", sort = desc)]
    pub made_at: Timestamp,
    /// The last day on which it holds.
    #[column(heading = "Last day (UTC)", sort)]
    pub until_day: Date,
    #[column(absent = "")]
    pub revoked_by: String,
    pub revoked_at: Option<Timestamp>,
    /// Since when one of its CVEs is known to be exploited, if that was found after it was made.
    pub exploited_on: Option<Date>,
    /// Pending updates on current instances that it is about, whatever its state. Those of instances that were first seen
    /// after it was made are not among them.
    #[column(heading = "Pending updates", sort = desc)]
    pub pending_updates: u64,
    /// Of these, updates that are excepted now. An update that fixes several CVEs is excepted once all of them are.
    #[column(heading = "Excepted", sort = desc)]
    pub excepted_updates: u64,
}

/// The form of a new exception before it is submitted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExceptionDraftPage {
    pub now: Timestamp,
    /// The accounts that it can be made for, all or those with the instance.
    pub accounts: Vec<Choice>,
    /// The patch groups of all these accounts.
    pub patch_groups: Vec<Choice>,
    /// The instance's name.
    pub instance_name: String,
    /// None while the draft lacks what or where.
    pub about: Option<ExceptionAbout>,
}

/// What a new exception would be about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExceptionAbout {
    pub account: AccountId,
    /// Current instances that it would include.
    pub instances: u64,
    /// Pending updates on them.
    pub pending_updates: u64,
    /// Since when the CVE, or one that the patch fixes, is known to be exploited.
    pub exploited_on: Option<Date>,
}

/// What an exception is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExceptionSubject {
    Cve(CveId),
    Patch { name: String, title: String },
}

/// A draft that lacks nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewException {
    pub kind: ExceptionKind,
    pub subject: ExceptionSubject,
    pub account_id: AccountId,
    pub patch_group: String,
    pub instance_id: Option<InstanceId>,
    pub until_day: Date,
    pub reason: String,
}

impl ExceptionDraft {
    /// What it is about, as soon as that is clear.
    pub fn subject(&self) -> Option<ExceptionSubject> {
        match (&self.cve, &self.name, &self.title) {
            (Some(cve), ..) => Some(ExceptionSubject::Cve(cve.clone())),
            (None, Some(name), Some(title)) => {
                Some(ExceptionSubject::Patch { name: name.as_str().to_owned(), title: title.as_str().to_owned() })
            }
            _ => None,
        }
    }

    /// Returns the exception, or what to do about the draft.
    pub fn complete(self, today: Date) -> Result<NewException, String> {
        let subject = self.subject().ok_or("Enter a CVE, or begin on the page of an update.")?;
        let last = today.saturating_add(Span::new().days(EXCEPTION_DAYS_MAX));
        let until_day = self.until.filter(|day| (today..=last).contains(day));
        let reason = self.reason.map(|reason| reason.trim().to_owned()).filter(|reason| !reason.is_empty());
        Ok(NewException {
            kind: self.kind.ok_or("Choose a decision.")?,
            subject,
            account_id: self.account.ok_or("Choose an account.")?,
            patch_group: self.patch_group.unwrap_or_default(),
            instance_id: self.instance,
            until_day: until_day.ok_or_else(|| format!("Choose a last day from {today} to {last}."))?,
            reason: reason.ok_or("Enter a reason.")?,
        })
    }
}
