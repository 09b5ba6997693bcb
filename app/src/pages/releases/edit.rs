//! Pages with the form of a release: `/releases/new` and `/releases/:id/edit`.
use crate::{
    api::releases::{
        create_release, create_release_from, list_release_names, read_release, update_release,
    },
    components::{
        layout::page_head::PageHead,
        record_form::FormFrame,
        release_form::ReleaseForm,
        release_steps::{ReleaseSteps, StepSource},
        ui::toast::Toasts,
    },
    domain::{
        event::{Changed, Entity},
        id::ReleaseId,
        release::{Release, ReleaseDraft},
    },
    error::AppError,
    pages::{
        SerialRequest,
        edit_conflict::{create_requests, edit_requests},
        fetch::Fetch,
        loaded, navigator, param,
    },
    paths,
};
use leptos::prelude::*;

/// Releases have no inactive record that could hold a name, so that there is nothing to restore.
fn nothing_to_restore() -> Callback<i64> {
    Callback::new(|_| {})
}

/// The form for a new release, and where its steps come from.
#[component]
pub fn NewReleasePage() -> impl IntoView {
    let names = Fetch::new(|| (), |()| list_release_names());
    let (go, toasts) = (navigator(), Toasts::from_context());
    loaded(names, move |names| {
        let sending = SerialRequest::new();
        let source = RwSignal::new(StepSource::Scratch);
        let from = RwSignal::new(String::new());
        let go = go.clone();
        // Saving leads to the page of the steps: to write, review or import them.
        let submit = Callback::new(move |draft: ReleaseDraft| {
            let go = go.clone();
            let source = source.get_untracked();
            let from = from.with_untracked(|it| it.parse::<ReleaseId>().ok());
            let done = move |it: Changed<Release>| {
                toasts.show(format!("Created {}", it.row.name), None);
                go(&match source {
                    StepSource::Import => paths::import_steps(it.row.id),
                    StepSource::Scratch | StepSource::Clone => paths::release_steps(it.row.id),
                });
            };
            match (source, from) {
                (StepSource::Clone, Some(from)) => {
                    sending.run(create_release_from(draft, from), done);
                }
                (StepSource::Clone, None) => sending.error.set(Some(no_release_chosen())),
                (StepSource::Scratch | StepSource::Import, _) => {
                    sending.run(create_release(draft), done);
                }
            }
        });
        let frame = FormFrame {
            version: None,
            submit_label: "Create release".into(),
            cancel_path: paths::RELEASES.into(),
            requests: create_requests(sending, nothing_to_restore()),
        };
        view! {
            <PageHead title="New release" crumbs=vec![("Releases".into(), paths::RELEASES.into())]/>
            <div class="page__body">
                <ReleaseForm
                    draft=ReleaseDraft::default()
                    frame=frame
                    on_submit=submit
                >
                    <ReleaseSteps releases=names source=source from=from error=sending.error/>
                </ReleaseForm>
            </div>
        }
    })
}

/// The error of a clone without a release to clone.
fn no_release_chosen() -> AppError {
    use crate::{
        domain::field_error::FieldError, domain::validation_errors::ValidationErrors,
        domain::vocabulary::Field,
    };
    ValidationErrors::one(Field::From, FieldError::Missing).into()
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
