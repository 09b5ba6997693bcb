//! Page with the form of an existing release, `/releases/:id/edit`.
use crate::{
    api::releases::{read_release, update_release},
    components::{
        layout::page_head::PageHead, record_form::FormFrame, release_form::ReleaseForm,
        ui::toast::Toasts,
    },
    domain::{event::Entity, id::ReleaseId, release::ReleaseDraft},
    pages::{SerialRequest, edit_conflict::edit_requests, fetch::Fetch, loaded, navigator, param},
    paths,
};
use leptos::prelude::*;

/// Releases have no inactive record that could hold a name, so that there is nothing to restore.
fn nothing_to_restore() -> Callback<i64> {
    Callback::new(|_| {})
}

/// The form of an existing release.
#[component]
pub fn EditReleasePage() -> impl IntoView {
    let id = param::<ReleaseId>("id");
    let release = Fetch::new(id, |id| async move {
        read_release(id.unwrap_or(ReleaseId(0))).await
    });
    let (go, toasts) = (navigator(), Toasts::from_context());
    loaded(release, move |it| {
        let release = it.release;
        let (id, version_read) = (release.id, release.version);
        let version = RwSignal::new(version_read);
        let sending = SerialRequest::new();
        let go = go.clone();
        let submit = Callback::new(move |draft: ReleaseDraft| {
            let go = go.clone();
            let based_on = version.get_untracked();
            sending.run(update_release(id, draft, based_on), move |it| {
                toasts.show(format!("Saved {}", it.row.name), None);
                go(&paths::release(it.row.id));
            });
        });
        let (requests, current) = edit_requests(
            (Entity::Release, id.0),
            sending,
            version,
            nothing_to_restore(),
            move || async move {
                let release = read_release(id).await?.release;
                let version = release.version;
                Ok((ReleaseDraft::from(release), version))
            },
        );
        let crumbs = vec![
            ("Releases".into(), paths::RELEASES.into()),
            (release.name.clone(), paths::release(id)),
        ];
        let frame = FormFrame {
            version: Some(version_read),
            submit_label: "Save changes".into(),
            cancel_path: paths::release(id),
            requests,
        };
        view! {
            <PageHead title=format!("Edit {}", release.name) crumbs=crumbs/>
            <div class="page__body">
                <ReleaseForm
                    draft=ReleaseDraft::from(release)
                    frame=frame
                    current=current
                    on_submit=submit
                />
            </div>
        }
    })
}
