//! Who is signed in: kept by this process only, so that signing out and losing a role act at once. A restart signs
//! everybody out.

use super::token::{NoRandomness, Token, TokenHash};
use jiff::{SignedDuration, Timestamp};
use muster_core::clock::SharedClock;
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// A session takes a few hundred bytes; more than these are an attack.
const SESSIONS_MAX: usize = 100_000;

/// For how long a session lasts: unused, and at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    pub idle: SignedDuration,
    pub absolute: SignedDuration,
}

/// Of people who signed in to the portal itself.
pub const SIGNED_IN: Lifetimes =
    Lifetimes { idle: SignedDuration::from_mins(30), absolute: SignedDuration::from_hours(8) };

/// Sessions that each remember a `T`.
pub struct Sessions<T> {
    clock: SharedClock,
    lifetimes: Lifetimes,
    room: usize,
    rows: Mutex<HashMap<TokenHash, Row<T>>>,
}

struct Row<T> {
    remembered: T,
    started_at: Timestamp,
    seen_at: Timestamp,
}

#[derive(Debug, thiserror::Error)]
pub enum NoSession {
    #[error("{0} of them are open")]
    TooMany(usize),
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

impl<T: Clone> Sessions<T> {
    pub fn new(clock: SharedClock, lifetimes: Lifetimes) -> Self {
        Self { clock, lifetimes, room: SESSIONS_MAX, rows: Mutex::default() }
    }

    /// For fewer of them, where each remembers more.
    pub fn with_room(self, room: usize) -> Self {
        Self { room, ..self }
    }

    pub fn start(&self, remembered: T) -> Result<Token, NoSession> {
        let token = Token::random()?;
        let now = self.clock.now();
        let mut rows = self.rows();
        if rows.len() >= self.room {
            rows.retain(|_, row| row.lasts(now, self.lifetimes));
        }
        if rows.len() >= self.room {
            return Err(NoSession::TooMany(self.room));
        }
        rows.insert(token.hash(), Row { remembered, started_at: now, seen_at: now });
        Ok(token)
    }

    /// What a session remembers, if it has not ended; this is a use of it.
    pub fn find(&self, token: &str) -> Option<T> {
        self.find_by_hash(TokenHash::of(token))
    }

    /// The same for whoever only kept the hash.
    pub fn find_by_hash(&self, hash: TokenHash) -> Option<T> {
        let now = self.clock.now();
        let mut rows = self.rows();
        let row = rows.get_mut(&hash).filter(|row| row.lasts(now, self.lifetimes))?;
        row.seen_at = row.seen_at.max(now);
        Some(row.remembered.clone())
    }

    /// The sessions that have ended by themselves, for whoever puts it on record and then has them forgotten.
    pub fn ended(&self) -> Vec<(TokenHash, T)> {
        let now = self.clock.now();
        let rows = self.rows();
        let ended = rows.iter().filter(|(_, row)| !row.lasts(now, self.lifetimes));
        ended.map(|(hash, row)| (*hash, row.remembered.clone())).collect()
    }

    pub fn forget(&self, hash: &TokenHash) {
        self.rows().remove(hash);
    }

    /// Ends a session, and says what it remembered.
    pub fn end(&self, token: &str) -> Option<T> {
        self.rows().remove(&TokenHash::of(token)).map(|row| row.remembered)
    }

    /// Ends every session of which this holds, and says how many.
    pub fn end_all(&self, of: impl Fn(&T) -> bool) -> usize {
        let mut rows = self.rows();
        let before = rows.len();
        rows.retain(|_, row| !of(&row.remembered));
        before - rows.len()
    }

    /// When a session ends however much it is used.
    pub fn ends_at(&self, token: &str) -> Option<Timestamp> {
        self.rows().get(&TokenHash::of(token)).map(|row| row.started_at + self.lifetimes.absolute)
    }

    /// A panic elsewhere leaves the rows as they are.
    fn rows(&self) -> MutexGuard<'_, HashMap<TokenHash, Row<T>>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Row<T> {
    /// A clock that went back ends nothing early and nothing late: ages are never negative.
    fn lasts(&self, now: Timestamp, lifetimes: Lifetimes) -> bool {
        now.duration_since(self.seen_at) < lifetimes.idle && now.duration_since(self.started_at) < lifetimes.absolute
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

    fn wait(clock: &FixedClock, minutes: i64) {
        clock.set(clock.now() + SignedDuration::from_mins(minutes));
    }

    #[test]
    fn a_session_ends_unused_after_half_an_hour_and_used_after_eight_hours() {
        let (sessions, clock) = sessions();
        let unused = sessions.start("unused").expect("a session");
        let used = sessions.start("used").expect("a session");
        for _ in 0..23 {
            wait(&clock, 20);
            assert_eq!(sessions.find(used.reveal()), Some("used"));
        }
        assert_eq!(sessions.find(unused.reveal()), None);
        wait(&clock, 20);
        assert_eq!(sessions.find(used.reveal()), None);
        let mut ended = sessions.ended();
        ended.sort_by_key(|(_, who)| *who);
        assert_eq!(ended, [(unused.hash(), "unused"), (used.hash(), "used")]);
        ended.iter().for_each(|(hash, _)| sessions.forget(hash));
        assert!(sessions.ended().is_empty());
    }

    #[test]
    fn there_is_room_for_so_many_and_for_more_once_some_have_ended() {
        let (sessions, clock) = sessions();
        let sessions = sessions.with_room(2);
        for _ in 0..2 {
            sessions.start("one").expect("a session");
        }
        assert!(matches!(sessions.start("three"), Err(NoSession::TooMany(2))));
        wait(&clock, 31);
        sessions.start("three").expect("a session");
    }

    #[test]
    fn signing_out_ends_one_session_or_all() {
        let (sessions, _) = sessions();
        let mine: Vec<_> = (0..3).map(|_| sessions.start("me").expect("a session")).collect();
        let other = sessions.start("you").expect("a session");
        assert_eq!(sessions.end(mine[0].reveal()), Some("me"));
        assert_eq!(sessions.find(mine[0].reveal()), None);
        assert_eq!(sessions.end_all(|who| *who == "me"), 2);
        assert_eq!((sessions.find(mine[1].reveal()), sessions.find(other.reveal())), (None, Some("you")));
    }
}
