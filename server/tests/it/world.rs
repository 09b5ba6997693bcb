//! Test fixtures with names: cluster eu-west with customers Acme and Globex, us-east with Initech, and the release June.
use crate::harness::TestApp;
use app::domain::{
    cluster::{Cluster, ClusterDraft},
    customer::{Customer, CustomerDraft},
    id::{ClusterId, CustomerId, ReleaseId, StepId},
    metadata::{Metadata, Value},
    order::Position,
    release::ReleaseDraft,
    step::CustomerStep,
    template::{StepTemplate, TemplateDraft},
};

pub struct World {
    pub app: TestApp,
    pub eu_west: Cluster,
    pub us_east: Cluster,
    pub acme: Customer,
    pub globex: Customer,
    pub initech: Customer,
    pub june: ReleaseId,
    pub announce: StepTemplate,
    pub migrate: StepTemplate,
    pub upgrade: StepTemplate,
    pub check: StepTemplate,
}

pub fn metadata(pairs: &[(&str, &str)]) -> Metadata {
    Metadata(
        pairs
            .iter()
            .map(|(key, value)| ((*key).into(), Value::Text((*value).into())))
            .collect(),
    )
}

pub fn draft(name: &str, category: &str, kind: &str, content: &str) -> TemplateDraft {
    TemplateDraft {
        name: name.into(),
        category: category.into(),
        kind: kind.into(),
        content: content.into(),
        description: String::new(),
        jenkins: None,
    }
}

impl World {
    /// Clusters, customers, and June as a draft with three deploy steps and one verify step.
    pub async fn draft() -> Self {
        Box::pin(Self::draft_in(TestApp::new().await)).await
    }

    /// The same in an app of another mode.
    pub async fn draft_in(app: TestApp) -> Self {
        let store = &app.store;
        let cluster = async |name: &str| {
            let draft = ClusterDraft {
                name: name.into(),
                ..ClusterDraft::default()
            };
            store.create_cluster(draft, app.ana()).await.unwrap().row
        };
        let (eu_west, us_east) = (cluster("eu-west").await, cluster("us-east").await);
        let customer = async |name: &str, cluster: ClusterId, variables: Metadata| {
            let draft = CustomerDraft {
                name: name.into(),
                cluster_id: Some(cluster),
                namespace: name.to_ascii_lowercase(),
                metadata: variables,
                ..CustomerDraft::default()
            };
            store.create_customer(draft, app.ana()).await.unwrap().row
        };
        let acme = customer("Acme", eu_west.id, metadata(&[("HOST", "acme.example")])).await;
        let globex = customer(
            "Globex",
            eu_west.id,
            metadata(&[("HOST", "globex.example")]),
        )
        .await;
        let initech = customer("Initech", us_east.id, metadata(&[])).await;
        let draft_of = ReleaseDraft {
            name: "June".into(),
            version_number: "6.0".into(),
            ..ReleaseDraft::default()
        };
        let june = store
            .create_release(draft_of, app.ana())
            .await
            .unwrap()
            .row
            .id;
        let add = async |it: TemplateDraft| {
            store
                .add_template(june, it, Position::Last, app.ana())
                .await
                .unwrap()
                .row
        };
        let announce = add(draft(
            "Announce",
            "deploy",
            "text",
            "Tell {{customer.name}}.",
        ))
        .await;
        let migrate = add(draft(
            "Migrate schema",
            "deploy",
            "sql",
            "SELECT {{customer.namespace | quote}};",
        ))
        .await;
        let upgrade = add(draft("Upgrade", "deploy", "bash", "curl {{var.HOST}}")).await;
        let check = add(draft("Check", "verify", "bash", "true")).await;
        Self {
            app,
            eu_west,
            us_east,
            acme,
            globex,
            initech,
            june,
            announce,
            migrate,
            upgrade,
            check,
        }
    }

    /// June, activated for Acme, Globex and Initech.
    pub async fn active() -> Self {
        Box::pin(Self::active_in(TestApp::new().await)).await
    }

    /// The same in an app of another mode.
    pub async fn active_in(app: TestApp) -> Self {
        let world = Box::pin(Self::draft_in(app)).await;
        let everybody = vec![world.acme.id, world.globex.id, world.initech.id];
        let store = &world.app.store;
        let activated = store.activate_release(world.june, Some(everybody), world.app.ana());
        Box::pin(activated).await.unwrap();
        world
    }

    pub async fn steps(&self, customer: CustomerId) -> Vec<CustomerStep> {
        self.app
            .store
            .customer_work(self.june, customer)
            .await
            .unwrap()
            .steps
    }

    /// A customer's step by its name.
    pub async fn step(&self, customer: &Customer, name: &str) -> CustomerStep {
        let steps = self.steps(customer.id).await;
        steps
            .into_iter()
            .find(|it| it.name == name)
            .unwrap_or_else(|| panic!("{} has no {name}", customer.name))
    }

    pub async fn id(&self, customer: &Customer, name: &str) -> StepId {
        self.step(customer, name).await.id
    }

    /// The names of a customer's steps, in order.
    pub async fn names(&self, customer: &Customer) -> Vec<String> {
        self.steps(customer.id)
            .await
            .into_iter()
            .map(|it| it.name)
            .collect()
    }
}
