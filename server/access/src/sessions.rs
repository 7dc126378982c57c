//! Sessions, kept in memory only, so that signing out and losing a role take effect at once. A restart ends all of them.

use super::token::{RandomError, Token, TokenHash};
use jiff::{SignedDuration, Timestamp};
use muster_core::clock::SharedClock;
use parking_lot::Mutex;
use std::collections::HashMap;

/// A session takes a few hundred bytes. More sessions are an attack.
const SESSIONS_MAX: usize = 100_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    /// The longest time between two uses.
    pub idle: SignedDuration,
    pub absolute: SignedDuration,
}

impl Lifetimes {
    /// A fixed lifetime that use does not matter to.
    pub const fn fixed(lifetime: SignedDuration) -> Self {
        Self { idle: lifetime, absolute: lifetime }
    }
}

/// The lifetimes of portal sessions.
pub const SIGNED_IN: Lifetimes =
    Lifetimes { idle: SignedDuration::from_mins(30), absolute: SignedDuration::from_hours(8) };

/// Sessions with data of type `T`, found by the hash of their token.
pub struct Sessions<T> {
    clock: SharedClock,
    lifetimes: Lifetimes,
    sessions_max: usize,
    sessions: Mutex<HashMap<TokenHash, Session<T>>>,
}

struct Session<T> {
    data: T,
    started_at: Timestamp,
    used_at: Timestamp,
}

#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    #[error("all {0} sessions are in use")]
    TooMany(usize),
    #[error(transparent)]
    Random(#[from] RandomError),
}

impl<T: Clone> Sessions<T> {
    pub fn new(clock: SharedClock, lifetimes: Lifetimes) -> Self {
        Self { clock, lifetimes, sessions_max: SESSIONS_MAX, sessions: Mutex::default() }
    }

    pub fn with_limit(self, sessions_max: usize) -> Self {
        Self { sessions_max, ..self }
    }

    pub fn start(&self, data: T) -> Result<Token, SessionError> {
        let token = Token::random()?;
        let now = self.clock.now();
        let mut sessions = self.sessions.lock();
        if sessions.len() >= self.sessions_max {
            sessions.retain(|_, session| session.is_valid(now, self.lifetimes));
        }
        if sessions.len() >= self.sessions_max {
            return Err(SessionError::TooMany(self.sessions_max));
        }
        sessions.insert(token.hash(), Session { data, started_at: now, used_at: now });
        Ok(token)
    }

    /// The data of a session that has not expired. Counts as a use.
    pub fn find(&self, token: TokenHash) -> Option<T> {
        let now = self.clock.now();
        let mut sessions = self.sessions.lock();
        let session = sessions.get_mut(&token).filter(|session| session.is_valid(now, self.lifetimes))?;
        session.used_at = session.used_at.max(now);
        Some(session.data.clone())
    }

    /// Ends a session and returns its data, unless it had expired. Of several callers at once, one gets it.
    pub fn take(&self, token: TokenHash) -> Option<T> {
        let now = self.clock.now();
        let session = self.sessions.lock().remove(&token)?;
        session.is_valid(now, self.lifetimes).then_some(session.data)
    }

    /// The expired sessions, which stay until [`Self::end`] removes them.
    pub fn expired(&self) -> Vec<(TokenHash, T)> {
        let now = self.clock.now();
        let sessions = self.sessions.lock();
        let expired = sessions.iter().filter(|(_, session)| !session.is_valid(now, self.lifetimes));
        expired.map(|(token, session)| (*token, session.data.clone())).collect()
    }

    /// Ends a session, expired or not, and returns its data.
    pub fn end(&self, token: TokenHash) -> Option<T> {
        self.sessions.lock().remove(&token).map(|session| session.data)
    }

    /// Ends all sessions that match, and returns how many.
    pub fn end_all(&self, matches: impl Fn(&T) -> bool) -> usize {
        let mut sessions = self.sessions.lock();
        let before = sessions.len();
        sessions.retain(|_, session| !matches(&session.data));
        before - sessions.len()
    }

    /// The end of a session's absolute lifetime.
    pub fn ends_at(&self, token: TokenHash) -> Option<Timestamp> {
        self.sessions.lock().get(&token).map(|session| session.started_at + self.lifetimes.absolute)
    }
}

impl<T> Session<T> {
    fn is_valid(&self, now: Timestamp, lifetimes: Lifetimes) -> bool {
        now.duration_since(self.used_at) < lifetimes.idle && now.duration_since(self.started_at) < lifetimes.absolute
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use muster_core::clock::{Clock, FixedClock};
    use std::sync::Arc;

    fn sessions() -> (Sessions<&'static str>, Arc<FixedClock>) {
        let clock = Arc::new(FixedClock::at(Timestamp::UNIX_EPOCH));
        (Sessions::new(clock.clone(), SIGNED_IN), clock)
    }

    fn advance(clock: &FixedClock, minutes: i64) {
        clock.set(clock.now() + SignedDuration::from_mins(minutes));
    }

    #[test]
    fn expire_after_half_an_hour_unused_and_eight_hours_in_all() {
        let (sessions, clock) = sessions();
        let unused = sessions.start("unused").expect("a session");
        let used = sessions.start("used").expect("a session");
        for _ in 0..23 {
            advance(&clock, 20);
            assert_eq!(sessions.find(used.hash()), Some("used"));
        }
        assert_eq!(sessions.find(unused.hash()), None);
        advance(&clock, 20);
        assert_eq!(sessions.find(used.hash()), None);
        let mut expired = sessions.expired();
        expired.sort_by_key(|(_, data)| *data);
        assert_eq!(expired, [(unused.hash(), "unused"), (used.hash(), "used")]);
        assert_eq!(sessions.take(unused.hash()), None);
        assert_eq!(sessions.end(used.hash()), Some("used"));
        assert!(sessions.expired().is_empty());
    }

    #[test]
    fn expired_sessions_make_room_for_new_ones() {
        let (sessions, clock) = sessions();
        let sessions = sessions.with_limit(2);
        for _ in 0..2 {
            sessions.start("one").expect("a session");
        }
        assert!(matches!(sessions.start("three"), Err(SessionError::TooMany(2))));
        advance(&clock, 31);
        sessions.start("three").expect("a session");
    }

    #[test]
    fn end_one_by_one_or_all_at_once() {
        let (sessions, _) = sessions();
        let mine: Vec<_> = (0..3).map(|_| sessions.start("me").expect("a session")).collect();
        let other = sessions.start("you").expect("a session");
        assert_eq!(sessions.end(mine[0].hash()), Some("me"));
        assert_eq!((sessions.find(mine[0].hash()), sessions.take(mine[0].hash())), (None, None));
        assert_eq!(sessions.end_all(|data| *data == "me"), 2);
        assert_eq!((sessions.find(mine[1].hash()), sessions.take(other.hash())), (None, Some("you")));
    }
}
