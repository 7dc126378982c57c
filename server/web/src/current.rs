//! A part of the state that is replaced while requests use it: sign-in and embedding, when the access file changes.

use parking_lot::RwLock;
use std::sync::Arc;

/// The current value. Clones share it; a request keeps the value that it began with.
pub struct Current<T>(Arc<RwLock<Arc<T>>>);

impl<T> Clone for Current<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Current<T> {
    pub fn new(value: T) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(value))))
    }

    pub fn get(&self) -> Arc<T> {
        self.0.read().clone()
    }

    /// Replaces the value by one that is made from it.
    pub fn replace(&self, make: impl FnOnce(&T) -> T) {
        let mut current = self.0.write();
        *current = Arc::new(make(&current));
    }
}
