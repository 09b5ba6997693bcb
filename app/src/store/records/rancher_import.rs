//! Import from Rancher (R65): the comparison of what Rancher has with what is here, and one transaction that creates the clusters
//! that are missing and the customers, with an event for each.
use super::{clusters, customers};
use crate::domain::{
    actor_stamp::ActorStamp,
    cluster::{ClusterFields, MAX_PARALLEL_DEFAULT},
    customer::CustomerFields,
    event::{Changed, EventAction},
    id::{ClusterId, CustomerId},
    metadata::Metadata,
    permission::Permission,
    rancher::{
        PlannedPlace, RancherFilter, RancherImport, RancherKnown, RancherKnownCluster,
        RancherKnownCustomer, RancherListing, RancherPick, RancherPlan, RancherPreview, plan,
        preview,
    },
};
use crate::store::{
    Store,
    change::VersionedRow,
    entity::{cluster, customer},
    error::StoreError,
};
use sea_orm::{ConnectionTrait, EntityTrait, QuerySelect};

impl Store {
    /// What of Rancher is new here, known, or gone from there. Errors: a label that is none; unknown clusters.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn preview_rancher(
        &self,
        listing: RancherListing,
        filter: RancherFilter,
    ) -> Result<RancherPreview, StoreError> {
        self.must_have(Permission::Import)?;
        let known = load_known(&self.read).await?;
        Ok(preview(&listing, &filter, &known)?)
    }

    /// Creates a customer for each namespace that was chosen and is new, and the clusters that are missing. Errors: a namespace that
    /// Rancher does not have; a name that breaks the limits; none or too many; then nothing is written.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn import_rancher(
        &self,
        listing: RancherListing,
        picks: Vec<RancherPick>,
        stamp: ActorStamp,
    ) -> Result<Changed<RancherImport>, StoreError> {
        let permit = self.permit(Permission::Import.on_anything()).await?;
        let mut change = self.change(permit, stamp).await?;
        let known = load_known(&change.tx).await?;
        let RancherPlan {
            clusters: names,
            customers,
            mut rows,
        } = plan(&listing, picks, &known)?;
        let mut created = Vec::new();
        for name in names {
            let fields = ClusterFields {
                name,
                kubeconfig_path: None,
                context: None,
                max_parallel: MAX_PARALLEL_DEFAULT,
                description: None,
                metadata: Metadata::default(),
            };
            let row = clusters::insert(&change.tx, fields, change.stamp.at).await?;
            change.record(row.event(EventAction::Create).after(&row));
            created.push(row.id);
        }
        let n_customers = customers.len();
        for (index, place, name, namespace) in customers {
            let cluster_id = match place {
                PlannedPlace::Known(id) => id,
                PlannedPlace::New(at) => created[at],
            };
            let fields = CustomerFields {
                name,
                cluster_id,
                namespace,
                description: None,
                metadata: Metadata::default(),
            };
            let row = customers::insert(&change.tx, fields, change.stamp.at).await?;
            change.record(row.event(EventAction::Create).after(&row));
            rows[index].cluster_id = Some(cluster_id);
            rows[index].customer_id = Some(row.id);
        }
        change
            .finish(RancherImport {
                rows,
                created: u32::try_from(n_customers).unwrap_or(u32::MAX),
                clusters_created: u32::try_from(created.len()).unwrap_or(u32::MAX),
            })
            .await
    }
}

/// A cluster's id, name, context, and whether it is active.
type KnownClusterRow = (i64, String, Option<String>, bool);
/// A customer's id, cluster, namespace and name, and whether it is active.
type KnownCustomerRow = (i64, i64, String, String, bool);

/// All clusters and customers, active or not. Only who plans for all gets here.
async fn load_known(db: &impl ConnectionTrait) -> Result<RancherKnown, StoreError> {
    let clusters: Vec<KnownClusterRow> = cluster::Entity::find()
        .select_only()
        .columns([
            cluster::Column::Id,
            cluster::Column::Name,
            cluster::Column::Context,
            cluster::Column::IsActive,
        ])
        .into_tuple()
        .all(db)
        .await?;
    let customers: Vec<KnownCustomerRow> = customer::Entity::find()
        .select_only()
        .columns([
            customer::Column::Id,
            customer::Column::ClusterId,
            customer::Column::Namespace,
            customer::Column::Name,
            customer::Column::IsActive,
        ])
        .into_tuple()
        .all(db)
        .await?;
    let clusters = clusters.into_iter();
    let customers = customers.into_iter();
    Ok(RancherKnown {
        clusters: clusters
            .map(|(id, name, context, is_active)| RancherKnownCluster {
                id: ClusterId(id),
                name,
                context,
                is_active,
            })
            .collect(),
        customers: customers
            .map(|(id, at, namespace, name, is_active)| {
                let id = CustomerId(id);
                let customer = RancherKnownCustomer {
                    id,
                    name,
                    is_active,
                };
                ((ClusterId(at), namespace), customer)
            })
            .collect(),
    })
}
