//! Page of the addresses that CI reports to, `/releases/:id/hooks` (R63): list, make, delete.
use crate::{
    api::{
        incoming_hooks::{create_incoming_hook, delete_incoming_hook, list_incoming_hooks},
        releases::read_release,
    },
    browser,
    components::{
        account_parts::CardRequest,
        incoming_hook_parts::{IncomingHookForm, IncomingHookTable, TemplateNames},
        layout::page_head::PageHead,
        ui::{
            notice::{Failure, NeedsScript},
            toast::Toasts,
        },
    },
    domain::{
        id::{IncomingHookId, ReleaseId},
        incoming_hook::{IncomingHook, IncomingHookDraft, MadeIncomingHook},
        summary::ReleaseDetail,
    },
    error::AppError,
    pages::{SerialRequest, fetch::Fetch, loaded, param},
    paths,
};
use leptos::prelude::*;

/// The page.
#[component]
pub fn IncomingHooksPage() -> impl IntoView {
    let id = param::<ReleaseId>("id");
    let found = Fetch::new(id, |id| async move {
        let id = id.unwrap_or(ReleaseId(0));
        let release = read_release(id).await?;
        Ok::<_, AppError>((release, list_incoming_hooks(id).await?))
    });
    // Outside of what is fetched: a key is told only once.
    let made = RwSignal::new(None::<MadeIncomingHook>);
    loaded(found, move |(release, hooks)| show(release, hooks, made))
}

fn show(
    detail: ReleaseDetail,
    hooks: Vec<IncomingHook>,
    made: RwSignal<Option<MadeIncomingHook>>,
) -> impl IntoView {
    let ReleaseDetail {
        release, templates, ..
    } = detail;
    let id = release.id;
    let templates: TemplateNames = templates.into_iter().map(|it| (it.id, it.name)).collect();
    let toasts = Toasts::from_context();
    let hooks = RwSignal::new(hooks);
    let (creating, deleting) = (SerialRequest::new(), SerialRequest::new());
    let on_create = Callback::new(move |draft: IncomingHookDraft| {
        creating.run(create_incoming_hook(id, draft), move |it| {
            hooks.update(|all| all.push(it.row.hook.clone()));
            made.set(Some(it.row));
            browser::dom::after(0, || browser::dom::focus(".secret button"));
        });
    });
    let on_delete = Callback::new(move |hook: IncomingHookId| {
        deleting.run(delete_incoming_hook(hook), move |()| {
            toasts.show("Hook deleted", None);
            hooks.update(|all| all.retain(|it| it.id != hook));
            if made.with_untracked(|it| it.as_ref().is_some_and(|it| it.hook.id == hook)) {
                made.set(None);
            }
            browser::dom::focus_in_place("#hooks-title");
        });
    });
    let request = CardRequest {
        error: creating.error,
        is_busy: creating.is_busy(),
    };
    let names = templates.clone();
    let table = move || {
        let (hooks, templates) = (hooks.get(), names.clone());
        view! { <IncomingHookTable hooks=hooks templates=templates on_delete=on_delete/> }
    };
    let crumbs = vec![
        ("Releases".into(), paths::RELEASES.into()),
        (release.name, paths::release(id)),
    ];
    view! {
        <PageHead title="CI hooks" crumbs=crumbs/>
        <div class="page__body account">
            <NeedsScript/>
            <section aria-labelledby="hooks-title">
                <div class="section__head"><h2 id="hooks-title" tabindex="-1">"Hooks"</h2></div>
                <p class="muted">"A job marks steps started, done or failed by posting to a hook's address. No account is needed"</p>
                <Failure error=deleting.error/>
                {table}
                <IncomingHookForm templates=templates made=made request=request on_create=on_create/>
            </section>
        </div>
    }
}
