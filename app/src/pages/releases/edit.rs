//! `/releases/new` and `/releases/:id/edit`: the form of a release.
use crate::{
    api::releases::{
        create_release, create_release_from, list_release_names, read_release, update_release,
    },
    components::{
        layout::page_head::PageHead,
        release_form::ReleaseForm,
        release_steps::{ReleaseSteps, StepSource},
        ui::toast::Toasts,
    },
    domain::{
        event::Changed,
        id::ReleaseId,
        release::{Release, ReleaseDraft},
    },
    error::AppError,
    pages::{
        SerialRequest,
        edit_conflict::{creating, editing},
        fetch::Fetch,
        goes_to, loaded, param,
    },
    paths,
};
use leptos::prelude::*;

/// Releases cannot be inactive, so no name is taken by an inactive one that could be restored.
fn nothing_to_restore() -> Callback<i64> {
    Callback::new(|_| {})
}

#[component]
pub fn NewReleasePage() -> impl IntoView {
    let names = Fetch::new(|| (), |()| list_release_names());
    let (go, toasts) = (goes_to(), Toasts::here());
    loaded(names, move |names| {
        let request = SerialRequest::new();
        let step_source = RwSignal::new(StepSource::Scratch);
        let from = RwSignal::new(String::new());
        let go = go.clone();
        // The next page is where the steps are written, imported or looked through.
        let submit = Callback::new(move |draft: ReleaseDraft| {
            let go = go.clone();
            let step_source = step_source.get_untracked();
            let from = from.with_untracked(|it| it.parse::<ReleaseId>().ok());
            let done = move |it: Changed<Release>| {
                toasts.say(format!("Created {}", it.row.name), None);
                go(&match step_source {
                    StepSource::Import => paths::import_steps(it.row.id),
                    StepSource::Scratch | StepSource::Clone => paths::release_steps(it.row.id),
                });
            };
            match (step_source, from) {
                (StepSource::Clone, Some(from)) => {
                    request.run(create_release_from(draft, from), done);
                }
                (StepSource::Clone, None) => request.error.set(Some(no_release_chosen())),
                (StepSource::Scratch | StepSource::Import, _) => {
                    request.run(create_release(draft), done);
                }
            }
        });
        view! {
            <PageHead title="New release" crumbs=vec![("Releases".into(), paths::RELEASES.into())]/>
            <div class="page__body">
                <ReleaseForm
                    draft=ReleaseDraft::default()
                    submit="Create release"
                    cancel=paths::RELEASES
                    asks=creating(request, nothing_to_restore())
                    on_submit=submit
                >
                    <ReleaseSteps releases=names begin=step_source from=from error=request.error/>
                </ReleaseForm>
            </div>
        }
    })
}

fn no_release_chosen() -> AppError {
    use crate::domain::{
        field_error::FieldError, validation_errors::ValidationErrors, vocabulary::Field,
    };
    ValidationErrors::one(Field::From, FieldError::Missing).into()
}

#[component]
pub fn EditReleasePage() -> impl IntoView {
    let id = param::<ReleaseId>("id");
    let release = Fetch::new(id, |id| async move {
        read_release(id.unwrap_or(ReleaseId(0))).await
    });
    let (go, toasts) = (goes_to(), Toasts::here());
    loaded(release, move |it| {
        let release = it.release;
        let (id, rendered_version) = (release.id, release.version);
        let version = RwSignal::new(rendered_version);
        let request = SerialRequest::new();
        let go = go.clone();
        let submit = Callback::new(move |draft: ReleaseDraft| {
            let go = go.clone();
            let based_on = version.get_untracked();
            request.run(update_release(id, draft, based_on), move |it| {
                toasts.say(format!("Saved {}", it.row.name), None);
                go(&paths::release(it.row.id));
            });
        });
        let (asks, current) = editing(request, version, nothing_to_restore(), move || async move {
            let release = read_release(id).await?.release;
            let version = release.version;
            Ok((ReleaseDraft::from(release), version))
        });
        let crumbs = vec![
            ("Releases".into(), paths::RELEASES.into()),
            (release.name.clone(), paths::release(id)),
        ];
        view! {
            <PageHead title=format!("Edit {}", release.name) crumbs=crumbs/>
            <div class="page__body">
                <ReleaseForm
                    version=rendered_version
                    draft=ReleaseDraft::from(release)
                    submit="Save changes"
                    cancel=paths::release(id)
                    asks=asks
                    current=current
                    on_submit=submit
                />
            </div>
        }
    })
}
