//! Page with the list of customers by cluster, `/customers`.
use crate::{
    api::customers::list_customers,
    components::{
        layout::page_head::PageHead,
        list::{List, SearchBar, customers::CustomerList, list_query::ListQuery},
        rights::Allowed,
        ui::icon::Icon,
    },
    domain::{customer::CustomerSummary, permission::Permission},
    pages::{
        fetch::Fetch, list_url::list_query, loaded, new_records::NewRecords,
        refresh_on_change::refresh_on_change,
    },
    paths,
};
use leptos::prelude::*;

/// The page: fetches all customers, active or not.
#[component]
pub fn CustomersPage() -> impl IntoView {
    let query = list_query(paths::CUSTOMERS);
    let customers = Fetch::new(|| (), |()| list_customers(true));
    refresh_on_change(customers.refetch_callback(), |_| true);
    let news = NewRecords::new(customers.refetch_callback());
    loaded(customers, move |mut all| {
        let new = news.hold_back(&mut all, |it| it.id.0, "customer");
        show(all, query, new)
    })
}

/// The list with its search, or what to do while there are no customers; `new` says that there are more.
fn show(all: Vec<CustomerSummary>, query: RwSignal<ListQuery>, new: AnyView) -> impl IntoView {
    let is_empty = all.is_empty();
    let n_inactive = all.iter().filter(|it| !it.is_active).count();
    let customers = StoredValue::new(CustomerList::new(all));
    let rendered =
        Memo::new(move |_| query.with(|query| customers.with_value(|it| it.render(query))));
    let summary = move || (!is_empty).then(|| rendered.with(|it| it.summary.clone()));
    // Only the customers of one cluster are listed, until the link is followed.
    let chip = move || {
        query.with(|it| {
            let id = it.cluster?;
            let name = customers.with_value(|all| all.cluster_name(id).map(str::to_owned));
            let name = name.unwrap_or_else(|| id.to_string());
            let label = format!("Cluster: {name}. Show all clusters");
            let all = it.of_all_clusters().address(paths::CUSTOMERS);
            Some(view! {
                <a class="chip" href=all aria-label=label>
                    "Cluster: "
                    {name}
                    <Icon name="i-close" small=true/>
                </a>
            })
        })
    };
    view! {
        <PageHead title="Customers" beside=move || view! { <span class="quiet" role="status">{summary}</span> }>
            {(!is_empty)
                .then(|| {
                    view! {
                        <SearchBar path=paths::CUSTOMERS query=query label="Filter customers" n_inactive=n_inactive>
                            {chip}
                        </SearchBar>
                        <Allowed permission=Permission::Import>
                            <a class="button" href=paths::PASTE_CUSTOMERS>"Paste customers…"</a>
                            <a class="button rancher-only" href=paths::IMPORT_RANCHER>"Import from Rancher…"</a>
                        </Allowed>
                    }
                })}
            <Allowed permission=Permission::Customers>
                <a class="button" data-kind="ink" href=paths::NEW_CUSTOMER>
                    <Icon name="i-plus"/>
                    "New customer"
                </a>
            </Allowed>
        </PageHead>
        <div class="page__body stack">
            {new}
            {if is_empty {
                view! {
                    <div class="card empty">
                        <p>"A customer is a namespace in a cluster. Add the first one, or paste many at once."</p>
                        <Allowed permission=Permission::Customers>
                            <div class="row">
                                <a class="button" href=paths::NEW_CUSTOMER>"Add customer"</a>
                                <a class="button" href=paths::PASTE_CUSTOMERS>"Paste customers…"</a>
                                <a class="button rancher-only" href=paths::IMPORT_RANCHER>"Import from Rancher…"</a>
                            </div>
                        </Allowed>
                    </div>
                }
                    .into_any()
            } else {
                view! { <List query=query rendered=rendered/> }.into_any()
            }}
        </div>
    }
}
