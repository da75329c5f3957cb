//! Shares of a sweep.

use std::fmt;
use std::str::FromStr;

/// Every n-th point from the i-th on, i from 1: deterministic, and balanced where neighbours cost alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    index: u64,
    count: u64,
}

impl Shard {
    /// All points.
    pub const WHOLE: Shard = Shard { index: 1, count: 1 };

    /// Whether the share is the whole.
    pub fn is_whole(self) -> bool {
        self.count == 1
    }

    /// The shard's points among `total`, in order.
    pub fn points(self, total: u64) -> impl Iterator<Item = u64> {
        (self.index - 1..total).step_by(self.count as usize)
    }

    /// Whether a point belongs to it.
    pub fn holds(self, point: u64) -> bool {
        point % self.count == self.index - 1
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text
            .split_once('/')
            .and_then(|(index, count)| Some((index.parse().ok()?, count.parse().ok()?)));
        match numbers {
            Some((index, count)) if (1..=count).contains(&index) => Ok(Shard { index, count }),
            _ => Err("a share i/n with i from 1 to n, e.g. 3/8".into()),
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}
