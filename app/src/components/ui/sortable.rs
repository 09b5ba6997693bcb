//! Sortable list: rows are moved by a handle, which can be dragged, has a menu, and takes Alt+Up and Alt+Down. The list does
//! not change its order itself: it requests a move from the page, and shows it once the page renders it. So the order on the
//! page is always the saved one.
use super::icon::Icon;
use crate::browser::{
    dom,
    drag::{self, MovedRow},
    menu, move_queue,
};
use leptos::{ev, html, prelude::*};

/// The row whose menu is open, and whether the menu shows the field for a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct OpenHandleMenu {
    id: i64,
    asks_position: bool,
}

/// What a menu item does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HandleMenuAction {
    /// Moves the row to an index.
    To(usize),
    /// Shows the field for a position.
    Position,
    /// Moves the row to another list.
    Elsewhere,
}

/// The menu items of the row at `index` of `n`. Items that do not apply have no action.
fn menu_items(
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

/// Converts a typed position, counted from 1, to an index. `None` if it is not a number from 1 to `n`.
fn parse_position(typed: &str, n: usize) -> Option<usize> {
    let position: usize = typed.trim().parse().ok()?;
    position.checked_sub(1).filter(|it| *it < n)
}

/// What the rows of one list share.
#[derive(Clone, Copy)]
struct ListState {
    node: NodeRef<html::Ol>,
    ids: StoredValue<Vec<i64>>,
    n: usize,
    open_menu: RwSignal<Option<OpenHandleMenu>>,
    is_busy: Signal<bool>,
    can_move: bool,
    on_move: Callback<MovedRow>,
    elsewhere_label: StoredValue<Option<String>>,
    on_elsewhere: Option<Callback<i64>>,
}

impl ListState {
    /// Requests a move from the page.
    fn request(self, moved: MovedRow) {
        if self.is_busy.get_untracked() {
            return;
        }
        if let Some(list) = self.node.get_untracked() {
            drag::set_request(&list, moved.id, Some(moved.place), moved.from);
        }
        self.on_move.run(moved);
    }

    fn move_to(self, from: usize, to: usize) {
        let moved = self.ids.with_value(|ids| MovedRow::new(ids, from, to));
        if let Some(moved) = moved {
            self.request(moved);
        }
    }

    fn move_elsewhere(self, id: i64) {
        if self.is_busy.get_untracked() {
            return;
        }
        if let (Some(list), Some(on_elsewhere)) = (self.node.get_untracked(), self.on_elsewhere) {
            drag::set_request(&list, id, None, 0);
            on_elsewhere.run(id);
        }
    }

    fn open_position_field(self, id: i64) {
        let asks_position = true;
        self.open_menu
            .set(Some(OpenHandleMenu { id, asks_position }));
        dom::after(0, || dom::focus("#steplist-position"));
    }

    /// The `click` listener of a handle: opens or closes its menu.
    fn toggle_menu(self, id: i64, event: &ev::MouseEvent) {
        if !drag::is_click(event) || self.is_busy.get_untracked() {
            return;
        }
        self.open_menu.update(|it| {
            let is_open = it.is_some_and(|it| it.id == id);
            let asks_position = false;
            *it = (!is_open).then_some(OpenHandleMenu { id, asks_position });
        });
    }

    /// The `keydown` listener of a row: Alt+Up and Alt+Down move it, Escape cancels a drag. What is pressed while an order is
    /// being saved is done once that is shown.
    fn key_down(self, id: i64, event: &ev::KeyboardEvent) {
        let key = event.key();
        if key == "Escape" && drag::cancel() {
            event.prevent_default();
            event.stop_propagation();
        }
        if !self.can_move || !event.alt_key() {
            return;
        }
        let by = match key.as_str() {
            "ArrowUp" => -1,
            "ArrowDown" => 1,
            _ => return,
        };
        event.prevent_default();
        self.open_menu.set(None);
        if self.is_busy.get_untracked() || self.ids.with_value(|ids| drag::is_requested(ids)) {
            move_queue::push(id, by);
        } else {
            self.move_by(id, by);
        }
    }

    /// Moves a row by `by` positions, at most to the end of the list; does nothing if the list is no longer rendered.
    fn move_by(self, id: i64, by: isize) {
        let places = self.ids.try_with_value(|ids| {
            let from = ids.iter().position(|it| *it == id)?;
            let last = ids.len().saturating_sub(1);
            Some((from, from.saturating_add_signed(by).min(last)))
        });
        if let Some((from, to)) = places.flatten() {
            self.move_to(from, to);
        }
    }

    /// To be called when the list is rendered: does the next queued move.
    fn go_on(self, is_requested_move: bool) {
        self.ids.with_value(|ids| {
            if is_requested_move {
                if let Some((id, by)) = move_queue::next(ids) {
                    dom::after(0, move || self.move_by(id, by));
                }
            } else if !self.is_busy.get_untracked() && drag::is_requested(ids) {
                // The move was requested on a page that was left, and was refused.
                drag::clear_request();
            }
        });
    }

    fn pointer_up(self, event: &ev::PointerEvent) {
        if let Some(moved) = drag::pointer_up(event) {
            self.request(moved);
        }
    }
}

/// The menu of a handle.
#[component]
fn HandleMenu(
    list: ListState,
    name: String,
    index: usize,
    on_action: Callback<HandleMenuAction>,
    /// Closes the menu; the focus goes back to the handle.
    on_close: Callback<()>,
) -> impl IntoView {
    let ListState { open_menu, n, .. } = list;
    let node: NodeRef<html::Div> = NodeRef::new();
    Effect::new(move |_| {
        if let Some(menu) = node.get() {
            menu::focus_first_item(&menu);
        }
    });
    let typed = RwSignal::new((index + 1).to_string());
    let is_wrong = RwSignal::new(false);
    let asks_position = move || open_menu.get().is_some_and(|it| it.asks_position);
    let buttons = menu_items(index, n, list.elsewhere_label.get_value())
        .into_iter()
        .map(|(label, action)| {
            view! {
                <button
                    type="button"
                    role="menuitem"
                    tabindex="-1"
                    aria-disabled=action.is_none().then_some("true")
                    on:click=move |_| {
                        if let Some(action) = action {
                            on_action.run(action);
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
            menu::move_focus(&event);
        }
    };
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        match parse_position(&typed.get_untracked(), n) {
            Some(to) => on_action.run(HandleMenuAction::To(to)),
            None => is_wrong.set(true),
        }
    };
    view! {
        <div
            class="menu steplist__menu"
            on:keydown=on_key
            on:focusout=move |event| { if menu::focus_leaves(&event) { open_menu.set(None) } }
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

/// A row: its handle, its content, and the menu of the handle while it is open.
fn row_view(
    list: ListState,
    index: usize,
    (id, name): (i64, String),
    row: Callback<i64, AnyView>,
) -> impl IntoView {
    let on_close = Callback::new(move |()| {
        dom::focus(&format!("[data-handle='{id}']"));
        list.open_menu.set(None);
    });
    let on_action = Callback::new(move |action: HandleMenuAction| {
        if action == HandleMenuAction::Position {
            list.open_position_field(id);
            return;
        }
        on_close.run(());
        match action {
            HandleMenuAction::To(to) => list.move_to(index, to),
            HandleMenuAction::Elsewhere => list.move_elsewhere(id),
            HandleMenuAction::Position => {}
        }
    });
    let is_open = Memo::new(move |_| list.open_menu.get().is_some_and(|it| it.id == id));
    let handle_name = name.clone();
    let handle = list.can_move.then(|| {
        view! {
            <button
                type="button"
                class="handle"
                data-handle=id.to_string()
                aria-label=format!("Move {handle_name}")
                aria-haspopup="menu"
                aria-expanded=move || is_open.get().to_string()
                aria-keyshortcuts="Alt+ArrowUp Alt+ArrowDown"
                on:pointerdown=move |event| { if !list.is_busy.get_untracked() { drag::pointer_down(&event) } }
                on:pointermove=move |event| drag::pointer_move(&event)
                on:pointerup=move |event| list.pointer_up(&event)
                on:pointercancel=move |_| { drag::cancel(); }
                on:lostpointercapture=move |_| { drag::cancel(); }
                on:click=move |event| list.toggle_menu(id, &event)
            >
                <Icon name="i-drag"/>
            </button>
        }
    });
    view! {
        <li data-id=id.to_string() on:keydown=move |event| list.key_down(id, &event)>
            {handle}
            {row.run(id)}
            {move || {
                is_open.get().then(|| {
                    view! {
                        <HandleMenu
                            list=list
                            name=name.clone()
                            index=index
                            on_action=on_action
                            on_close=on_close
                        />
                    }
                })
            }}
        </li>
    }
}

/// A list of steps that can be sorted.
#[component]
pub fn SortableList(
    /// Ids in order, with the names that the handles and announcements use.
    rows: Vec<(i64, String)>,
    /// The content of a row beside its handle.
    row: Callback<i64, AnyView>,
    /// Gets the moved row and the neighbour that it comes beside. Not called while `is_busy`.
    on_move: Callback<MovedRow>,
    /// Whether a change is being saved. Nothing can be moved then.
    #[prop(into)]
    is_busy: Signal<bool>,
    /// The label of one more menu item, such as "Move to Verify", and what it does.
    #[prop(optional)]
    elsewhere: Option<(String, Callback<i64>)>,
    /// Whether rows have handles. False for a read-only list.
    #[prop(default = true)]
    can_move: bool,
) -> impl IntoView {
    let announcement = RwSignal::new(String::new());
    let names = StoredValue::new(rows.clone());
    let (elsewhere_label, on_elsewhere) = elsewhere.unzip();
    let n = rows.len();
    let list = ListState {
        node: NodeRef::new(),
        ids: StoredValue::new(rows.iter().map(|it| it.0).collect()),
        n,
        open_menu: RwSignal::new(None),
        is_busy,
        can_move,
        on_move,
        elsewhere_label: StoredValue::new(elsewhere_label),
        on_elsewhere,
    };
    Effect::new(move |_| {
        let Some(node) = list.node.get() else { return };
        let finished = list.ids.with_value(|ids| drag::finish_request(&node, ids));
        list.go_on(finished.is_some());
        if let Some((id, from, to)) = finished {
            let name = names.with_value(|it| {
                let named = it.iter().find(|row| row.0 == id);
                named.map(|row| row.1.clone()).unwrap_or_default()
            });
            let (from, to) = (from + 1, to + 1);
            announcement.set(format!("Step {name} moved from {from} to {to} of {n}"));
        }
    });
    let items = rows
        .into_iter()
        .enumerate()
        .map(|(index, named)| row_view(list, index, named, row))
        .collect_view();
    view! {
        <ol
            class="card steplist"
            node_ref=list.node
            data-fixed=(!can_move).then_some("")
            aria-busy=move || is_busy.get().then_some("true")
        >
            {items}
        </ol>
        <p class="sr" role="status">{move || announcement.get()}</p>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applying(index: usize, n: usize) -> Vec<String> {
        let all = menu_items(index, n, Some("Move to Verify".into()));
        let applying = all.into_iter().filter(|it| it.1.is_some());
        applying.map(|it| it.0).collect()
    }

    #[test]
    fn items_that_do_not_apply_are_shown_without_an_action() {
        assert_eq!(menu_items(0, 1, None).len(), 5);
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
    fn a_typed_position_counts_from_one_and_must_exist() {
        assert_eq!(parse_position(" 2 ", 3), Some(1));
        for wrong in ["0", "4", "", "-1", "two"] {
            assert_eq!(parse_position(wrong, 3), None, "{wrong}");
        }
    }
}
