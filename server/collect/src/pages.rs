//! Follows `NextToken` to the end of a list.

use super::{account::SystemsAccount, error::CollectError};
use aws_sdk_ssm::Client;
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use std::{collections::HashSet, error::Error as StdError, future::Future};

/// Rows per page. Every list operation accepts 50; some refuse more although their documentation says 100.
pub const PAGE_ROWS: i32 = 50;
/// The longest list of one systems account and Region: AWS's own limit is 2,400 instances, in pages of 10 at worst.
pub const PAGES_MAX: usize = 1_000;
/// AWS's code for a token that has expired.
const EXPIRED_TOKEN: &str = "InvalidNextToken";

/// Reads every page of a list operation: `list_rows!(account, OPERATION, request() => field)`, where `request()` has
/// neither page size nor token, and `field` of the answer has the rows.
macro_rules! list_rows {
    ($account:expr, $operation:expr, $request:ident() $(.$set:ident($value:expr))* => $rows:ident) => {
        super::pages::all_rows(
            $account,
            $operation,
            |ssm: aws_sdk_ssm::Client, token| {
                let request = ssm.$request()$(.$set($value))*;
                request.max_results(super::pages::PAGE_ROWS).set_next_token(token).send()
            },
            |page| (page.$rows, page.next_token),
        )
    };
}
pub(super) use list_rows;

/// The rows of an answer, None where it has no list, and the token of the next page.
pub type PageOf<Row> = (Option<Vec<Row>>, Option<String>);

/// A position in a list.
///
/// An empty page may have a token, and an empty token is the end, so only the token decides. A repeated token or a list
/// without an end is an error, so that a faulty endpoint cannot block the harvest.
#[derive(Default)]
pub struct Pager {
    token: Option<String>,
    seen: HashSet<String>,
    ended: bool,
    restarted: bool,
}

/// The result of [`Pager::next`].
#[derive(Debug, PartialEq, Eq)]
pub enum Page<Row> {
    Rows(Vec<Row>),
    /// The token had expired: the list starts again, once.
    Restarted,
    End,
}

impl Pager {
    /// Whether the page before named another one.
    pub fn has_more(&self) -> bool {
        self.token.is_some()
    }

    /// Whether the last page was read.
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// Reads the next page.
    pub async fn next<Row, Answer>(
        &mut self,
        operation: &'static str,
        read: impl FnOnce(Option<String>) -> Answer,
    ) -> Result<Page<Row>, CollectError>
    where
        Answer: Future<Output = Result<PageOf<Row>, CollectError>>,
    {
        if self.ended {
            return Ok(Page::End);
        }
        if self.seen.len() >= PAGES_MAX {
            return Err(CollectError::schema(operation, format!("the list did not end after {PAGES_MAX} pages")));
        }
        let (rows, next) = match read(self.token.clone()).await {
            Ok(page) => page,
            Err(error) if error.code == EXPIRED_TOKEN && self.token.is_some() && !self.restarted => {
                *self = Self { restarted: true, ..Self::default() };
                return Ok(Page::Restarted);
            }
            Err(error) => return Err(error),
        };
        // A body that is cut off before its first byte becomes an answer without a list. An empty list is `[]`.
        let rows = rows.ok_or_else(|| CollectError::schema(operation, "the answer has no list"))?;
        self.token = next.filter(|token| !token.is_empty());
        match &self.token {
            None => self.ended = true,
            Some(token) if !self.seen.insert(token.clone()) => {
                return Err(CollectError::schema(operation, "the same page token was returned twice"));
            }
            Some(_) => {}
        }
        Ok(Page::Rows(rows))
    }
}

/// Returns all rows of a list whose pages `read` returns.
pub async fn every_page<Row, Answer>(
    operation: &'static str,
    mut read: impl FnMut(Option<String>) -> Answer,
) -> Result<Vec<Row>, CollectError>
where
    Answer: Future<Output = Result<PageOf<Row>, CollectError>>,
{
    let (mut rows, mut pager) = (Vec::new(), Pager::default());
    loop {
        match pager.next(operation, &mut read).await? {
            Page::Rows(more) => rows.extend(more),
            Page::Restarted => rows.clear(),
            Page::End => return Ok(rows),
        }
    }
}

/// Returns all rows of a list in a systems account: `send` sends a request, `open` returns an answer's rows and token.
pub async fn all_rows<Output, Refusal, Row, Sent>(
    account: &SystemsAccount<'_>,
    operation: &'static str,
    send: impl Fn(Client, Option<String>) -> Sent,
    open: impl Fn(Output) -> PageOf<Row>,
) -> Result<Vec<Row>, CollectError>
where
    Sent: Future<Output = Result<Output, SdkError<Refusal, HttpResponse>>>,
    Refusal: ProvideErrorMetadata + StdError + 'static,
{
    let (send, open) = (&send, &open);
    let page =
        |token: Option<String>| async move { account.send(operation, |ssm| send(ssm, token.clone())).await.map(open) };
    every_page(operation, page).await
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn collect(answers: Vec<Result<PageOf<u32>, CollectError>>) -> Result<Vec<u32>, CollectError> {
        let mut answers = answers.into_iter();
        every_page("Test", |_| {
            let answer = answers.next();
            async { answer.unwrap_or_else(|| Err(CollectError::schema("Test", "too many requests"))) }
        })
        .await
    }

    fn page(rows: &[u32], token: Option<&str>) -> Result<PageOf<u32>, CollectError> {
        Ok((Some(rows.to_vec()), token.map(str::to_owned)))
    }

    fn expired() -> Result<PageOf<u32>, CollectError> {
        Err(CollectError { code: EXPIRED_TOKEN.to_owned(), ..CollectError::schema("Test", "expired") })
    }

    #[tokio::test]
    async fn continues_after_an_empty_page_with_a_token() {
        let answers = vec![page(&[1], Some("a")), page(&[], Some("b")), page(&[2], None)];
        assert_eq!(collect(answers).await, Ok(vec![1, 2]));
    }

    #[tokio::test]
    async fn ends_at_an_empty_token() {
        assert_eq!(collect(vec![page(&[1], Some(""))]).await, Ok(vec![1]));
    }

    #[tokio::test]
    async fn rejects_a_repeated_token() {
        assert!(collect(vec![page(&[1], Some("a")), page(&[1], Some("a")), page(&[1], Some("a"))]).await.is_err());
    }

    #[tokio::test]
    async fn rejects_an_answer_without_a_list() {
        assert!(collect(vec![Ok((None, None))]).await.is_err());
    }

    #[tokio::test]
    async fn restarts_once_when_a_token_has_expired() {
        let answers = vec![page(&[1], Some("a")), expired(), page(&[1], Some("c")), page(&[2], None)];
        assert_eq!(collect(answers).await, Ok(vec![1, 2]));
        assert!(collect(vec![page(&[1], Some("a")), expired(), page(&[1], Some("c")), expired()]).await.is_err());
    }

    #[tokio::test]
    async fn rejects_a_list_without_an_end() {
        let endless = (0..PAGES_MAX + 10).map(|number| page(&[], Some(&number.to_string())));
        let error = collect(endless.collect()).await.expect_err("endless");
        assert!(error.message.contains("did not end"), "{error}");
    }
}
