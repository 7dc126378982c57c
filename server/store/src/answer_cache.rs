//! Answers that are cached until something is written, so that what many people ask at once is computed once.
//! docs/decisions/0052-cached-answers.md has the reasons.

use super::connection::Store;
use parking_lot::Mutex;
use quick_cache::{Weighter, unsync::Cache};
use serde::Serialize;
use std::{
    any::Any,
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// The size of all answers: as JSON, with what each entry needs beside it.
const BYTES_MAX: u64 = 32 * 1024 * 1024;
/// How many answers of usual size fit.
const ANSWERS_EXPECTED: usize = 1_000;
/// What an entry needs beside its key and answer, roughly.
const ENTRY_BYTES: u64 = 256;

/// What an answer answers, and the version of what is stored.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct AnswerKey {
    version: u64,
    question: Box<str>,
}

#[derive(Clone)]
struct Answer {
    value: Arc<dyn Any + Send + Sync>,
    bytes: u64,
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<AnswerKey, Answer> for ByBytes {
    fn weight(&self, key: &AnswerKey, answer: &Answer) -> u64 {
        ENTRY_BYTES + key.question.len() as u64 + answer.bytes
    }
}

pub(super) struct AnswerCache {
    cache: Mutex<Cache<AnswerKey, Answer, ByBytes>>,
    /// The version of what is stored: odd while somebody writes.
    version: AtomicU64,
}

impl Default for AnswerCache {
    fn default() -> Self {
        Self {
            cache: Mutex::new(Cache::with_weighter(ANSWERS_EXPECTED, BYTES_MAX, ByBytes)),
            version: AtomicU64::default(),
        }
    }
}

/// While it lives, answers are neither cached nor given.
pub(super) struct WriteGuard<'a>(&'a AtomicU64);

impl Drop for WriteGuard<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl AnswerCache {
    /// Forgets all answers. Only the holder of the writer calls it.
    pub(super) fn begin_writing(&self) -> WriteGuard<'_> {
        self.version.fetch_add(1, Ordering::SeqCst);
        let guard = WriteGuard(&self.version);
        self.cache.lock().clear();
        guard
    }

    fn version(&self) -> u64 {
        self.version.load(Ordering::SeqCst)
    }

    /// Returns the version of what is stored, unless somebody is writing.
    pub(super) fn version_at_rest(&self) -> Option<u64> {
        Some(self.version()).filter(|version| version.is_multiple_of(2))
    }
}

impl Store {
    /// Returns the key of an answer to a question about what is stored now, unless somebody is writing. `question` must name
    /// all that the answer depends on: the scope and the moment too.
    pub fn answer_key(&self, question: String) -> Option<AnswerKey> {
        let version = self.answer_cache().version_at_rest()?;
        Some(AnswerKey { version, question: question.into() })
    }

    /// Returns an answer that was cached, unless something was written since the key was created.
    pub fn cached_answer<T: Clone + 'static>(&self, key: &AnswerKey) -> Option<T> {
        let answers = self.answer_cache();
        let answer = answers.cache.lock().get(key).filter(|_| answers.version() == key.version)?.clone();
        answer.value.downcast_ref().cloned()
    }

    /// Caches an answer that was read in a transaction which began after the key was created, unless something was written
    /// since.
    pub fn cache_answer<T: Clone + Serialize + Send + Sync + 'static>(&self, key: AnswerKey, answer: &T) {
        let answers = self.answer_cache();
        if answers.version() == key.version {
            let bytes = size_of::<T>() as u64 + json_bytes(answer);
            let answer = Answer { value: Arc::new(answer.clone()), bytes };
            answers.cache.lock().insert(key, answer);
        }
    }
}

/// Returns the length of a value as JSON. What cannot be written is too large to be cached.
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

    fn key(store: &Store, question: &str) -> Option<AnswerKey> {
        store.answer_key(question.to_owned())
    }

    fn cached(store: &Store, question: &str) -> Option<u64> {
        store.cached_answer(&key(store, question)?)
    }

    #[tokio::test]
    async fn an_answer_is_cached_until_something_is_written() {
        let store = Store::in_memory().expect("a store");
        for round in 0..3 {
            assert_eq!(cached(&store, "a"), None);
            store.cache_answer(key(&store, "a").expect("nobody writes"), &round);
            assert_eq!((cached(&store, "a"), cached(&store, "b")), (Some(round), None));
            let written = store.write("nothing", move |_| match round {
                0 => Ok(()),
                _ => Err(StoreError::Aborted { what: "a write" }),
            });
            assert_eq!(written.await.is_ok(), round == 0);
        }
        let panics = store.write("nothing", |_| -> Result<(), StoreError> { panic!("of a writer") });
        assert!(panics.await.is_err());
        store.cache_answer(key(&store, "a").expect("nobody writes any more"), &7_u64);
        assert_eq!(cached(&store, "a"), Some(7));
        assert_eq!(store.cached_answer::<String>(&key(&store, "a").expect("nobody writes")), None, "it is a number");
    }

    #[tokio::test]
    async fn an_answer_from_before_a_write_is_not_given_after_it() {
        let store = Store::in_memory().expect("a store");
        let before = key(&store, "a").expect("nobody writes");
        let writing = store.answer_cache().begin_writing();
        assert!(key(&store, "a").is_none());
        store.cache_answer(before.clone(), &1_u64);
        assert_eq!(store.cached_answer::<u64>(&before), None);
        drop(writing);
        store.cache_answer(before.clone(), &2_u64);
        assert_eq!((cached(&store, "a"), store.cached_answer::<u64>(&before)), (None, None));
    }

    #[tokio::test]
    async fn answers_are_bounded() {
        let store = Store::in_memory().expect("a store");
        let large = "x".repeat(1024 * 1024);
        for number in 0..64 {
            store.cache_answer(key(&store, &number.to_string()).expect("nobody writes"), &large);
        }
        let weight = store.answer_cache().cache.lock().weight();
        assert!(weight > BYTES_MAX / 2 && weight <= BYTES_MAX, "{weight}");
        store.cache_answer(key(&store, "nothing").expect("nobody writes"), &None::<[[u64; 16]; 8]>);
        let (cache, nothing) = (store.answer_cache().cache.lock(), key(&store, "nothing").expect("nobody writes"));
        assert!(cache.get(&nothing).is_none_or(|answer| answer.bytes > 1_024));
    }
}
