//! Challenges: issued, used once, and remembered for a while with what became of them.
//!
//! They are kept in memory only. A restart forgets those that are open, which is safe: evidence for a forgotten challenge is
//! refused, and its sender requests a new one. What must never be forgotten, which identities were enrolled, is in the ledger.

use crate::{
    ledger::record::EnrollmentId,
    random::{self, Random},
    refusal::EnrollError,
};
use jiff::{SignedDuration, Timestamp};
use muster_access::token::{RandomError, TokenHash};
use muster_attest::{
    challenge::{Challenge, NONCE_CHARS, Nonce},
    identity::Provider,
};
use parking_lot::Mutex;
use std::collections::{HashMap, VecDeque};

/// How long evidence for a challenge is accepted, in seconds.
pub const CHALLENGE_SECONDS: i64 = 300;
/// How long the status of an enrollment can be requested with its challenge, in seconds from its issue.
pub const STATUS_SECONDS: i64 = 3_600;
/// The number of challenges that are remembered. One takes 300 bytes. Beyond it the oldest one is forgotten, so that many
/// requests cannot keep others from getting a challenge, which an instance uses within seconds.
pub const CHALLENGES_MAX: usize = 100_000;
/// 256 bits, because the id is also the secret with which the status is requested.
const ID_CHARS: usize = 43;

/// What became of a challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Open,
    InProgress,
    /// With the code of the error.
    Refused(&'static str),
    Enrollment(EnrollmentId),
}

/// A challenge with its id, for the answer that hands it out.
pub(crate) struct Issued {
    pub id: String,
    pub challenge: Challenge,
}

struct Entry {
    challenge: Challenge,
    issued_at: Timestamp,
    outcome: Outcome,
}

#[derive(Default)]
struct Entries {
    by_hash: HashMap<TokenHash, Entry>,
    /// Oldest first.
    order: VecDeque<(TokenHash, Timestamp)>,
}

pub(crate) struct Challenges {
    entries: Mutex<Entries>,
    entries_max: usize,
}

impl Challenges {
    pub fn new(entries_max: usize) -> Self {
        Self { entries: Mutex::default(), entries_max }
    }

    pub fn issue(
        &self,
        provider: Provider,
        audience: String,
        random: &dyn Random,
        now: Timestamp,
    ) -> Result<Issued, RandomError> {
        let id = random::text(random, ID_CHARS)?;
        let nonce = loop {
            if let Some(nonce) = Nonce::new(random::text(random, NONCE_CHARS)?) {
                break nonce;
            }
        };
        let challenge = Challenge { provider, nonce, audience };
        let hash = TokenHash::of(&id);
        let mut entries = self.entries.lock();
        entries.evict(now, self.entries_max);
        entries.by_hash.insert(hash, Entry { challenge: challenge.clone(), issued_at: now, outcome: Outcome::Open });
        entries.order.push_back((hash, now));
        Ok(Issued { id, challenge })
    }

    /// Uses a challenge. Of several callers one gets it, and the others are refused.
    pub fn take(&self, id: &str, now: Timestamp) -> Result<(TokenHash, Challenge), EnrollError> {
        let hash = TokenHash::of(id);
        let mut entries = self.entries.lock();
        let entry = entries.by_hash.get_mut(&hash).ok_or(EnrollError::ChallengeExpired)?;
        if entry.outcome != Outcome::Open {
            return Err(EnrollError::Replayed);
        }
        entry.outcome = Outcome::InProgress;
        // A clock that was set back must not extend the time.
        if now.duration_since(entry.issued_at).abs() >= SignedDuration::from_secs(CHALLENGE_SECONDS) {
            entry.outcome = Outcome::Refused(EnrollError::ChallengeExpired.code());
            return Err(EnrollError::ChallengeExpired);
        }
        Ok((hash, entry.challenge.clone()))
    }

    pub fn set_outcome(&self, hash: &TokenHash, outcome: Outcome) {
        if let Some(entry) = self.entries.lock().by_hash.get_mut(hash) {
            entry.outcome = outcome;
        }
    }

    /// What became of the challenge with this id. `None` if it is not known, or not any more.
    pub fn outcome(&self, id: &str, now: Timestamp) -> Option<Outcome> {
        let entries = self.entries.lock();
        let entry = entries.by_hash.get(&TokenHash::of(id))?;
        let age = now.duration_since(entry.issued_at).abs();
        let is_expired = entry.outcome == Outcome::Open && age >= SignedDuration::from_secs(CHALLENGE_SECONDS);
        let is_known = !is_expired && age < SignedDuration::from_secs(STATUS_SECONDS);
        is_known.then(|| entry.outcome.clone())
    }
}

impl Entries {
    /// Forgets what is too old, and makes room for one more.
    fn evict(&mut self, now: Timestamp, entries_max: usize) {
        let lifetime = SignedDuration::from_secs(STATUS_SECONDS);
        while let Some((hash, issued_at)) = self.order.front().copied() {
            if self.order.len() < entries_max && now.duration_since(issued_at).abs() < lifetime {
                break;
            }
            self.order.pop_front();
            self.by_hash.remove(&hash);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SystemRandom;

    fn issue(challenges: &Challenges, second: i64) -> String {
        let now = Timestamp::from_second(second).expect("a time");
        let audience = "https://vmm.example/enroll/v1".to_owned();
        challenges.issue(Provider::Azure, audience, &SystemRandom, now).expect("random").id
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a time")
    }

    #[test]
    fn a_challenge_is_used_once_and_in_time() {
        let challenges = Challenges::new(10);
        let (one, late, early) = (issue(&challenges, 0), issue(&challenges, 0), issue(&challenges, 1_000));
        let (hash, challenge) = challenges.take(&one, at(299)).expect("open");
        assert_eq!(challenge.provider, Provider::Azure);
        assert!(matches!(challenges.take(&one, at(299)), Err(EnrollError::Replayed)));
        assert!(matches!(challenges.take(&late, at(300)), Err(EnrollError::ChallengeExpired)));
        assert!(
            matches!(challenges.take(&early, at(600)), Err(EnrollError::ChallengeExpired)),
            "the clock was set back"
        );
        assert!(matches!(challenges.take("", at(0)), Err(EnrollError::ChallengeExpired)));
        assert_eq!(challenges.outcome(&one, at(299)), Some(Outcome::InProgress));
        challenges.set_outcome(&hash, Outcome::Refused("nonce"));
        assert_eq!(challenges.outcome(&one, at(3_599)), Some(Outcome::Refused("nonce")));
        assert_eq!(challenges.outcome(&one, at(3_600)), None);
    }

    #[test]
    fn the_number_is_bounded_and_the_oldest_is_forgotten() {
        let challenges = Challenges::new(3);
        let ids: Vec<String> = (0..5).map(|second| issue(&challenges, second)).collect();
        assert_eq!(challenges.entries.lock().by_hash.len(), 3);
        assert!(challenges.outcome(&ids[1], at(5)).is_none() && challenges.outcome(&ids[2], at(5)).is_some());
        issue(&challenges, STATUS_SECONDS + 10);
        assert_eq!(challenges.entries.lock().by_hash.len(), 1);
    }
}
