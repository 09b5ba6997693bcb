//! Page with the list of releases, `/releases`, and the badge of a release's status.
use crate::{
    api::releases::list_releases, components::layout::page_head::PageHead, components::list::List,
    components::list::ListFilter, components::list::SearchBar,
    components::list::list_query::ListQuery, components::list::releases::ReleaseList,
    components::rights::Allowed, components::ui::icon::Icon, components::ui::time::Clock,
    domain::permission::Permission, domain::release::ReleaseSummary,
    domain::vocabulary::ReleaseStatus, domain::vocabulary::ReleaseType, pages::fetch::Fetch,
    pages::list_url::list_query, pages::loaded, pages::new_records::NewRecords,
    pages::refresh_on_change::refresh_on_change, paths,
};
use leptos::prelude::*;

/// The page: fetches all releases.
#[component]
pub fn ReleasesPage() -> impl IntoView {
    let query = list_query(paths::RELEASES);
    let releases = Fetch::new(|| (), |()| list_releases());
    refresh_on_change(releases.refetch_callback(), |_| true);
    let news = NewRecords::new(releases.refetch_callback());
    loaded(releases, move |mut all| {
        let new = news.hold_back(&mut all, |it| it.release.id.0, "release");
        show(all, query, new)
    })
}

/// The list with its search, or what to do while there are no releases; `new` says that there are more.
fn show(all: Vec<ReleaseSummary>, query: RwSignal<ListQuery>, new: AnyView) -> impl IntoView {
    let is_empty = all.is_empty();
    let (types, statuses) = filter_options(&all);
    let releases = StoredValue::new(ReleaseList::new(all));
    let clock = Clock::from_context();
    let rendered = Memo::new(move |_| {
        query.with(|query| releases.with_value(|it| it.render(query, |date| clock.date(date))))
    });
    let summary = move || (!is_empty).then(|| rendered.with(|it| it.summary.clone()));
    view! {
        <PageHead title="Releases" beside=move || view! { <span class="quiet" role="status">{summary}</span> }>
            {(!is_empty)
                .then(|| {
                    view! {
                        <SearchBar path=paths::RELEASES query=query label="Filter releases">
                            <ListFilter query=query name="type" label="Type" options=types/>
                            <ListFilter query=query name="status" label="Status" options=statuses/>
                        </SearchBar>
                    }
                })}
            <Allowed permission=Permission::Releases>
                <a class="button" data-kind="ink" href=paths::NEW_RELEASE>
                    <Icon name="i-plus"/>
                    "New release"
                </a>
            </Allowed>
        </PageHead>
        <div class="page__body stack">
            {new}
            {if is_empty {
                view! {
                    <div class="card empty">
                        <p>"A release is a set of steps you roll out to customers. Create the first one."</p>
                        <Allowed permission=Permission::Releases>
                            <a class="button" href=paths::NEW_RELEASE>"New release"</a>
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

/// Values and labels of a filter.
type FilterOptions = Vec<(String, String)>;

/// The options of both filters, type and status, each with its number of releases.
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

/// The status of a release as a badge: Draft, Active or Archived.
pub fn status_badge(status: ReleaseStatus) -> impl IntoView {
    let tone = (status == ReleaseStatus::Active).then_some("live");
    view! { <span class="badge" data-tone=tone>{status.label()}</span> }
}
