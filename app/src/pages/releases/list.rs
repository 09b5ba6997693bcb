//! `/releases`: the list of all releases, newest first, with a search field and filters by type and status.
use crate::{
    api::releases::list_releases,
    components::{
        layout::page_head::PageHead,
        list::{Choice, List, ListQuery, SearchBar, releases::ReleaseList},
        ui::icon::Icon,
    },
    domain::{
        release::ReleaseSummary,
        vocabulary::{ReleaseStatus, ReleaseType},
    },
    pages::{fetch::Fetch, list_address::listing, loaded},
    paths,
};
use leptos::prelude::*;

#[component]
pub fn ReleasesPage() -> impl IntoView {
    let query = listing(paths::RELEASES);
    let releases = Fetch::new(|| (), |()| list_releases());
    loaded(releases, move |it| show(it, query))
}

fn show(all: Vec<ReleaseSummary>, query: RwSignal<ListQuery>) -> impl IntoView {
    let is_empty = all.is_empty();
    let (types, statuses) = filter_options(&all);
    let releases = StoredValue::new(ReleaseList::new(all));
    let rendered = Memo::new(move |_| query.with(|query| releases.with_value(|it| it.draw(query))));
    let said = move || (!is_empty).then(|| rendered.with(|it| it.said.clone()));
    view! {
        <PageHead title="Releases" beside=move || view! { <span class="quiet" role="status">{said}</span> }>
            {(!is_empty)
                .then(|| {
                    view! {
                        <SearchBar path=paths::RELEASES wanted=query label="Filter releases">
                            <Choice wanted=query name="type" label="Type" options=types/>
                            <Choice wanted=query name="status" label="Status" options=statuses/>
                        </SearchBar>
                    }
                })}
            <a class="button" data-kind="ink" href=paths::NEW_RELEASE>
                <Icon name="i-plus"/>
                "New release"
            </a>
        </PageHead>
        <div class="page__body">
            {if is_empty {
                view! {
                    <div class="card empty">
                        <p>"A release is a list of steps that goes to chosen customers. Write the first one."</p>
                        <a class="button" href=paths::NEW_RELEASE>"New release"</a>
                    </div>
                }
                    .into_any()
            } else {
                view! { <List wanted=query drawn=rendered/> }.into_any()
            }}
        </div>
    }
}

type FilterOptions = Vec<(String, String)>;

/// The options of both filters, each with the number of its releases.
fn filter_options(all: &[ReleaseSummary]) -> (FilterOptions, FilterOptions) {
    let option = |word: &str, label: &str, n: usize| (word.to_owned(), format!("{label} ({n})"));
    let everything = |label: &str| (String::new(), label.to_owned());
    let types = ReleaseType::ALL.iter().map(|kind| {
        let n = all.iter().filter(|it| it.release.kind == *kind).count();
        option(kind.as_str(), kind.label(), n)
    });
    let statuses = ReleaseStatus::ALL.iter().map(|status| {
        let n = all.iter().filter(|it| it.release.status == *status).count();
        option(status.as_str(), status.label(), n)
    });
    (
        std::iter::once(everything("All types"))
            .chain(types)
            .collect(),
        std::iter::once(everything("All statuses"))
            .chain(statuses)
            .collect(),
    )
}

/// A badge with the status of a release.
pub fn status_badge(status: ReleaseStatus) -> impl IntoView {
    let tone = (status == ReleaseStatus::Active).then_some("live");
    view! { <span class="badge" data-tone=tone>{status.label()}</span> }
}
