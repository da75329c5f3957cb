//! Asks long work to stop: at a signal, or when the time that it was given is over.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// What work that may take long looks at now and then. Work that has none to look at is never stopped.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    asked: Vec<Arc<AtomicBool>>,
    deadline: Option<Instant>,
}

impl Stop {
    /// Nothing stops the work.
    pub fn never() -> Self {
        Self::default()
    }

    /// The work stops when the flag is set, by a signal for example.
    pub fn when(asked: Arc<AtomicBool>) -> Self {
        Stop {
            asked: vec![asked],
            deadline: None,
        }
    }

    /// The same, and when another flag is set.
    pub fn or_when(mut self, asked: Arc<AtomicBool>) -> Self {
        self.asked.push(asked);
        self
    }

    /// The same, and at `deadline` at the latest.
    pub fn not_after(self, deadline: Instant) -> Self {
        let deadline = self
            .deadline
            .map_or(deadline, |before| before.min(deadline));
        Stop {
            deadline: Some(deadline),
            ..self
        }
    }

    /// Whether the work is to stop now.
    pub fn is_asked(&self) -> bool {
        self.is_flagged() || self.is_late()
    }

    /// Whether somebody asked, by a signal for example.
    pub fn is_flagged(&self) -> bool {
        let mut asked = self.asked.iter();
        asked.any(|asked| asked.load(Ordering::SeqCst))
    }

    /// Whether the time is over.
    pub fn is_late(&self) -> bool {
        self.deadline
            .is_some_and(|deadline| Instant::now() >= deadline)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_flag_or_the_earlier_deadline_stops() {
        assert!(!Stop::never().is_asked());
        let flag = Arc::new(AtomicBool::new(false));
        let stop = Stop::when(Arc::clone(&flag));
        assert!(!stop.is_asked());
        let now = Instant::now();
        let later = stop.clone().not_after(now + Duration::from_secs(3600));
        assert!(!later.is_asked());
        // The earlier of two deadlines holds, in either order.
        assert!(later.clone().not_after(now).is_late());
        assert!(
            stop.clone()
                .not_after(now)
                .not_after(now + Duration::from_secs(3600))
                .is_late()
        );
        let other = Arc::new(AtomicBool::new(true));
        assert!(stop.clone().or_when(other).is_asked() && !stop.is_asked());
        flag.store(true, Ordering::SeqCst);
        assert!(stop.is_asked() && later.is_flagged() && !later.is_late());
    }
}
