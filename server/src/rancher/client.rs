//! Client of Rancher's API: its clusters and projects (`/v3`), and the namespaces of a cluster through its proxy
//! (`/k8s/clusters/ID`). No redirects, no proxy, answers of a bounded size, and all within the time that a request here has.
use super::{
    failure::RancherFailure,
    responses::{KubeNamespaceList, RancherProjects, V3Cluster, V3Collection, V3Project},
};
use crate::{
    ops::rancher_settings::RancherSettings,
    outbound::{client::guarded_builder, dial_rule::OutRule},
};
use app::domain::{
    rancher::{
        RancherCluster, RancherFilter, RancherListing, RancherNamespace, RancherReading,
        RancherSource,
    },
    rule_violation::RuleViolation,
};
use reqwest::{Client, Url, header::ACCEPT};
use serde::de::DeserializeOwned;
use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};
use tokio::{sync::Semaphore, task::JoinSet, time::timeout};

/// Of one request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// Of all namespaces of one cluster: one that hangs must not cost the others.
const CLUSTER_TIMEOUT: Duration = Duration::from_secs(15);
/// Of everything. A request to this server has 30 seconds.
const READING_TIMEOUT: Duration = Duration::from_secs(25);
/// The largest answer, in bytes: a page of 500 namespaces with all that Rancher writes on them has about 2 MB.
const RANCHER_ANSWER_MAX_BYTES: usize = 16 * 1024 * 1024;
/// How many clusters are read at once.
const CLUSTERS_AT_ONCE: usize = 8;
/// How many pages of a list are read.
const PAGES_MAX: usize = 40;
/// How many rows a page has.
const PAGE_ROWS: &str = "500";

/// Rancher, as the settings name it.
pub struct RancherClient {
    settings: RancherSettings,
    /// Made for the first request: the system's certificates are read then.
    http: OnceLock<Client>,
}

/// The client of all requests to Rancher. Its address is a setting: of what that leads to, only link-local addresses and metadata
/// are not dialled. No proxy of the environment: that would dial what a name leads to, past this rule.
fn http_client() -> Result<Client, RancherFailure> {
    let builder = guarded_builder(&OutRule::Setting).no_proxy();
    Ok(builder.timeout(REQUEST_TIMEOUT).build()?)
}

impl RancherClient {
    /// Asks nothing yet.
    pub fn new(settings: RancherSettings) -> Self {
        Self {
            settings,
            http: OnceLock::new(),
        }
    }

    fn http(&self) -> Result<Client, RancherFailure> {
        if let Some(http) = self.http.get() {
            return Ok(http.clone());
        }
        let http = http_client()?;
        Ok(self.http.get_or_init(|| http).clone())
    }

    async fn read(&self, filter: RancherFilter) -> Result<RancherListing, RuleViolation> {
        let access = self.settings.access().map_err(RancherFailure::from)?;
        let (base, token) = access.map_err(|missing| RuleViolation::NoRancher { missing })?;
        let http = self.http()?;
        let access = RancherAccess { base, token, http };
        match timeout(READING_TIMEOUT, access.listing(&filter)).await {
            Ok(listing) => Ok(listing?),
            Err(_) => Err(RancherFailure::Slow.into()),
        }
    }
}

impl RancherSource for RancherClient {
    fn is_set(&self) -> bool {
        self.settings.is_set()
    }

    fn list(&self, filter: RancherFilter) -> RancherReading<'_> {
        Box::pin(self.read(filter))
    }
}

/// Where to ask, and by what right.
#[derive(Clone)]
struct RancherAccess {
    /// Without a slash at its end.
    base: String,
    token: String,
    http: Client,
}

impl RancherAccess {
    async fn listing(&self, filter: &RancherFilter) -> Result<RancherListing, RancherFailure> {
        let clusters: Vec<V3Cluster> = self.collection("/v3/clusters").await?;
        // Who may not list projects still sees their ids on the namespaces.
        let projects: Vec<V3Project> = self.collection("/v3/projects").await.unwrap_or_default();
        let projects = Arc::new(RancherProjects::of(projects));
        let mut clusters: Vec<RancherCluster> = clusters.into_iter().map(cluster_of).collect();
        let free = Arc::new(Semaphore::new(CLUSTERS_AT_ONCE));
        let mut readings = JoinSet::new();
        for (at, cluster) in clusters.iter().enumerate() {
            if filter.wants(cluster) {
                let (access, id) = (self.clone(), cluster.id.clone());
                let (free, projects) = (Arc::clone(&free), Arc::clone(&projects));
                readings.spawn(async move {
                    // Never closed, so that it is always given.
                    let _turn = free.acquire_owned().await;
                    let reading = timeout(CLUSTER_TIMEOUT, access.namespaces(&id, &projects));
                    (at, reading.await.unwrap_or(Err(RancherFailure::Slow)))
                });
            }
        }
        while let Some(done) = readings.join_next().await {
            let Ok((at, namespaces)) = done else {
                continue;
            };
            match namespaces {
                Ok(namespaces) => clusters[at].namespaces = Some(namespaces),
                // With another cluster it will be the same.
                Err(RancherFailure::Token) => return Err(RancherFailure::Token),
                Err(failure) => clusters[at].problem = Some(failure.to_string()),
            }
        }
        Ok(RancherListing(clusters))
    }

    /// All rows of a list of the v3 API.
    async fn collection<T: DeserializeOwned>(&self, path: &str) -> Result<Vec<T>, RancherFailure> {
        let mut url = self.address(path)?;
        url.query_pairs_mut().append_pair("limit", PAGE_ROWS);
        let mut rows = Vec::new();
        for _ in 0..PAGES_MAX {
            let page: V3Collection<T> = self.get(url.clone()).await?;
            rows.extend(page.data);
            let next = page.pagination.and_then(|it| it.next);
            let Some(next) = next.filter(|it| !it.is_empty()) else {
                return Ok(rows);
            };
            // Of the next address only the query counts: the token goes to RANCHER_URL, whatever an answer names.
            url.set_query(next.split_once('?').map(|it| it.1));
        }
        Err(RancherFailure::TooMuch)
    }

    /// All namespaces of a cluster.
    async fn namespaces(
        &self,
        cluster: &str,
        projects: &RancherProjects,
    ) -> Result<Vec<RancherNamespace>, RancherFailure> {
        // It becomes a part of an address.
        let is_plain = |it: u8| it.is_ascii_alphanumeric() || it == b'-';
        if cluster.is_empty() || !cluster.bytes().all(is_plain) {
            return Err(RancherFailure::Unreadable);
        }
        let first = self.address(&format!("/k8s/clusters/{cluster}/api/v1/namespaces"))?;
        let (mut namespaces, mut next) = (Vec::new(), None::<String>);
        for _ in 0..PAGES_MAX {
            let mut url = first.clone();
            url.query_pairs_mut().append_pair("limit", PAGE_ROWS);
            if let Some(next) = &next {
                url.query_pairs_mut().append_pair("continue", next);
            }
            let page: KubeNamespaceList = self.get(url).await?;
            namespaces.extend(page.items.into_iter().filter_map(|it| projects.read(it)));
            next = page.metadata.next.filter(|it| !it.is_empty());
            if next.is_none() {
                return Ok(namespaces);
            }
        }
        Err(RancherFailure::TooMuch)
    }

    fn address(&self, path: &str) -> Result<Url, RancherFailure> {
        let base = &self.base;
        let url = Url::parse(&format!("{base}{path}"));
        let url = url.map_err(|_| RancherFailure::Unreadable)?;
        // A name is checked when it is dialled, a literal address here.
        OutRule::Setting.check_url(&url)?;
        Ok(url)
    }

    async fn get<T: DeserializeOwned>(&self, url: Url) -> Result<T, RancherFailure> {
        let request = self.http.get(url).bearer_auth(&self.token);
        let request = request.header(ACCEPT, "application/json");
        let mut response = request.send().await?;
        if let Some(failure) = RancherFailure::of_status(response.status()) {
            return Err(failure);
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if bytes.len() + chunk.len() > RANCHER_ANSWER_MAX_BYTES {
                return Err(RancherFailure::TooMuch);
            }
            bytes.extend_from_slice(&chunk);
        }
        serde_json::from_slice(&bytes).map_err(|_| RancherFailure::Unreadable)
    }
}

/// A cluster without its namespaces. One without a name is called by its id.
fn cluster_of(cluster: V3Cluster) -> RancherCluster {
    let V3Cluster { id, name, state } = cluster;
    RancherCluster {
        name: if name.is_empty() { id.clone() } else { name },
        id,
        state,
        ..RancherCluster::default()
    }
}
