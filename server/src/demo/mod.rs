//! Example data for `--demo` and `rollcall demo`, made by the store's own methods with given times: four clusters, 24
//! customers, three releases in different stages, and ten days of history by four people. It is the same every time, except
//! for the day that it ends on.
mod texts;

use app::{
    domain::{
        actor_stamp::ActorStamp,
        caller::Caller,
        cluster::ClusterDraft,
        customer::CustomerDraft,
        id::{ClusterId, CustomerId, ReleaseId, StepId},
        metadata::{Metadata, Value},
        order::Position,
        release::ReleaseDraft,
        step::CustomerStep,
        template::TemplateDraft,
        vocabulary::{Noun, StepAction, StepStatus},
    },
    store::{Database, Store, error::StoreError, steps::transitions::TransitionOptions},
};
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use std::sync::Arc;
use texts::{CLUSTERS, CUSTOMERS, DemoStep, HOTFIX, INVOICING, STATEMENTS};

const PEOPLE: [&str; 4] = ["Ana Ferreira", "Jonas Weber", "Ravi Menon", "Mei Tanaka"];

/// The store with a clock of its own, which each change moves on.
struct DemoTimeline<'a> {
    store: &'a Store,
    now: DateTime<Utc>,
    n_changes: usize,
}

impl DemoTimeline<'_> {
    /// The next actor, some minutes later.
    fn stamp(&mut self, minutes: i64) -> ActorStamp {
        self.now += TimeDelta::minutes(minutes);
        self.n_changes += 1;
        ActorStamp {
            by: PEOPLE[self.n_changes * 7 % PEOPLE.len()].to_owned(),
            at: self.now.trunc_subsecs(3),
        }
    }

    async fn act(
        &mut self,
        step: StepId,
        action: StepAction,
        reason: Option<&str>,
    ) -> Result<(), StoreError> {
        let stamp = self.stamp(4);
        let options = TransitionOptions {
            reason: reason.map(str::to_owned),
            ..TransitionOptions::default()
        };
        self.store.act_on_step(step, action, options, stamp).await?;
        Ok(())
    }

    async fn release(
        &mut self,
        draft: ReleaseDraft,
        steps: &[DemoStep],
    ) -> Result<ReleaseId, StoreError> {
        let stamp = self.stamp(5);
        let release = self.store.create_release(draft, stamp).await?.row.id;
        for step in steps {
            let draft = TemplateDraft {
                name: step.name.to_owned(),
                category: step.category.to_owned(),
                kind: step.kind.to_owned(),
                content: step.content.to_owned(),
                description: step.description.to_owned(),
                jenkins: None,
            };
            let stamp = self.stamp(3);
            self.store
                .add_template(release, draft, Position::Last, stamp)
                .await?;
        }
        Ok(release)
    }

    async fn steps(
        &self,
        release: ReleaseId,
        customer: CustomerId,
    ) -> Result<Vec<CustomerStep>, StoreError> {
        Ok(self.store.customer_work(release, customer).await?.steps)
    }

    /// Marks the first `n_steps` steps of a customer done. A step with a missing value stays pending.
    async fn do_steps(
        &mut self,
        release: ReleaseId,
        customer: CustomerId,
        n_steps: usize,
    ) -> Result<(), StoreError> {
        let steps = self.steps(release, customer).await?;
        for step in steps
            .into_iter()
            .take(n_steps)
            .filter(|it| it.status == StepStatus::Pending)
        {
            if !self.store.step(step.id).await?.unresolved.is_empty() {
                continue;
            }
            if step.order_index % 2 == 0 {
                self.act(step.id, StepAction::Start, None).await?;
            }
            self.act(step.id, StepAction::Done, None).await?;
        }
        Ok(())
    }

    /// The step of a customer with this name.
    async fn step(
        &self,
        release: ReleaseId,
        customer: CustomerId,
        name: &str,
    ) -> Result<CustomerStep, StoreError> {
        let steps = self.steps(release, customer).await?;
        steps
            .into_iter()
            .find(|it| it.name == name)
            .ok_or(StoreError::NotFound(Noun::Step))
    }
}

fn metadata(pairs: &[(&str, &str)]) -> Metadata {
    let value = |text: &str| {
        text.parse::<i64>().map_or_else(
            |_| Value::Text(text.to_owned()),
            |it| Value::Number(it.to_string()),
        )
    };
    Metadata(
        pairs
            .iter()
            .map(|(key, text)| ((*key).to_owned(), value(text)))
            .collect(),
    )
}

/// Fills an empty database. Returns false, and changes nothing, if there is any cluster or release.
pub async fn load(database: &Database, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let store = &database.as_caller(Arc::new(Caller::open("demo")));
    if !store.clusters(true).await?.is_empty() || !store.releases().await?.is_empty() {
        return Ok(false);
    }
    let mut timeline = DemoTimeline {
        store,
        now: now - TimeDelta::days(10),
        n_changes: 0,
    };
    let customers = clusters_and_customers(&mut timeline).await?;
    hotfix(&mut timeline, &customers[..9]).await?;
    timeline.now = now - TimeDelta::days(6);
    invoicing(&mut timeline, &customers[..18], now).await?;
    Ok(true)
}

async fn clusters_and_customers(
    timeline: &mut DemoTimeline<'_>,
) -> Result<Vec<CustomerId>, StoreError> {
    let mut clusters: Vec<ClusterId> = Vec::new();
    for (name, description, variables) in CLUSTERS {
        let draft = ClusterDraft {
            name: (*name).to_owned(),
            kubeconfig_path: format!("/etc/rollcall/{name}.yaml"),
            context: String::new(),
            max_parallel: String::new(),
            description: (*description).to_owned(),
            metadata: metadata(variables),
        };
        let stamp = timeline.stamp(6);
        clusters.push(timeline.store.create_cluster(draft, stamp).await?.row.id);
    }
    let mut customers = Vec::new();
    for (name, cluster, variables) in CUSTOMERS {
        let namespace = name.to_ascii_lowercase().replace(' ', "-");
        let host = format!(
            "bills.{}.example",
            namespace.split('-').next().unwrap_or("x")
        );
        let mut values = metadata(variables);
        values.0.insert("HOST".into(), Value::Text(host));
        values
            .0
            .insert("DB_NAME".into(), Value::Text(namespace.replace('-', "_")));
        let draft = CustomerDraft {
            name: (*name).to_owned(),
            cluster_id: Some(clusters[*cluster]),
            namespace,
            metadata: values,
            ..CustomerDraft::default()
        };
        let stamp = timeline.stamp(2);
        customers.push(timeline.store.create_customer(draft, stamp).await?.row.id);
    }
    Ok(customers)
}

/// A release that is finished and archived.
async fn hotfix(
    timeline: &mut DemoTimeline<'_>,
    customers: &[CustomerId],
) -> Result<(), StoreError> {
    let draft = ReleaseDraft {
        name: "2026.10.4 Tax rounding".into(),
        kind: "hotfix".into(),
        version_number: "2026.10.4".into(),
        release_date: (timeline.now + TimeDelta::days(2)).date_naive().to_string(),
        description: "Invoices were off by a cent where two tax rates met.".into(),
        ..ReleaseDraft::default()
    };
    let release = timeline.release(draft, HOTFIX).await?;
    let stamp = timeline.stamp(20);
    timeline
        .store
        .activate_release(release, Some(customers.to_vec()), stamp)
        .await?;
    for customer in customers {
        timeline.do_steps(release, *customer, usize::MAX).await?;
        timeline.now += TimeDelta::minutes(50);
    }
    for customer in customers {
        for step in timeline
            .steps(release, *customer)
            .await?
            .into_iter()
            .filter(|it| it.status.is_open())
        {
            timeline
                .act(
                    step.id,
                    StepAction::Skip,
                    Some("nothing to purge, this customer has no CDN"),
                )
                .await?;
        }
    }
    let stamp = timeline.stamp(60);
    timeline.store.archive_release(release, None, stamp).await?;
    Ok(())
}

/// A release that is being worked on, with steps in every state, an override, notes and a custom step.
async fn invoicing(
    timeline: &mut DemoTimeline<'_>,
    customers: &[CustomerId],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let draft = ReleaseDraft {
        name: "2026.11 Invoicing".into(),
        version_number: "2026.11.0".into(),
        release_date: (now - TimeDelta::days(1)).date_naive().to_string(),
        description: "The new billing schema and the api that reads it.".into(),
        metadata: metadata(&[("CHART", "oci://charts.example/api"), ("TIMEOUT", "10m")]),
        ..ReleaseDraft::default()
    };
    let release = timeline.release(draft, INVOICING).await?;
    let stamp = timeline.stamp(30);
    timeline
        .store
        .activate_release(release, Some(customers[..16].to_vec()), stamp)
        .await?;
    let first: Vec<StepId> = {
        let mut ids = Vec::new();
        for customer in &customers[..16] {
            ids.push(
                timeline
                    .step(release, *customer, "Announce maintenance")
                    .await?
                    .id,
            );
        }
        ids
    };
    let stamp = timeline.stamp(15);
    timeline
        .store
        .act_on_steps(first, StepAction::Done, TransitionOptions::default(), stamp)
        .await?;
    let stamp = timeline.stamp(200);
    timeline
        .store
        .add_customers(release, customers[16..].to_vec(), stamp)
        .await?;
    for (index, customer) in customers.iter().enumerate() {
        let n_steps = [14, 14, 14, 12, 9, 5, 6, 4, 5, 7, 5, 6, 2, 5, 5, 4, 3, 1][index % 18];
        timeline.do_steps(release, *customer, n_steps).await?;
        timeline.now += TimeDelta::minutes(170);
    }
    statements(timeline, now).await?;
    timeline.now = now - TimeDelta::hours(9);
    let reverted = timeline
        .step(release, customers[9], "Helm upgrade api")
        .await?;
    timeline
        .act(
            reverted.id,
            StepAction::Revert,
            Some("Readiness probe failed on 2 of 4 pods, rolled back to 2026.10.3."),
        )
        .await?;
    let failed = timeline
        .step(release, customers[7], "Apply config map")
        .await?;
    timeline.act(failed.id, StepAction::Start, None).await?;
    timeline.act(failed.id, StepAction::Fail, Some("Lock timeout on invoice_line after 30 s, table still in use by the nightly export.")).await?;
    let queue = timeline
        .step(release, customers[3], "Worker queue drained")
        .await?;
    if queue.status == StepStatus::Done {
        timeline.act(queue.id, StepAction::Reopen, None).await?;
    }
    timeline
        .act(
            queue.id,
            StepAction::Fail,
            Some("412 messages left in billing-retry, consumer restarts every minute."),
        )
        .await?;
    let overridden = timeline
        .step(release, customers[5], "Helm upgrade api")
        .await?;
    let text = overridden
        .content
        .replace("replicas={{var.API_REPLICAS}}", "replicas=6");
    let stamp = timeline.stamp(8);
    let overridden = timeline
        .store
        .override_step(overridden.id, text, overridden.version, stamp)
        .await?
        .row;
    let stamp = timeline.stamp(2);
    let note = "Six replicas until the meter import has run, asked for by their ops.".to_owned();
    timeline
        .store
        .note_step(overridden.id, note, overridden.version, stamp)
        .await?;
    let stamp = timeline.stamp(12);
    let custom = TemplateDraft {
        name: "Rotate SFTP host key".into(),
        content: texts::ROTATE_KEY.into(),
        ..TemplateDraft::default()
    };
    let snapshot = timeline
        .step(release, customers[4], "Snapshot database")
        .await?;
    let custom = timeline
        .store
        .add_custom_step(
            release,
            customers[4],
            custom,
            Position::After(snapshot.id),
            false,
            stamp,
        )
        .await?
        .row;
    timeline.act(custom.id, StepAction::Done, None).await?;
    // Two steps are in progress; one of them for so long that the dashboard shows it.
    timeline.now = now - TimeDelta::minutes(190);
    let long = timeline
        .step(release, customers[12], "Snapshot database")
        .await?;
    timeline.act(long.id, StepAction::Start, None).await?;
    timeline.now = now - TimeDelta::minutes(25);
    timeline.act(overridden.id, StepAction::Start, None).await?;
    Ok(())
}

/// A draft.
async fn statements(timeline: &mut DemoTimeline<'_>, now: DateTime<Utc>) -> Result<(), StoreError> {
    timeline.now = now - TimeDelta::hours(14);
    let draft = ReleaseDraft {
        name: "2026.12 Statements".into(),
        version_number: "2026.12.0".into(),
        release_date: (now + TimeDelta::days(18)).date_naive().to_string(),
        description: "Monthly statements as PDF, for the customers that asked for them.".into(),
        ..ReleaseDraft::default()
    };
    timeline.release(draft, STATEMENTS).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_stays_a_number() {
        let json =
            serde_json::to_string(&metadata(&[("API_REPLICAS", "3"), ("HOST", "x")])).unwrap();
        assert_eq!(json, r#"{"API_REPLICAS":3,"HOST":"x"}"#);
    }
}
