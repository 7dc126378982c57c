//! The log of one thread, as text.

use std::{
    io::Write,
    sync::{Arc, Mutex},
};
use tracing::{Dispatch, Level, subscriber::DefaultGuard};

/// What this thread logs while it exists. A test that uses it runs on one thread.
pub struct CapturedLog {
    lines: Lines,
    _guard: DefaultGuard,
    // With one subscriber in a process, tracing caches whether the current thread wants a line, so that threads of other
    // tests would disable it here too. With two subscribers it asks each of them.
    _other: Dispatch,
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("a lock").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl CapturedLog {
    /// Captures lines of at least the level INFO, as JSON.
    pub fn start() -> Self {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt().json().with_max_level(Level::INFO);
        let subscriber = subscriber.with_writer(move || writer.clone()).finish();
        let other = Dispatch::new(tracing_subscriber::registry());
        Self { lines, _guard: tracing::subscriber::set_default(subscriber), _other: other }
    }

    /// Returns the lines since the last call.
    pub fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.lines.0.lock().expect("a lock"))).expect("UTF-8")
    }
}
