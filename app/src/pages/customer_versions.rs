//! The dashboard's table of which version each customer is on (R107), with its filter and its download. It is fetched apart from
//! the rest of the page, so that a letter in the filter reads nothing else.
use super::{fetch::Fetch, loaded_part, refresh_on_change::refresh_on_change};
use crate::{
    api::dashboard::list_customer_versions,
    browser,
    components::ui::{icon::Icon, time::Time},
    domain::{
        cluster::hue,
        customer_version::{CustomerVersion, CustomerVersions, VERSIONS_SHOWN_MAX},
        digit_groups::grouped,
    },
    paths,
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// The parameter of the address that asks for all rows.
const ALL_ROWS: (&str, &str) = ("versions", "all");

/// The table. Made once for the page, so that the filter stays when the dashboard is read again.
#[derive(Clone, Copy)]
pub struct VersionsTable {
    filter: RwSignal<String>,
    /// How many rows are shown at most.
    rows: RwSignal<u32>,
    versions: Fetch<CustomerVersions>,
}

impl VersionsTable {
    /// The table with the filter and the rows of the address, which a browser without JavaScript sends.
    pub fn from_address() -> Self {
        let query = use_query_map();
        let first = query.with_untracked(|it| it.get("customer").unwrap_or_default());
        let filter = RwSignal::new(first);
        let shows_all = query.with_untracked(|it| it.get(ALL_ROWS.0).is_some());
        let rows = RwSignal::new(if shows_all {
            u32::MAX
        } else {
            VERSIONS_SHOWN_MAX
        });
        // By default once the page is gone: a resource may ask once more.
        let versions = Fetch::new(
            move || {
                let filter = filter.try_get().unwrap_or_default();
                (filter, rows.try_get().unwrap_or(VERSIONS_SHOWN_MAX))
            },
            |(filter, rows)| list_customer_versions(filter, rows),
        );
        refresh_on_change(versions.refetch_callback(), |_| true);
        Self {
            filter,
            rows,
            versions,
        }
    }

    /// The section.
    pub fn view(self) -> impl IntoView {
        let Self {
            filter,
            rows,
            versions,
        } = self;
        let first = filter.get_untracked();
        let plain = r#"<button class="button" data-size="s" type="submit">Filter</button>"#;
        view! {
            <section aria-labelledby="versions">
                <div class="section__head">
                    <h2 id="versions" tabindex="-1">"Customer versions"</h2>
                    <span class="quiet small">"The release that each customer finished last"</span>
                    <form
                        class="row push versions__bar"
                        role="search"
                        method="get"
                        action=paths::DASHBOARD
                        on:submit=move |event| event.prevent_default()
                    >
                        <div class="search">
                            <Icon name="i-search"/>
                            <input
                                class="input"
                                data-size="s"
                                type="search"
                                name="customer"
                                autocomplete="off"
                                aria-label="Filter customer versions"
                                placeholder="Filter"
                                value=first
                                prop:value=move || filter.get()
                                on:input=move |event| filter.set(event_target_value(&event))
                            />
                        </div>
                        <noscript inner_html=plain></noscript>
                        <a
                            class="button"
                            data-size="s"
                            rel="external"
                            download=""
                            href=move || filter.with(|it| paths::versions_csv(it))
                        >
                            "Download CSV"
                        </a>
                    </form>
                </div>
                {loaded_part(versions, move |it| table(it, filter, rows))}
            </section>
        }
    }
}

/// The customers that were found.
fn table(it: CustomerVersions, filter: RwSignal<String>, n_rows: RwSignal<u32>) -> impl IntoView {
    let CustomerVersions { rows, found, total } = it;
    let shown = rows.len();
    if found == 0 {
        let text = if total == 0 {
            "No customers yet."
        } else {
            "No customer matches the filter."
        };
        return view! { <div class="card empty"><p>{text}</p></div> }.into_any();
    }
    let rows = rows.into_iter().map(row).collect_view();
    view! {
        <div class="card scroll-x">
            <table class="table" aria-labelledby="versions">
                <thead>
                    <tr>
                        <th scope="col">"Customer"</th>
                        <th class="wide" scope="col">"Cluster"</th>
                        <th scope="col">"Version"</th>
                        <th class="wide" scope="col">"Release"</th>
                        <th scope="col">"Finished"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        {(shown < found)
            .then(|| {
                let parts = [("customer", filter.get_untracked()), (ALL_ROWS.0, ALL_ROWS.1.to_owned())];
                let all = paths::with_query(paths::DASHBOARD.to_owned(), &parts);
                let show_all = move |event: leptos::ev::MouseEvent| {
                    event.prevent_default();
                    n_rows.set(u32::MAX);
                    // The link goes with the rows that it stands below.
                    browser::dom::focus_in_place("#versions");
                };
                view! {
                    <p class="quiet small pager">
                        {format!("Showing {} of {}. ", grouped(shown), grouped(found))}
                        <a class="link" href=all on:click=show_all>
                            {format!("Show all {}", grouped(found))}
                        </a>
                    </p>
                }
            })}
    }
    .into_any()
}

/// One customer.
fn row(it: CustomerVersion) -> impl IntoView {
    let finished = match it.finished {
        None => view! { <td class="quiet" colspan="3">"No finished release"</td> }.into_any(),
        Some(release) => view! {
            <td>{release.version_number}</td>
            <td class="wide">
                <a class="link" href=paths::release(release.id)>{release.name}</a>
            </td>
            <td class="muted">
                <Time at=release.at/>
            </td>
        }
        .into_any(),
    };
    view! {
        <tr>
            <td>
                <a href=paths::customer(it.id)>
                    <b class="label">{it.customer}</b>
                </a>
            </td>
            <td class="wide">
                <span class="place" data-cluster=hue(it.cluster_id)>{it.cluster}</span>
            </td>
            {finished}
        </tr>
    }
}
