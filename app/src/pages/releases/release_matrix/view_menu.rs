//! The View menu of the matrix: how it is arranged, what is collapsed, and saved views with the dialog in which they are saved and
//! deleted (R104). Loaded lazily, when the menu is opened.
use super::url_state;
use crate::{
    api::saved_views::{delete_view, list_views, save_view},
    components::{
        matrix::{arrangement::Arrangement, layout::Collapsed, state::MatrixState},
        rights::OwnRights,
        ui::{dialog::Dialog, field::TextField, notice::Failure, toast::Toasts},
    },
    domain::{
        id::{ReleaseId, ViewId},
        permission::Permission,
        saved_view::{SavedView, ViewDraft},
        vocabulary::Field,
    },
    pages::SerialRequest,
};
use leptos::prelude::*;
use leptos_router::location::{BrowserUrl, LocationProvider};

/// The saved views that the menu and the dialog show, and whether the dialog is open.
#[derive(Clone, Copy, Default)]
pub struct SavedViews {
    pub is_open: RwSignal<bool>,
    list: RwSignal<Vec<SavedView>>,
}

impl SavedViews {
    /// Reads the views again. The page may be gone when the answer comes; without one the list stays as it is.
    fn read(self, release: ReleaseId) {
        leptos::task::spawn_local(async move {
            if let Ok(found) = list_views(release).await {
                let _ = self.list.try_set(found);
            }
        });
    }
}

/// An item of the menu that is a choice; it is marked while it holds.
fn choice_item(
    label: &'static str,
    is_on: impl Fn() -> bool + Send + Sync + 'static,
    choose: impl Fn() + 'static,
) -> impl IntoView {
    view! {
        <button class="menu__item" aria-pressed=move || is_on().to_string() on:click=move |_| choose()>
            {label}
        </button>
    }
}

/// Shows the view of a query in the present matrix.
fn show(state: MatrixState, address: &str) {
    if let Ok(url) = BrowserUrl::parse(address) {
        url_state::show_view(state, url.search_params());
    }
}

/// The content of the menu.
#[component]
pub fn ViewMenu(state: MatrixState, views: SavedViews) -> impl IntoView {
    views.read(state.grid.with_untracked(|it| it.release.id));
    let arrangement = state.arrangement;
    let by_attention = move || arrangement.with(Arrangement::is_by_attention);
    let expand_all = move |_| state.change_layout(|it| it.collapsed.set(Collapsed::default()));
    let collapse_all = move |_| {
        state.change_layout(|it| {
            it.grid
                .with_untracked(|grid| it.collapsed.update(|all| all.add_clusters(grid)));
        });
    };
    let saved = move || {
        let views = views.list.get().into_iter();
        views
            .map(|view| {
                let SavedView { name, address, .. } = view;
                if address.starts_with('?') {
                    view! {
                        <button class="menu__item" on:click=move |_| show(state, &address)>
                            {name}
                        </button>
                    }
                    .into_any()
                } else {
                    view! { <a class="menu__item" href=address>{name}</a> }.into_any()
                }
            })
            .collect_view()
    };
    view! {
        <div class="menu">
            {choice_item(
                "Sort by name",
                move || !by_attention(),
                move || state.arrange(|all, _| all.sort_by_name()),
            )}
            {choice_item(
                "Sort by attention",
                by_attention,
                move || state.arrange(Arrangement::sort_by_attention),
            )}
            {choice_item(
                "Merge identical customers",
                move || arrangement.with(Arrangement::is_merged),
                move || {
                    state
                        .arrange(|all, _| {
                            let is_merged = !all.is_merged();
                            all.set_merged(is_merged);
                        });
                },
            )}
            {choice_item(
                "Swap rows and columns",
                move || arrangement.with(|it| it.is_swapped),
                move || state.arrange(|all, _| all.is_swapped = !all.is_swapped),
            )}
            <button class="menu__item" on:click=collapse_all>"Collapse all"</button>
            <button class="menu__item" on:click=expand_all>"Expand all"</button>
            {saved}
            <button class="menu__item" on:click=move |_| views.is_open.set(true)>"Saved views…"</button>
        </div>
    }
}

/// A view in the list of the dialog. `on_delete` is none for who may not delete it.
fn row(view: SavedView, on_delete: Option<Callback<ViewId>>) -> impl IntoView {
    let SavedView {
        id,
        name,
        for_all,
        created_by,
        ..
    } = view;
    let whose = if for_all {
        format!("everyone, by {created_by}")
    } else {
        "only you".to_owned()
    };
    let label = format!("Delete view {name}");
    view! {
        <li class="row">
            <span class="grow">
                {name}
                " "
                <span class="quiet">{whose}</span>
            </span>
            {on_delete
                .map(|on_delete| {
                    view! {
                        <button
                            type="button"
                            class="button"
                            data-kind="ghost"
                            data-size="s"
                            aria-label=label
                            on:click=move |_| on_delete.run(id)
                        >
                            "Delete"
                        </button>
                    }
                })}
        </li>
    }
}

/// The dialog: saves the present view, and deletes those that are there.
#[component]
pub fn ViewsDialog(state: MatrixState, views: SavedViews) -> impl IntoView {
    let release = state.grid.with_untracked(|it| it.release.id);
    let may_share = OwnRights::from_context().may(Permission::ShareViews);
    let toasts = Toasts::from_context();
    let request = SerialRequest::new();
    let name = RwSignal::new(String::new());
    let (for_all, is_general) = (RwSignal::new(false), RwSignal::new(false));
    let on_save = Callback::new(move |()| {
        let draft = ViewDraft {
            name: name.get_untracked(),
            address: url_state::query_text(state),
            release_id: (!is_general.get_untracked()).then_some(release),
            for_all: for_all.get_untracked(),
        };
        request.run(save_view(draft), move |saved| {
            toasts.show(format!("Saved view {}", saved.row.name), None);
            views.read(release);
            name.set(String::new());
            views.is_open.set(false);
        });
    });
    let on_delete = Callback::new(move |id: ViewId| {
        request.run(delete_view(id), move |()| views.read(release));
    });
    let name_error = Signal::derive(move || {
        let error = request.error.get();
        error.and_then(|it| it.message_for(Field::Name))
    });
    let check = move |label: &'static str, value: RwSignal<bool>| {
        view! {
            <label class="choice">
                <input
                    class="check"
                    type="checkbox"
                    prop:checked=move || value.get()
                    on:change=move |event| value.set(event_target_checked(&event))
                />
                <span>{label}</span>
            </label>
        }
    };
    view! {
        <Dialog open=views.is_open title="Saved views">
            <form on:submit=move |event| {
                event.prevent_default();
                on_save.run(());
            }>
                <div class="dialog__body stack">
                    <Failure error=request.error/>
                    <TextField label="Name of this view" id="view-name" value=name error=name_error/>
                    {may_share.then(|| check("For everyone", for_all))}
                    {check("In every release", is_general)}
                    <ul class="saved-views" aria-label="Saved views">
                        {move || {
                            let all = views.list.get().into_iter();
                            all.map(|view| {
                                    let may_delete = may_share || !view.for_all;
                                    row(view, may_delete.then_some(on_delete))
                                })
                                .collect_view()
                        }}
                    </ul>
                </div>
                <div class="dialog__foot">
                    <button class="button push" type="button" on:click=move |_| views.is_open.set(false)>
                        "Cancel"
                    </button>
                    <button class="button" data-kind="ink" type="submit">"Save view"</button>
                </div>
            </form>
        </Dialog>
    }
}
