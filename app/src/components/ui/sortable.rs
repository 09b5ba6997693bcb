//! A list that is put in order by a handle: dragged, by Alt+Up/Down, or by the handle's menu. It never changes its order
//! itself: it says which one is wanted, and is drawn anew once that is the order.
use super::icon::Icon;
use crate::browser::{
    dom,
    drag::{self, MovedRow},
    menu,
};
use leptos::{ev, html, prelude::*};

/// The row whose menu is open, and whether a position is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct OpenHandleMenu {
    id: i64,
    asks_position: bool,
}

/// What an item of the menu does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HandleMenuAction {
    To(usize),
    Position,
    Elsewhere,
}

/// The items of the menu of the row at `index` of `n`; one that cannot apply has no wish.
fn items(
    index: usize,
    n: usize,
    elsewhere: Option<String>,
) -> Vec<(String, Option<HandleMenuAction>)> {
    let last = n.saturating_sub(1);
    let (is_first, is_last) = (index == 0, index >= last);
    let to = |applies: bool, to: usize| applies.then_some(HandleMenuAction::To(to));
    let mut items = vec![
        ("Move up".to_owned(), to(!is_first, index.saturating_sub(1))),
        ("Move down".to_owned(), to(!is_last, index + 1)),
        ("Move to top".to_owned(), to(!is_first, 0)),
        ("Move to bottom".to_owned(), to(!is_last, last)),
        (
            "Move to position…".to_owned(),
            (n > 1).then_some(HandleMenuAction::Position),
        ),
    ];
    items.extend(elsewhere.map(|label| (label, Some(HandleMenuAction::Elsewhere))));
    items
}

/// The typed position, counted from 1, as one counted from 0.
fn position(typed: &str, n: usize) -> Option<usize> {
    let position: usize = typed.trim().parse().ok()?;
    position.checked_sub(1).filter(|it| *it < n)
}

/// The menu under a handle.
#[component]
fn HandleMenu(
    name: String,
    index: usize,
    n: usize,
    elsewhere: Option<String>,
    open: RwSignal<Option<OpenHandleMenu>>,
    on_wish: Callback<HandleMenuAction>,
    /// Closes the menu; the keyboard goes back to the handle.
    on_close: Callback<()>,
) -> impl IntoView {
    let node: NodeRef<html::Div> = NodeRef::new();
    Effect::new(move |_| {
        if let Some(menu) = node.get() {
            menu::enter(&menu);
        }
    });
    let typed = RwSignal::new((index + 1).to_string());
    let is_wrong = RwSignal::new(false);
    let asks_position = move || open.get().is_some_and(|it| it.asks_position);
    let buttons = items(index, n, elsewhere)
        .into_iter()
        .map(|(label, wish)| {
            view! {
                <button
                    type="button"
                    role="menuitem"
                    tabindex="-1"
                    aria-disabled=wish.is_none().then_some("true")
                    on:click=move |_| {
                        if let Some(wish) = wish {
                            on_wish.run(wish);
                        }
                    }
                >
                    {label}
                </button>
            }
        })
        .collect_view();
    let on_key = move |event: ev::KeyboardEvent| match event.key().as_str() {
        "Escape" => {
            event.prevent_default();
            event.stop_propagation();
            on_close.run(());
        }
        "Tab" if !untrack(asks_position) => on_close.run(()),
        _ => {
            menu::walk(&event);
        }
    };
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        match position(&typed.get_untracked(), n) {
            Some(to) => on_wish.run(HandleMenuAction::To(to)),
            None => is_wrong.set(true),
        }
    };
    view! {
        <div
            class="menu steplist__menu"
            on:keydown=on_key
            on:focusout=move |event| { if menu::leaves(&event) { open.set(None) } }
        >
            <div role="menu" aria-label=format!("Move {name}") node_ref=node>
                {buttons}
            </div>
            <Show when=asks_position>
                <form class="steplist__position" on:submit=submit>
                    <label for="steplist-position">{format!("Position, 1 to {n}")}</label>
                    <input
                        class="input"
                        data-size="s"
                        id="steplist-position"
                        inputmode="numeric"
                        autocomplete="off"
                        prop:value=move || typed.get()
                        aria-invalid=move || is_wrong.get().then_some("true")
                        aria-describedby="steplist-position-error"
                        on:input=move |event| typed.set(event_target_value(&event))
                    />
                    <button class="button" data-size="s" type="submit">"Move"</button>
                    <span class="error" id="steplist-position-error" role="alert">
                        {move || is_wrong.get().then(|| format!("A number from 1 to {n}"))}
                    </span>
                </form>
            </Show>
        </div>
    }
}

#[component]
pub fn SortableList(
    /// Ids in order, with the names that the handles say ("Move {name}").
    rows: Vec<(i64, String)>,
    /// What stands beside the handle of a row.
    row: Callback<i64, AnyView>,
    /// The whole new order, and the id of what was moved. Not called while `is_busy`.
    on_order: Callback<(Vec<i64>, i64)>,
    #[prop(into)] is_busy: Signal<bool>,
    /// One more menu item for a row ("Move to Verify"), and what it does.
    #[prop(optional)]
    elsewhere: Option<(String, Callback<i64>)>,
    /// False: no handles (read-only).
    #[prop(default = true)]
    can_move: bool,
    /// What a row is, for who hears it: "Step Migrate schema moved from 4 to 2 of 11".
    #[prop(default = "Step")]
    noun: &'static str,
) -> impl IntoView {
    let node: NodeRef<html::Ol> = NodeRef::new();
    let said = RwSignal::new(String::new());
    let open = RwSignal::new(None::<OpenHandleMenu>);
    let ids = StoredValue::new(rows.iter().map(|it| it.0).collect::<Vec<_>>());
    let names = StoredValue::new(rows.clone());
    let (elsewhere_label, on_elsewhere) = elsewhere.unzip();
    let elsewhere_label = StoredValue::new(elsewhere_label);
    let n = rows.len();
    Effect::new(move |_| {
        let Some(list) = node.get() else { return };
        let settled = ids.with_value(|ids| drag::settle(&list, ids));
        if let Some((id, from, to)) = settled {
            let name = names.with_value(|it| {
                let named = it.iter().find(|row| row.0 == id);
                named.map(|row| row.1.clone()).unwrap_or_default()
            });
            let (from, to) = (from + 1, to + 1);
            said.set(format!("{noun} {name} moved from {from} to {to} of {n}"));
        }
    });
    let reorder = Callback::new(move |it: MovedRow| {
        if is_busy.get_untracked() {
            return;
        }
        if let Some(list) = node.get_untracked() {
            drag::ask(&list, it.id, &it.order, (it.from, it.to));
        }
        on_order.run((it.order, it.id));
    });
    let move_to = move |from: usize, to: usize| {
        let moved = ids.with_value(|ids| MovedRow::new(ids, from, to));
        if let Some(moved) = moved.filter(|it| it.from != it.to) {
            reorder.run(moved);
        }
    };
    let go_elsewhere = move |id: i64| {
        if is_busy.get_untracked() {
            return;
        }
        if let (Some(list), Some(on_elsewhere)) = (node.get_untracked(), on_elsewhere) {
            drag::ask(&list, id, &[], (0, 0));
            on_elsewhere.run(id);
        }
    };
    let draw = move |(index, (id, name)): (usize, (i64, String))| {
        let to_handle = move || dom::focus(&format!("[data-handle='{id}']"));
        let on_close = Callback::new(move |()| {
            to_handle();
            open.set(None);
        });
        let on_wish = Callback::new(move |wish: HandleMenuAction| {
            if wish == HandleMenuAction::Position {
                let asks_position = true;
                open.set(Some(OpenHandleMenu { id, asks_position }));
                dom::after(0, || dom::focus("#steplist-position"));
                return;
            }
            on_close.run(());
            match wish {
                HandleMenuAction::To(to) => move_to(index, to),
                HandleMenuAction::Elsewhere => go_elsewhere(id),
                HandleMenuAction::Position => {}
            }
        });
        let on_key = move |event: ev::KeyboardEvent| {
            let key = event.key();
            if key == "Escape" && drag::cancel() {
                event.prevent_default();
                event.stop_propagation();
            }
            if !can_move || !event.alt_key() {
                return;
            }
            let to = match key.as_str() {
                "ArrowUp" => index.checked_sub(1),
                "ArrowDown" => Some(index + 1).filter(|it| *it < n),
                _ => return,
            };
            event.prevent_default();
            open.set(None);
            if let Some(to) = to {
                move_to(index, to);
            }
        };
        let is_open = Memo::new(move |_| open.get().is_some_and(|it| it.id == id));
        let toggle = move |event: ev::MouseEvent| {
            if !drag::is_click(&event) || is_busy.get_untracked() {
                return;
            }
            open.update(|it| {
                let is_open = it.is_some_and(|it| it.id == id);
                let asks_position = false;
                *it = (!is_open).then_some(OpenHandleMenu { id, asks_position });
            });
        };
        let handle_name = name.clone();
        let handle = can_move.then(|| {
            view! {
                <button
                    type="button"
                    class="handle"
                    data-handle=id.to_string()
                    aria-label=format!("Move {handle_name}")
                    aria-haspopup="menu"
                    aria-expanded=move || is_open.get().to_string()
                    aria-keyshortcuts="Alt+ArrowUp Alt+ArrowDown"
                    on:pointerdown=move |event| { if !is_busy.get_untracked() { drag::press(&event) } }
                    on:pointermove=move |event| drag::follow(&event)
                    on:pointerup=move |event| { if let Some(it) = drag::release(&event) { reorder.run(it) } }
                    on:pointercancel=move |_| { drag::cancel(); }
                    on:lostpointercapture=move |_| { drag::cancel(); }
                    on:click=toggle
                >
                    <Icon name="i-drag"/>
                </button>
            }
        });
        view! {
            <li data-id=id.to_string() on:keydown=on_key>
                {handle}
                {row.run(id)}
                {move || {
                    is_open.get().then(|| {
                        view! {
                            <HandleMenu
                                name=name.clone()
                                index=index
                                n=n
                                elsewhere=elsewhere_label.get_value()
                                open=open
                                on_wish=on_wish
                                on_close=on_close
                            />
                        }
                    })
                }}
            </li>
        }
    };
    let items = rows.into_iter().enumerate().map(draw).collect_view();
    view! {
        <ol
            class="card steplist"
            node_ref=node
            data-fixed=(!can_move).then_some("")
            aria-busy=move || is_busy.get().then_some("true")
        >
            {items}
        </ol>
        <p class="sr" role="status">{move || said.get()}</p>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applying(index: usize, n: usize) -> Vec<String> {
        let all = items(index, n, Some("Move to Verify".into()));
        let applying = all.into_iter().filter(|it| it.1.is_some());
        applying.map(|it| it.0).collect()
    }

    #[test]
    fn items_that_cannot_apply_are_there_without_a_wish() {
        assert_eq!(items(0, 1, None).len(), 5);
        assert_eq!(applying(0, 1), ["Move to Verify"]);
        assert_eq!(
            applying(0, 3),
            [
                "Move down",
                "Move to bottom",
                "Move to position…",
                "Move to Verify"
            ]
        );
        assert_eq!(
            applying(2, 3),
            [
                "Move up",
                "Move to top",
                "Move to position…",
                "Move to Verify"
            ]
        );
    }

    #[test]
    fn a_position_counts_from_one_and_must_exist() {
        assert_eq!(position(" 2 ", 3), Some(1));
        for wrong in ["0", "4", "", "-1", "two"] {
            assert_eq!(position(wrong, 3), None, "{wrong}");
        }
    }
}
