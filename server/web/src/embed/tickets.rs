//! Tickets for downloads: a link cannot carry a bearer token, so it carries one of these, which is good for one file,
//! once, within a minute, while its session lasts.

use jiff::{SignedDuration, Timestamp};
use muster_access::token::{NoRandomness, Token, TokenHash};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

const LIFE: SignedDuration = SignedDuration::from_secs(60);
/// More within a minute are an attack.
const TICKETS_MAX: usize = 10_000;

pub struct Sale {
    pub session: TokenHash,
    /// Path and query string of the file.
    pub file: String,
}

#[derive(Default)]
pub struct Tickets {
    sold: Mutex<HashMap<TokenHash, (Timestamp, Sale)>>,
}

#[derive(Debug, thiserror::Error)]
pub enum NoTicket {
    #[error("{TICKETS_MAX} tickets are waiting to be used")]
    TooMany,
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

impl Tickets {
    pub fn sell(&self, sale: Sale, now: Timestamp) -> Result<Token, NoTicket> {
        let ticket = Token::random()?;
        let mut sold = self.sold.lock().unwrap_or_else(PoisonError::into_inner);
        if sold.len() >= TICKETS_MAX {
            sold.retain(|_, (sold_at, _)| is_good(*sold_at, now));
        }
        if sold.len() >= TICKETS_MAX {
            return Err(NoTicket::TooMany);
        }
        sold.insert(ticket.hash(), (now, sale));
        Ok(ticket)
    }

    /// What it is for; it is used up by this.
    pub fn redeem(&self, ticket: &str, now: Timestamp) -> Option<Sale> {
        let mut sold = self.sold.lock().unwrap_or_else(PoisonError::into_inner);
        let (sold_at, sale) = sold.remove(&TokenHash::of(ticket))?;
        is_good(sold_at, now).then_some(sale)
    }
}

fn is_good(sold_at: Timestamp, now: Timestamp) -> bool {
    now.duration_since(sold_at) < LIFE
}
