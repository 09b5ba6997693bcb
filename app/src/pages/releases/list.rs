//! All releases, newest first.
use crate::{
    api::releases::list_releases,
    components::{
        layout::page_head::PageHead,
        ui::{bar::Bar, icon::Icon, time::day},
    },
    domain::release::{ReleaseStatus, ReleaseSummary},
    pages::{dashboard::percent, fetch::Fetch, loaded},
    paths,
};
use leptos::prelude::*;

#[component]
pub fn ReleasesPage() -> impl IntoView {
    let releases = Fetch::new(|| (), |()| list_releases());
    loaded(releases, |releases| {
        let is_empty = releases.is_empty();
        view! {
            <PageHead title="Releases">
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
                    view! {
                        <div class="card">
                            <table class="table">
                                <thead>
                                    <tr>
                                        <th scope="col">"Release"</th>
                                        <th scope="col">"Type"</th>
                                        <th scope="col">"Status"</th>
                                        <th scope="col">"Version"</th>
                                        <th scope="col">"Date"</th>
                                        <th scope="col" class="num">"Steps"</th>
                                        <th scope="col" class="num">"Customers"</th>
                                        <th scope="col">"Progress"</th>
                                    </tr>
                                </thead>
                                <tbody>{releases.into_iter().map(row).collect_view()}</tbody>
                            </table>
                        </div>
                    }
                        .into_any()
                }}
            </div>
        }
    })
}

/// Draft, Active, Archived.
pub fn status_badge(status: ReleaseStatus) -> impl IntoView {
    let label = match status {
        ReleaseStatus::Draft => "Draft",
        ReleaseStatus::Active => "Active",
        ReleaseStatus::Archived => "Archived",
    };
    view! { <span class="badge" data-tone=(status == ReleaseStatus::Active).then_some("live")>{label}</span> }
}

fn row(it: ReleaseSummary) -> impl IntoView {
    let release = it.release;
    let is_draft = release.status == ReleaseStatus::Draft;
    view! {
        <tr data-off=(release.status == ReleaseStatus::Archived).then_some("")>
            <td>
                <a href=paths::release(release.id)>
                    <b class="label">{release.name}</b>
                </a>
            </td>
            <td class="muted">{release.kind.as_str()}</td>
            <td>{status_badge(release.status)}</td>
            <td class="muted">{release.version_number}</td>
            <td class="muted">{release.release_date.map(day)}</td>
            <td class="num muted">{it.templates}</td>
            <td class="num muted">{(!is_draft).then_some(it.customers)}</td>
            <td>
                {(!is_draft)
                    .then(|| {
                        view! {
                            <span class="row cellbar">
                                <Bar counts=it.progress.counts/>
                                <span class="num small">{percent(&it.progress)}</span>
                            </span>
                        }
                    })}
            </td>
        </tr>
    }
}
