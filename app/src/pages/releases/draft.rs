//! `/releases/:id` of a draft: its steps, and the actions on it. Loaded apart from the matrix, since most releases that are opened are
//! not drafts.
use super::{
    dialogs::{LoadDialogs, OpenDialogs, ReleaseDialogsHost},
    list::status_badge,
};
use crate::{
    api::releases::read_release, components::layout::page_head::PageHead,
    components::rights::Allowed, components::step_state::type_icon, components::ui::icon::Icon,
    domain::foreign_change::ForeignChange, domain::permission::Permission,
    domain::release::Release, domain::summary::ReleaseDetail, domain::vocabulary::ReleaseStatus,
    pages::fetch::Fetch, pages::loaded, pages::refresh_on_change::refresh_on_change, paths,
};
use leptos::prelude::*;

/// Selector of what marks a draft that the server has rendered, also where its steps could not be read.
pub const DRAFT_ON_SERVER: &str = "[data-draft]";

/// The same in the HTML of the page.
pub const DRAFT_IN_HTML: &str = r#"<i data-draft="""#;

/// The page of a draft: its steps and what can be done with it.
#[component]
pub fn Draft(release: Release, reload: Callback<()>, load_dialogs: LoadDialogs) -> impl IntoView {
    let id = release.id;
    let detail = Fetch::new(move || id, read_release);
    let touches = move |it: &ForeignChange| it.may_touch_release(id);
    refresh_on_change(reload, touches);
    view! {
        <i data-draft="" hidden></i>
        {loaded(detail, move |it| draft_view(it, reload, load_dialogs))}
    }
}

fn draft_view(
    detail: ReleaseDetail,
    reload: Callback<()>,
    load_dialogs: LoadDialogs,
) -> impl IntoView {
    let ReleaseDetail {
        release, templates, ..
    } = detail;
    let id = release.id;
    let dialogs = OpenDialogs::default();
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
                    <td class="muted">{step.category.label()}</td>
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
            <Allowed permission=Permission::Releases>
                <button class="button" data-kind="ghost" on:click=move |_| dialogs.delete_draft.set(true)>"Delete draft"</button>
                <button class="button" data-kind="ghost" on:click=move |_| dialogs.clone_release.set(true)>"Clone…"</button>
                <a class="button" href=paths::edit_release(id)>"Edit"</a>
            </Allowed>
            <a class="button" href=paths::release_steps(id)>"Steps"</a>
            <Allowed permission=Permission::Activation>
                <button class="button" data-kind="ink" on:click=move |_| dialogs.select_customers.set(true)>"Activate…"</button>
            </Allowed>
        </PageHead>
        <div class="page__body stack" data-aside="">
            {release.description.clone().map(|it| view! { <p class="muted">{it}</p> })}
            {if n_steps == 0 {
                view! {
                    <div class="card empty">
                        <p>"No steps yet. Add deploy and verify steps, or import a Markdown runbook."</p>
                        <Allowed permission=Permission::Templates>
                            <div class="row">
                                <a class="button" href=paths::release_steps(id)>"Add step"</a>
                                <a class="button" href=paths::import_steps(id)>"Import a runbook"</a>
                            </div>
                        </Allowed>
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
        <ReleaseDialogsHost
            open=dialogs
            release=release
            on_done=reload
            load=load_dialogs
        />
    }
}
