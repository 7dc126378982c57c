//! Questions, filters and order of the exposure.

use super::{Filter, Order, ParameterValue, Window};
use crate::{
    AccountId, Exposure, ExposureRow, QUESTION_CHARS_MAX,
    column::{ColumnValue, Kind, Value},
};

/// A text with questions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuestionText(String);

impl QuestionText {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ColumnValue for QuestionText {
    const KIND: Kind = Kind::Text;

    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Text(text) if text.chars().count() <= QUESTION_CHARS_MAX => Some(Self(text.into_owned())),
            _ => None,
        }
    }

    fn to_value(&self) -> Value<'_> {
        Value::Text(self.0.as_str().into())
    }
}

impl ParameterValue for QuestionText {
    fn expected() -> String {
        format!("a text of at most {QUESTION_CHARS_MAX} characters")
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Filter)]
pub struct ExposureFilter {
    /// CVEs, KBs, advisories, and questions such as `openssl < 3.0.14`, with any text around them.
    pub q: Option<QuestionText>,
    /// One of the questions, as the answer writes it.
    pub question: Option<QuestionText>,
    /// What is known of the instances: affected ones are listed unless another answer is chosen.
    #[filter(label = "Answer", any = "Affected", column = "answer")]
    pub answer: Option<Exposure>,
    /// A customer's id.
    #[filter(label = "Customer", any = "All customers", choices = customers, column = "customer_id")]
    pub customer: Option<String>,
    /// A provider's code.
    #[filter(label = "Provider", any = "All providers", choices = providers, column = "provider")]
    pub provider: Option<String>,
    /// An account's id.
    #[filter(label = "Account", any = "All accounts", choices = accounts, column = "account_id")]
    pub account: Option<AccountId>,
    pub order: Order<ExposureRow>,
    pub window: Window,
}

impl ExposureFilter {
    pub fn text(&self) -> &str {
        self.q.as_ref().map_or("", QuestionText::as_str)
    }

    /// The answer whose instances are listed: of all instances and questions most say nothing of what needs work.
    pub fn listed_answer(&self) -> Exposure {
        self.answer.unwrap_or(Exposure::Affected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_the_query_string_that_it_read() {
        let query = "q=CVE-2024-6387+openssl+%3C+3.0.14&question=openssl+%3C+3.0.14&answer=affected&customer=c&provider=aws\
                     &account=402155771038&sort=instance_name&dir=desc&page=2";
        for query in ["", query] {
            assert_eq!(ExposureFilter::from_query(query).expect(query).to_query(), query);
        }
        let long = "x".repeat(QUESTION_CHARS_MAX + 1);
        assert!(ExposureFilter::from_query(&format!("q={long}")).is_err());
    }
}
