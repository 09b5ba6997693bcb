//! What the program's settings say about runs (R73): how long a lease lasts, and whether there may be runners at all.
use crate::domain::run::RUN_LEASE_SECONDS_DEFAULT;
use crate::store::Database;
use chrono::{DateTime, Utc};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

/// The settings. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct RunSettings(Arc<SetValues>);

#[derive(Debug)]
struct SetValues {
    lease_ms: AtomicU64,
    refuses_runners: AtomicBool,
    has_jenkins: AtomicBool,
}

impl Default for SetValues {
    fn default() -> Self {
        Self {
            lease_ms: AtomicU64::new(u64::from(RUN_LEASE_SECONDS_DEFAULT) * 1_000),
            refuses_runners: AtomicBool::new(false),
            has_jenkins: AtomicBool::new(false),
        }
    }
}

impl Database {
    /// Sets how long a run is its runner's without a report, at the start of the program.
    pub fn set_run_lease(&self, lease: Duration) {
        let ms = u64::try_from(lease.as_millis()).unwrap_or(u64::MAX);
        self.run_settings.0.lease_ms.store(ms, Ordering::Relaxed);
    }

    /// How long a run is its runner's without a report.
    pub fn run_lease(&self) -> Duration {
        Duration::from_millis(self.run_settings.0.lease_ms.load(Ordering::Relaxed))
    }

    /// When a lease ends that is given, or renewed, now.
    pub(in crate::store) fn lease_end(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        now + self.run_lease()
    }

    /// Whole seconds of a lease.
    pub(in crate::store) fn lease_seconds(&self) -> u32 {
        u32::try_from(self.run_lease().as_secs()).unwrap_or(u32::MAX)
    }

    /// From now on steps can be run at Jenkins: the settings name one (R64).
    pub fn set_jenkins(&self) {
        self.run_settings
            .0
            .has_jenkins
            .store(true, Ordering::Relaxed);
    }

    /// Whether steps can be run at Jenkins.
    pub fn has_jenkins(&self) -> bool {
        self.run_settings.0.has_jenkins.load(Ordering::Relaxed)
    }

    /// From now on there are no runners: nobody signs in here, and other machines can reach this server.
    pub fn refuse_runners(&self) {
        let refuses = &self.run_settings.0.refuses_runners;
        refuses.store(true, Ordering::Relaxed);
    }

    /// Whether there are no runners.
    pub fn runners_are_refused(&self) -> bool {
        self.run_settings.0.refuses_runners.load(Ordering::Relaxed)
    }
}
