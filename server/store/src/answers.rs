//! Answers that are kept until something is written, so that what many people ask at once is computed once.
//! docs/decisions/0052-kept-answers.md has the reasons.

use super::connection::Store;
use quick_cache::{Weighter, sync::Cache};
use serde::Serialize;
use std::{
    any::Any,
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// The size of all answers, as JSON.
const BYTES_MAX: u64 = 32 * 1024 * 1024;
/// The number of answers of common size in them.
const ANSWERS_EXPECTED: usize = 1_000;

/// A question about one version of what is stored.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Question {
    version: u64,
    text: String,
}

#[derive(Clone)]
struct Answer {
    value: Arc<dyn Any + Send + Sync>,
    bytes: u64,
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<Question, Answer> for ByBytes {
    fn weight(&self, question: &Question, answer: &Answer) -> u64 {
        question.text.len() as u64 + answer.bytes
    }
}

pub(super) struct Answers {
    cache: Cache<Question, Answer, ByBytes>,
    /// The version of what is stored: odd while somebody writes.
    version: AtomicU64,
}

impl Default for Answers {
    fn default() -> Self {
        Self { cache: Cache::with_weighter(ANSWERS_EXPECTED, BYTES_MAX, ByBytes), version: AtomicU64::default() }
    }
}

/// While it lives, there are no questions whose answers are kept.
pub(super) struct Writing<'a>(&'a AtomicU64);

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Answers {
    /// Forgets all answers. Called by the holder of the writer, of whom there is one.
    pub(super) fn begin_writing(&self) -> Writing<'_> {
        self.version.fetch_add(1, Ordering::SeqCst);
        self.cache.clear();
        Writing(&self.version)
    }
}

impl Store {
    /// Returns a question about what is stored now, unless somebody is writing. `text` must name all that the answer depends
    /// on: the scope and the moment too.
    pub fn question(&self, text: String) -> Option<Question> {
        let version = self.answers().version.load(Ordering::SeqCst);
        version.is_multiple_of(2).then_some(Question { version, text })
    }

    /// Returns the answer to a question, if it is kept.
    pub fn kept<T: Clone + 'static>(&self, question: &Question) -> Option<T> {
        self.answers().cache.get(question)?.value.downcast_ref().cloned()
    }

    /// Keeps an answer that was read in a transaction which began after the question. So it may be of a later version, but
    /// never of an earlier one.
    pub fn keep<T: Clone + Serialize + Send + Sync + 'static>(&self, question: Question, answer: &T) {
        let answer = Answer { bytes: json_bytes(answer), value: Arc::new(answer.clone()) };
        self.answers().cache.insert(question, answer);
    }
}

/// Returns the length of a value as JSON. What cannot be written is too large to be kept.
fn json_bytes(value: &impl Serialize) -> u64 {
    let mut counter = Counter(0);
    serde_json::to_writer(&mut counter, value).map_or(BYTES_MAX, |()| counter.0)
}

struct Counter(u64);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::StoreError;

    fn ask(store: &Store, text: &str) -> Option<Question> {
        store.question(text.to_owned())
    }

    fn kept(store: &Store, text: &str) -> Option<u64> {
        store.kept(&ask(store, text)?)
    }

    #[tokio::test]
    async fn an_answer_is_kept_until_something_is_written() {
        let store = Store::in_memory().expect("a store");
        for round in 0..3 {
            assert_eq!(kept(&store, "a"), None);
            store.keep(ask(&store, "a").expect("nobody writes"), &round);
            assert_eq!((kept(&store, "a"), kept(&store, "b")), (Some(round), None));
            let written = store.write("nothing", move |_| match round {
                0 => Ok(()),
                _ => Err(StoreError::Aborted { what: "a write" }),
            });
            assert_eq!(written.await.is_ok(), round == 0);
        }
        let panics = store.write("nothing", |_| -> Result<(), StoreError> { panic!("of a writer") });
        assert!(panics.await.is_err());
        store.keep(ask(&store, "a").expect("nobody writes any more"), &7_u64);
        assert_eq!(kept(&store, "a"), Some(7));
        assert_eq!(store.kept::<String>(&ask(&store, "a").expect("nobody writes")), None, "it is a number");
    }

    #[tokio::test]
    async fn an_answer_to_a_question_from_before_a_write_is_not_given_after_it() {
        let store = Store::in_memory().expect("a store");
        let before = ask(&store, "a").expect("nobody writes");
        let writing = store.answers().begin_writing();
        assert!(ask(&store, "a").is_none());
        store.keep(before.clone(), &1_u64);
        drop(writing);
        store.keep(before, &2_u64);
        assert_eq!(kept(&store, "a"), None);
    }

    #[tokio::test]
    async fn answers_are_bounded() {
        let store = Store::in_memory().expect("a store");
        let large = "x".repeat(1024 * 1024);
        for number in 0..64 {
            store.keep(ask(&store, &number.to_string()).expect("nobody writes"), &large);
        }
        let weight = store.answers().cache.weight();
        assert!(weight > BYTES_MAX / 2 && weight <= BYTES_MAX, "{weight}");
    }
}
