//! The task that runs steps at Jenkins (R64): it claims queued runs, takes over those of servers that have stopped, and follows each in
//! a task of its own.
use super::{build_watch::BuildWatch, client::JenkinsClient, polls::Polls};
use app::{
    api::context::now,
    domain::run::RunState,
    store::{
        Database,
        error::{StoreError, chain},
        runs::notices::RunNotice,
    },
};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{
        broadcast::{self, error::RecvError},
        watch,
    },
    task::JoinSet,
    time::{sleep, timeout},
};

/// Lease of a claimed run until its URL at Jenkins is stored: longer than the timeout of the request.
const CLAIM_LEASE_MIN: Duration = Duration::from_secs(30);
/// Runs that are followed at once.
const FOLLOWED_MAX: usize = 200;
/// Interval of looking for runs that another server was asked for, of which no notice comes here.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// Runs steps at Jenkins, as long as the server runs.
pub struct JenkinsWorker {
    database: Database,
    client: Arc<JenkinsClient>,
    polls: Polls,
    /// Whether this is the only server on the database.
    is_alone: bool,
}

impl JenkinsWorker {
    /// `is_alone`: whether leases that are there at the start can only be those of a program that has ended. Those of another server
    /// end by themselves.
    pub fn new(
        database: Database,
        client: Arc<JenkinsClient>,
        polls: Polls,
        is_alone: bool,
    ) -> Self {
        Self {
            database,
            client,
            polls,
            is_alone,
        }
    }

    /// Works until it is told to stop; requests that start a job then have `grace` to be answered, and their place to be stored.
    pub async fn run(self, mut stop: watch::Receiver<bool>, grace: Duration) {
        if self.is_alone
            && let Err(error) = self.database.take_back_jenkins_runs(now()).await
        {
            tracing::error!(error = %chain(&error), "runs at Jenkins are followed once their leases end");
        }
        let mut notices = self.database.follow_runs();
        let mut followed = JoinSet::new();
        let mut is_failing = false;
        while !*stop.borrow_and_update() {
            let looked = self.look(&mut followed, &stop).await;
            if let (Err(error), false) = (&looked, is_failing) {
                tracing::error!(error = %chain(error), "it cannot be told which runs are for Jenkins");
            }
            is_failing = looked.is_err();
            tokio::select! {
                () = may_claim(&mut notices) => {}
                _ = stop.changed() => {}
                Some(_) = followed.join_next() => {}
                () = sleep(LOOK_INTERVAL) => {}
            }
        }
        let all = async { while followed.join_next().await.is_some() {} };
        if timeout(grace, all).await.is_err() {
            tracing::warn!(
                "some runs at Jenkins were cut off: they are followed after the next start, or lost"
            );
        }
    }

    /// Claims runs and takes over others, up to the limit.
    async fn look(
        &self,
        followed: &mut JoinSet<()>,
        stop: &watch::Receiver<bool>,
    ) -> Result<(), StoreError> {
        // Tasks that have ended make room.
        while followed.try_join_next().is_some() {}
        while followed.len() < FOLLOWED_MAX {
            let now = now();
            let lease = self.database.run_lease();
            let left = self.database.take_over_jenkins_run(now, now + lease);
            let mut claimed = left.await?;
            if claimed.is_none() {
                let until = now + lease.max(CLAIM_LEASE_MIN);
                claimed = self.database.claim_jenkins_run(now, until).await?;
            }
            let Some(claimed) = claimed else {
                return Ok(());
            };
            let (database, client) = (self.database.clone(), Arc::clone(&self.client));
            let watch = BuildWatch::new(database, client, self.polls, stop.clone(), claimed);
            followed.spawn(watch.run());
        }
        Ok(())
    }
}

/// Waits until a run is asked for, or one ends and makes room on its cluster.
async fn may_claim(notices: &mut broadcast::Receiver<RunNotice>) {
    loop {
        match notices.recv().await {
            Ok(notice) if notice.state == RunState::Queued || notice.state.is_over() => return,
            Ok(_) => {}
            Err(RecvError::Lagged(_)) => return,
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}
