//! Follows `NextToken` to the end of a list, and only to the end.

use super::account::SystemsAccount;
use aws_sdk_ssm::Client;
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use muster_core::error::CollectError;
use std::{collections::HashSet, error::Error as StdError, future::Future};

/// No list of one systems account and Region is longer: 2,400 nodes is AWS's own limit, in pages of 10 at worst.
pub const PAGES_MAX: usize = 1_000;
/// AWS's name for a token that it no longer takes.
const EXPIRED_TOKEN: &str = "InvalidNextToken";

/// One page of rows, none where the answer had no list in it, and the token of the next.
pub type PageOf<Row> = (Option<Vec<Row>>, Option<String>);

/// Where in a list one is.
///
/// An empty page may carry a token and an empty token is the end, so only the token decides. A token seen before, or
/// a list without an end, is an error: an endpoint that runs in circles must not hold the harvest up for ever.
#[derive(Default)]
pub struct Pager {
    token: Option<String>,
    seen: HashSet<String>,
    ended: bool,
    restarted: bool,
}

/// What the next page brought.
#[derive(Debug, PartialEq, Eq)]
pub enum Step<Row> {
    Rows(Vec<Row>),
    /// The token had expired: the list starts again, once.
    Restarted,
    End,
}

impl Pager {
    /// Asks for the next page.
    pub async fn next<Row, Page>(
        &mut self,
        operation: &'static str,
        ask: impl FnOnce(Option<String>) -> Page,
    ) -> Result<Step<Row>, CollectError>
    where
        Page: Future<Output = Result<PageOf<Row>, CollectError>>,
    {
        if self.ended {
            return Ok(Step::End);
        }
        if self.seen.len() >= PAGES_MAX {
            return Err(CollectError::schema(operation, format!("the list did not end after {PAGES_MAX} pages")));
        }
        let (rows, next) = match ask(self.token.clone()).await {
            Ok(page) => page,
            Err(error) if error.code == EXPIRED_TOKEN && self.token.is_some() && !self.restarted => {
                *self = Self { restarted: true, ..Self::default() };
                return Ok(Step::Restarted);
            }
            Err(error) => return Err(error),
        };
        // A body cut off before its first byte reaches us as an answer without the list. An empty list is `[]`.
        let rows = rows.ok_or_else(|| CollectError::schema(operation, "the answer has no list in it"))?;
        self.token = next.filter(|token| !token.is_empty());
        match &self.token {
            None => self.ended = true,
            Some(token) if !self.seen.insert(token.clone()) => {
                return Err(CollectError::schema(operation, "the same page token came back twice"));
            }
            Some(_) => {}
        }
        Ok(Step::Rows(rows))
    }
}

/// Collects all rows of a list whose pages `ask` brings.
pub async fn every_page<Row, Page>(
    operation: &'static str,
    mut ask: impl FnMut(Option<String>) -> Page,
) -> Result<Vec<Row>, CollectError>
where
    Page: Future<Output = Result<PageOf<Row>, CollectError>>,
{
    let (mut rows, mut pager) = (Vec::new(), Pager::default());
    loop {
        match pager.next(operation, &mut ask).await? {
            Step::Rows(more) => rows.extend(more),
            Step::Restarted => rows.clear(),
            Step::End => return Ok(rows),
        }
    }
}

/// The same in a systems account: `send` makes a request, `open` takes the list and the token out of an answer.
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
        |token: Option<String>| async move { account.ask(operation, |ssm| send(ssm, token.clone())).await.map(open) };
    every_page(operation, page).await
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn collect(answers: Vec<Result<PageOf<u32>, CollectError>>) -> Result<Vec<u32>, CollectError> {
        let mut answers = answers.into_iter();
        every_page("Test", |_| {
            let answer = answers.next();
            async { answer.unwrap_or_else(|| Err(CollectError::schema("Test", "asked too often"))) }
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
    async fn an_empty_page_with_a_token_is_not_the_end() {
        let answers = vec![page(&[1], Some("a")), page(&[], Some("b")), page(&[2], None)];
        assert_eq!(collect(answers).await, Ok(vec![1, 2]));
    }

    #[tokio::test]
    async fn an_empty_token_is_the_end() {
        assert_eq!(collect(vec![page(&[1], Some(""))]).await, Ok(vec![1]));
    }

    #[tokio::test]
    async fn a_repeated_token_is_an_error() {
        assert!(collect(vec![page(&[1], Some("a")), page(&[1], Some("a")), page(&[1], Some("a"))]).await.is_err());
    }

    #[tokio::test]
    async fn an_answer_without_its_list_is_an_error() {
        assert!(collect(vec![Ok((None, None))]).await.is_err());
    }

    #[tokio::test]
    async fn an_expired_token_starts_the_list_again_once() {
        let answers = vec![page(&[1], Some("a")), expired(), page(&[1], Some("c")), page(&[2], None)];
        assert_eq!(collect(answers).await, Ok(vec![1, 2]));
        assert!(collect(vec![page(&[1], Some("a")), expired(), page(&[1], Some("c")), expired()]).await.is_err());
    }

    #[tokio::test]
    async fn a_list_without_an_end_is_an_error() {
        let endless = (0..PAGES_MAX + 10).map(|number| page(&[], Some(&number.to_string())));
        let error = collect(endless.collect()).await.expect_err("endless");
        assert!(error.message.contains("did not end"), "{error}");
    }
}
