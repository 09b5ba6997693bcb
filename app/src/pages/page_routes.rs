//! The addresses of all pages, as routes of one type. The router has a type for each shape of an address, such as
//! `/releases/:id/edit`, and each is compiled anew.
use super::lazy_pages::LazyPage;
use leptos::prelude::*;
use leptos_router::{
    ChooseView, GeneratedRouteData, MatchInterface, MatchNestedRoutes, MatchParams, Method,
    PathSegment, RouteMatchId, SsrMode,
};
use std::{array, borrow::Cow};

/// Each page with its address, in which `:` begins a parameter. The first that fits is the page.
const PAGES: &[(&str, LazyPage)] = &[
    ("", LazyPage::Dashboard),
    ("/clusters", LazyPage::Clusters),
    ("/clusters/new", LazyPage::NewCluster),
    ("/clusters/:id", LazyPage::Cluster),
    ("/clusters/:id/edit", LazyPage::EditCluster),
    ("/customers", LazyPage::Customers),
    ("/customers/new", LazyPage::NewCustomer),
    ("/customers/:id", LazyPage::Customer),
    ("/customers/:id/edit", LazyPage::EditCustomer),
    ("/releases", LazyPage::Releases),
    ("/releases/new", LazyPage::NewRelease),
    ("/releases/:id", LazyPage::Release),
    ("/releases/:id/edit", LazyPage::EditRelease),
    ("/releases/:id/hooks", LazyPage::IncomingHooks),
    ("/releases/:id/steps", LazyPage::Steps),
    (
        "/releases/:id/customer/:customer_id",
        LazyPage::CustomerSteps,
    ),
    ("/activity", LazyPage::Activity),
    ("/account", LazyPage::Account),
    ("/users", LazyPage::Users),
    ("/users/new", LazyPage::NewUser),
    ("/users/:id/edit", LazyPage::EditUser),
    ("/runs", LazyPage::Runs),
    ("/runners", LazyPage::Runners),
    ("/webhooks", LazyPage::Webhooks),
    ("/webhooks/new", LazyPage::NewWebhook),
    ("/webhooks/:id", LazyPage::Webhook),
    ("/webhooks/:id/edit", LazyPage::EditWebhook),
];

/// Names and values of the parameters in an address.
type Params = Vec<(Cow<'static, str>, String)>;

/// The parameters of an address, if it is of this form.
fn params_of(form: &'static str, path: &str) -> Option<Params> {
    let mut params = Params::new();
    let mut parts = path.split('/');
    for expected in form.split('/') {
        let part = parts.next()?;
        match expected.strip_prefix(':') {
            Some(name) if !part.is_empty() => params.push((name.into(), part.to_owned())),
            None if part == expected => {}
            _ => return None,
        }
    }
    parts.next().is_none().then_some(params)
}

/// The page at an address, with or without a slash at its end.
pub fn page_at(path: &str) -> Option<LazyPage> {
    let path = path.strip_suffix('/').unwrap_or(path);
    let found = PAGES
        .iter()
        .find(|(form, _)| params_of(form, path).is_some());
    found.map(|it| it.1)
}

/// The routes of all pages. The router tells them apart by their ids.
#[derive(Clone)]
pub struct PageRoutes([RouteMatchId; PAGES.len()]);

/// The routes, as the router takes its children.
#[component(transparent)]
pub fn AllPages() -> PageRoutes {
    PageRoutes::default()
}

impl Default for PageRoutes {
    fn default() -> Self {
        Self(array::from_fn(|_| RouteMatchId::new_from_route_id()))
    }
}

impl MatchNestedRoutes for PageRoutes {
    type Data = ();
    type Match = MatchedPage;

    fn match_nested<'a>(&'a self, path: &'a str) -> (Option<(RouteMatchId, MatchedPage)>, &'a str) {
        // With a slash at its end it is the same address.
        let matched = path.strip_suffix('/').unwrap_or(path);
        for (id, (form, page)) in self.0.iter().zip(PAGES) {
            if let Some(params) = params_of(form, matched) {
                let matched = MatchedPage {
                    id: *id,
                    page: *page,
                    path: matched.to_owned(),
                    params,
                };
                return (Some((*id, matched)), "");
            }
        }
        (None, path)
    }

    fn generate_routes(&self) -> impl IntoIterator<Item = GeneratedRouteData> + '_ {
        PAGES.iter().map(|(form, _)| GeneratedRouteData {
            segments: form
                .split('/')
                .skip(1)
                .map(|part| match part.strip_prefix(':') {
                    Some(name) => PathSegment::Param(name.into()),
                    None => PathSegment::Static(part.into()),
                })
                .collect(),
            ssr_mode: SsrMode::Async,
            methods: [Method::Get].into(),
            regenerate: Vec::new(),
        })
    }

    fn optional(&self) -> bool {
        false
    }
}

/// The page at an address.
pub struct MatchedPage {
    id: RouteMatchId,
    page: LazyPage,
    path: String,
    params: Params,
}

impl MatchParams for MatchedPage {
    fn to_params(&self) -> Params {
        self.params.clone()
    }
}

impl MatchInterface for MatchedPage {
    type Child = ();

    fn as_id(&self) -> RouteMatchId {
        self.id
    }

    fn as_matched(&self) -> &str {
        &self.path
    }

    fn into_view_and_child(self) -> (impl ChooseView, Option<()>) {
        (self.page, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The page at an address, with its parameters as `name=value`.
    fn found(path: &str) -> Option<(LazyPage, String)> {
        let routes = PageRoutes::default();
        let (_, it) = routes.match_nested(path).0?;
        let params = it.to_params();
        let params: Vec<_> = params
            .iter()
            .map(|it| format!("{}={}", it.0, it.1))
            .collect();
        Some((it.page, params.join(" ")))
    }

    #[test]
    fn each_address_is_of_one_page() {
        for (path, page, params) in [
            ("/", LazyPage::Dashboard, ""),
            ("/clusters", LazyPage::Clusters, ""),
            ("/clusters/", LazyPage::Clusters, ""),
            ("/clusters/new", LazyPage::NewCluster, ""),
            ("/clusters/7", LazyPage::Cluster, "id=7"),
            ("/clusters/x", LazyPage::Cluster, "id=x"),
            ("/releases/7/edit", LazyPage::EditRelease, "id=7"),
            (
                "/releases/7/customer/3/",
                LazyPage::CustomerSteps,
                "id=7 customer_id=3",
            ),
        ] {
            assert_eq!(found(path), Some((page, params.to_owned())), "{path}");
            assert_eq!(page_at(path), Some(page), "{path}");
        }
    }

    #[test]
    fn other_addresses_are_of_no_page() {
        for path in [
            "//",
            "/nothing",
            "/clusters//",
            "/clustersx",
            "/clusters/7/x",
            "/users/7",
            "/releases//edit",
            "/releases/7/customer",
            "clusters",
        ] {
            assert_eq!(found(path), None, "{path}");
        }
    }
}
