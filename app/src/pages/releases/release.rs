//! `/releases/:id`: a draft with its steps, ready to be activated; or the matrix of one that was.
use super::{
    dialogs::{OpenDialogs, ReleaseDialogs},
    lazy_parts::{LazyPart, aside},
    list::status_badge,
    matrix::WorkPage,
    url_state::first_of,
};
use crate::{
    api::releases::{read_matrix, read_release},
    components::{layout::page_head::PageHead, step_state::type_icon, ui::icon::Icon},
    domain::{id::ReleaseId, release::Release, summary::ReleaseDetail, vocabulary::ReleaseStatus},
    pages::{fetch::Fetch, loaded, param},
    paths,
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

#[component]
pub fn ReleasePage() -> impl IntoView {
    let id = param::<ReleaseId>("id");
    let first = use_query_map().with_untracked(first_of);
    let matrix = Fetch::new(id, move |id| async move {
        read_matrix(id.unwrap_or(ReleaseId(0)), first.row, first.column).await
    });
    loaded(matrix, move |it| {
        let reload = Callback::new(move |()| matrix.refetch());
        if it.release.status == ReleaseStatus::Draft {
            let draft = LazyPart::Draft {
                release: Box::new(it.release),
                reload,
            };
            Suspend::new(aside(draft)).into_any()
        } else {
            view! { <WorkPage matrix=it reload=reload/> }.into_any()
        }
    })
}

#[component]
pub fn Draft(release: Release, reload: Callback<()>) -> impl IntoView {
    let id = release.id;
    let detail = Fetch::new(move || id, read_release);
    loaded(detail, move |it| show(it, reload))
}

fn show(it: ReleaseDetail, reload: Callback<()>) -> impl IntoView {
    let ReleaseDetail {
        release, templates, ..
    } = it;
    let id = release.id;
    let asked = OpenDialogs::default();
    let n_steps = templates.len();
    let rows = templates
        .into_iter()
        .enumerate()
        .map(|(index, step)| {
            view! {
                <tr>
                    <td class="num quiet">{index + 1}</td>
                    <td>
                        <span class="row">
                            <Icon name=type_icon(step.kind)/>
                            <b class="label">{step.name}</b>
                        </span>
                    </td>
                    <td class="muted">{step.category.as_str()}</td>
                    <td class="muted">{step.kind.as_str()}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <PageHead
            title=release.name.clone()
            crumbs=vec![("Releases".into(), paths::RELEASES.into())]
            beside=|| status_badge(ReleaseStatus::Draft)
        >
            <button class="button" data-kind="ghost" on:click=move |_| asked.deleting.set(true)>"Delete draft"</button>
            <button class="button" data-kind="ghost" on:click=move |_| asked.cloning.set(true)>"Clone…"</button>
            <a class="button" href=paths::edit_release(id)>"Edit"</a>
            <a class="button" href=paths::release_steps(id)>"Steps"</a>
            <button class="button" data-kind="ink" on:click=move |_| asked.choosing.set(true)>"Activate…"</button>
        </PageHead>
        <div class="page__body stack" data-aside="">
            {release.description.clone().map(|it| view! { <p class="muted">{it}</p> })}
            {if n_steps == 0 {
                view! {
                    <div class="card empty">
                        <p>"This release has no steps yet. Write what is to be done for every customer, in order, or import a Markdown runbook."</p>
                        <div class="row">
                            <a class="button" href=paths::release_steps(id)>"Add step"</a>
                            <a class="button" href=paths::import_steps(id)>"Import a runbook"</a>
                        </div>
                    </div>
                }
                    .into_any()
            } else {
                view! {
                    <div class="card">
                        <table class="table">
                            <thead>
                                <tr>
                                    <th scope="col" class="num">"No."</th>
                                    <th scope="col">"Step"</th>
                                    <th scope="col">"Category"</th>
                                    <th scope="col">"Type"</th>
                                </tr>
                            </thead>
                            <tbody>{rows}</tbody>
                        </table>
                    </div>
                }
                    .into_any()
            }}
        </div>
        <ReleaseDialogs asked=asked release=release members=Vec::new() on_done=reload/>
    }
}
