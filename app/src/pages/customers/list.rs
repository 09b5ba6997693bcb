//! All customers, by cluster.
use crate::{
    api::customers::list_customers,
    components::{
        layout::page_head::PageHead,
        list::{List, ListQuery, SearchBar, customers::CustomerList},
        ui::icon::Icon,
    },
    domain::customer::CustomerSummary,
    pages::{fetch::Fetch, list_address::listing, loaded},
    paths,
};
use leptos::prelude::*;

#[component]
pub fn CustomersPage() -> impl IntoView {
    let wanted = listing(paths::CUSTOMERS);
    let customers = Fetch::new(|| (), |()| list_customers(true));
    loaded(customers, move |it| show(it, wanted))
}

fn show(all: Vec<CustomerSummary>, wanted: RwSignal<ListQuery>) -> impl IntoView {
    let is_empty = all.is_empty();
    let n_inactive = all.iter().filter(|it| !it.is_active).count();
    let customers = StoredValue::new(CustomerList::new(all));
    let drawn =
        Memo::new(move |_| wanted.with(|wanted| customers.with_value(|it| it.draw(wanted))));
    let said = move || (!is_empty).then(|| drawn.with(|it| it.said.clone()));
    view! {
        <PageHead title="Customers" beside=move || view! { <span class="quiet" role="status">{said}</span> }>
            {(!is_empty)
                .then(|| {
                    view! {
                        <SearchBar path=paths::CUSTOMERS wanted=wanted label="Filter customers" n_inactive=n_inactive/>
                        <a class="button" href=paths::PASTE_CUSTOMERS>"Paste customers…"</a>
                    }
                })}
            <a class="button" data-kind="ink" href=paths::NEW_CUSTOMER>
                <Icon name="i-plus"/>
                "New customer"
            </a>
        </PageHead>
        <div class="page__body">
            {if is_empty {
                view! {
                    <div class="card empty">
                        <p>"A customer is a namespace in a cluster. Add the first one, or paste many at once."</p>
                        <div class="row">
                            <a class="button" href=paths::NEW_CUSTOMER>"Add customer"</a>
                            <a class="button" href=paths::PASTE_CUSTOMERS>"Paste customers…"</a>
                        </div>
                    </div>
                }
                    .into_any()
            } else {
                view! { <List wanted=wanted drawn=drawn/> }.into_any()
            }}
        </div>
    }
}
