//! The page numbers that a list's pagination shows.

use crate::model::{Window, filter::OFFSET_MAX};

/// The first and last page and those near the current one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pager {
    pub page: u64,
    pub pages: u64,
    /// Page numbers in order; `None` for a gap.
    pub steps: Vec<Option<u64>>,
}

impl Pager {
    pub fn previous(&self) -> Option<u64> {
        (self.page > 1).then(|| (self.page - 1).min(self.pages))
    }

    pub fn next(&self) -> Option<u64> {
        (self.page < self.pages).then(|| self.page + 1)
    }
}

/// Pages on each side of the current one.
const NEIGHBOURS: u64 = 2;

pub fn pager(total: u64, window: Window) -> Pager {
    let limit = u64::from(window.limit.max(1));
    let pages = total.min(OFFSET_MAX).div_ceil(limit).max(1);
    let page = window.page_number();
    let from = page.min(pages).saturating_sub(NEIGHBOURS).max(1);
    let to = (page + NEIGHBOURS).min(pages);
    let mut steps = Vec::new();
    if from > 1 {
        steps.push(Some(1));
    }
    // A gap of a single page is filled with that page.
    match from {
        3 => steps.push(Some(2)),
        4.. => steps.push(None),
        _ => {}
    }
    steps.extend((from..=to).map(Some));
    match pages - to {
        2 => steps.push(Some(to + 1)),
        3.. => steps.push(None),
        _ => {}
    }
    if to < pages {
        steps.push(Some(pages));
    }
    Pager { page, pages, steps }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(total: u64, page: u64) -> String {
        let pager = pager(total, Window { offset: (page - 1) * 50, limit: 50 });
        let text = |step: &Option<u64>| step.map_or("…".to_owned(), |page| page.to_string());
        pager.steps.iter().map(text).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn first_and_last_page_are_always_shown() {
        assert_eq!(steps(0, 1), "1");
        assert_eq!(steps(50, 1), "1");
        assert_eq!(steps(51, 1), "1 2");
        assert_eq!(steps(1000, 1), "1 2 3 … 20");
        assert_eq!(steps(1000, 5), "1 2 3 4 5 6 7 … 20");
        assert_eq!(steps(1000, 10), "1 … 8 9 10 11 12 … 20");
        assert_eq!(steps(1000, 17), "1 … 15 16 17 18 19 20");
        assert_eq!(steps(1000, 20), "1 … 18 19 20");
    }

    #[test]
    fn a_page_after_the_end_links_back() {
        let pager = pager(120, Window { offset: 5_000, limit: 50 });
        assert_eq!((pager.previous(), pager.next()), (Some(3), None));
        assert_eq!(pager.steps, [Some(1), Some(2), Some(3)]);
    }
}
