//! Runs that did not reach their end.

use crate::output::{RunRecord, RunStatus};

/// Why a run did not reach its end.
#[derive(Clone, Debug)]
pub enum Early {
    /// Somebody or something asked it to stop; the text says who or what.
    Interrupted(String),
    /// It failed; the text says why.
    Failed(String),
}

impl Early {
    /// The record of a run that ended so.
    pub(super) fn mark(self, record: RunRecord) -> RunRecord {
        let (status, reason) = match self {
            Early::Interrupted(reason) => (RunStatus::Interrupted, reason),
            Early::Failed(reason) => (RunStatus::Failed, reason),
        };
        RunRecord {
            status,
            stop: None,
            ended_early: Some(reason),
            ..record
        }
    }
}
