//! Follows `NextToken` to the end of a list, and only to the end.

use super::error::CollectError;
use std::{collections::HashSet, future::Future};

/// No list of one systems account and Region is longer: 2,400 nodes is AWS's own limit, in pages of 10 at worst.
pub const PAGES_MAX: usize = 1_000;

/// Collects all rows of a paged operation.
///
/// An empty page may carry a token and an empty token is the end, so only the token decides. A token seen before, or
/// a list without an end, is an error: an endpoint that runs in circles must not hold the harvest up for ever.
pub async fn all_rows<Row, Page>(
    operation: &'static str,
    mut ask: impl FnMut(Option<String>) -> Page,
) -> Result<Vec<Row>, CollectError>
where
    Page: Future<Output = Result<(Option<Vec<Row>>, Option<String>), CollectError>>,
{
    let mut rows = Vec::new();
    let mut token = None;
    let mut seen = HashSet::new();
    for _ in 0..PAGES_MAX {
        let (page, next) = ask(token).await?;
        // A body cut off before its first byte reaches us as an answer without the list. An empty list is `[]`.
        let page = page.ok_or_else(|| CollectError::schema(operation, "the answer has no list in it"))?;
        rows.extend(page);
        match next.filter(|token| !token.is_empty()) {
            None => return Ok(rows),
            Some(next) if !seen.insert(next.clone()) => {
                return Err(CollectError::schema(operation, "the same page token came back twice"));
            }
            Some(next) => token = Some(next),
        }
    }
    Err(CollectError::schema(operation, format!("the list did not end after {PAGES_MAX} pages")))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Answer = (Option<Vec<u32>>, Option<String>);

    async fn collect(answers: Vec<Answer>) -> Result<Vec<u32>, CollectError> {
        let mut answers = answers.into_iter();
        all_rows("Test", |_| {
            let answer = answers.next();
            async move { answer.ok_or_else(|| CollectError::schema("Test", "asked once too often")) }
        })
        .await
    }

    #[tokio::test]
    async fn an_empty_page_with_a_token_is_not_the_end() {
        let rows =
            collect(vec![(Some(vec![1]), Some("a".into())), (Some(vec![]), Some("b".into())), (Some(vec![2]), None)]);
        assert_eq!(rows.await, Ok(vec![1, 2]));
    }

    #[tokio::test]
    async fn an_empty_token_is_the_end() {
        assert_eq!(collect(vec![(Some(vec![1]), Some(String::new()))]).await, Ok(vec![1]));
    }

    #[tokio::test]
    async fn a_repeated_token_is_an_error() {
        let page = || (Some(vec![1]), Some("a".to_owned()));
        assert!(collect(vec![page(), page(), page()]).await.is_err());
    }

    #[tokio::test]
    async fn an_answer_without_its_list_is_an_error() {
        assert!(collect(vec![(None, None)]).await.is_err());
    }
}
