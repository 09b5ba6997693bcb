//! A new release, or the details of one.
use crate::{
    api::releases::{create_release, read_release, update_release},
    components::{layout::page_head::PageHead, release_form::ReleaseForm},
    domain::{id::ReleaseId, release::ReleaseDraft},
    pages::{Sending, fetch::Fetch, goes_to, loaded, param},
    paths,
};
use leptos::prelude::*;

#[component]
pub fn NewReleasePage() -> impl IntoView {
    let sending = Sending::new();
    let go = goes_to();
    // A new release needs steps next.
    let submit = Callback::new(move |draft: ReleaseDraft| {
        let go = go.clone();
        sending.run(create_release(draft), move |it| {
            go(&paths::release_steps(it.row.id));
        });
    });
    view! {
        <PageHead title="New release" crumbs=vec![("Releases".into(), paths::RELEASES.into())]/>
        <div class="page__body">
            <ReleaseForm
                draft=ReleaseDraft::default()
                submit="Create release"
                cancel=paths::RELEASES
                error=sending.error
                on_submit=submit
            />
        </div>
    }
}

#[component]
pub fn EditReleasePage() -> impl IntoView {
    let id = param::<ReleaseId>("id");
    let release = Fetch::new(id, |id| async move {
        read_release(id.unwrap_or(ReleaseId(0))).await
    });
    let go = goes_to();
    loaded(release, move |it| {
        let release = it.release;
        let (id, version) = (release.id, release.version);
        let sending = Sending::new();
        let go = go.clone();
        let submit = Callback::new(move |draft: ReleaseDraft| {
            let go = go.clone();
            sending.run(update_release(id, draft, version), move |it| {
                go(&paths::release(it.row.id));
            });
        });
        let crumbs = vec![
            ("Releases".into(), paths::RELEASES.into()),
            (release.name.clone(), paths::release(id)),
        ];
        view! {
            <PageHead title=format!("Edit {}", release.name) crumbs=crumbs/>
            <div class="page__body">
                <ReleaseForm
                    version=version
                    draft=ReleaseDraft::from(release)
                    submit="Save changes"
                    cancel=paths::release(id)
                    error=sending.error
                    on_submit=submit
                />
            </div>
        }
    })
}
