//! Drag and drop in sortable lists: the copy of the row under the pointer, the mark where it would go, scrolling near the
//! edges, and the animation of the rows in their new order. Rows are `li[data-id]`, handles `[data-handle]`. Only copies and
//! attributes are changed: the page renders the rows.
use super::{dom, move_queue};
use crate::domain::order::{self, Position};
use gloo::timers::callback::Interval;
use js_sys::{Array, Function, Object, Reflect};
use std::{
    cell::{Cell, RefCell},
    cmp::Ordering,
};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlElement, MouseEvent, PointerEvent};

/// How far the pointer moves before a press becomes a drag, in pixels.
const DRAG_THRESHOLD_PX: i32 = 4;
/// The zone at the edges of the scroll container in which a drag scrolls it, in pixels. A quarter of it is the largest
/// scroll step.
const SCROLL_ZONE_PX: i32 = 48;
/// The interval between two scroll steps of a drag, in milliseconds.
const SCROLL_INTERVAL_MS: u32 = 16;
/// The duration of the animation to a new position, in milliseconds; equal to the CSS token `--t-travel`.
const TRAVEL_MS: i32 = 220;
/// How long a moved row stays highlighted, in milliseconds.
const HIGHLIGHT_MS: u32 = 1_200;

/// The index of the row at a height, in pixels within the list; the nearest one beyond its ends. `rows` are tops and bottoms.
pub fn target_index(rows: &[(i32, i32)], y: i32) -> usize {
    rows.iter()
        .filter(|(_, bottom)| *bottom <= y)
        .count()
        .min(rows.len().saturating_sub(1))
}

/// A move of one row: its id, the neighbour that it comes beside, and its index before, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MovedRow {
    pub id: i64,
    pub place: Position<i64>,
    pub from: usize,
}

impl MovedRow {
    /// Moves the row at `from` to `to`: up before the row there, down after it. `None` if it stays, or if there is no row.
    pub fn new(order: &[i64], from: usize, to: usize) -> Option<Self> {
        let (id, neighbour) = (*order.get(from)?, *order.get(to)?);
        let place = match to.cmp(&from) {
            Ordering::Less => Position::Before(neighbour),
            Ordering::Equal => return None,
            Ordering::Greater => Position::After(neighbour),
        };
        Some(Self { id, place, from })
    }
}

/// Whether a row stands where it was moved to. The other rows may stand elsewhere than before: somebody else moves them.
fn is_in_place(ids: &[i64], id: i64, place: Position<i64>) -> bool {
    order::insert_at(ids, id, place).is_some_and(|it| it == ids)
}

/// A press on a handle. It is a drag once the pointer has moved by `DRAG_THRESHOLD_PX`.
struct PointerPress {
    pointer: i32,
    list: HtmlElement,
    row: HtmlElement,
    ids: Vec<i64>,
    /// Tops and bottoms of the rows in pixels, within the list.
    rows: Vec<(i32, i32)>,
    from: usize,
    /// Where the pointer was pressed and where it is, in pixels of the browser window.
    start_y: i32,
    current_y: i32,
    /// How far below the top of the row it was pressed, in pixels.
    grip_px: i32,
    /// The copy of the row that follows the pointer, during a drag.
    lifted: Option<HtmlElement>,
    /// The timer that scrolls near the edges, during a drag.
    auto_scroll: Option<Interval>,
}

/// A move that was requested from the page, until the page has rendered it.
struct RequestedMove {
    before: Vec<i64>,
    /// None if the row is moved to another list.
    place: Option<Position<i64>>,
    id: i64,
    from: usize,
    /// Where each row was before, in pixels within the list.
    tops: Vec<(i64, i32)>,
}

thread_local! {
    static PRESS: RefCell<Option<PointerPress>> = const { RefCell::new(None) };
    static REQUESTED: RefCell<Option<RequestedMove>> = const { RefCell::new(None) };
    /// Whether the last press became a drag. The click event that follows it is then ignored.
    static LAST_PRESS_DRAGGED: Cell<bool> = const { Cell::new(false) };
    /// Where the lifted row was dropped, in pixels within the list.
    static RELEASED_TOP: Cell<Option<i32>> = const { Cell::new(None) };
}

/// The rows of a list with their ids, in order. The lifted copy has no id.
fn rows_of(list: &HtmlElement) -> Vec<(i64, HtmlElement)> {
    let mut rows = Vec::new();
    let Ok(found) = list.query_selector_all("li[data-id]") else {
        return rows;
    };
    for index in 0..found.length() {
        let row = found
            .get(index)
            .and_then(|it| it.dyn_into::<HtmlElement>().ok());
        let Some(row) = row else { continue };
        let id = row.get_attribute("data-id").and_then(|it| it.parse().ok());
        if let Some(id) = id {
            rows.push((id, row));
        }
    }
    rows
}

#[expect(clippy::cast_possible_truncation, reason = "pixels")]
fn top_of(element: &Element) -> i32 {
    element.get_bounding_client_rect().top() as i32
}

fn set_top(element: &HtmlElement, top: i32) {
    let _ = element.style().set_property("top", &format!("{top}px"));
}

/// The element that shows the number of a row.
fn number_of(row: &HtmlElement) -> Option<Element> {
    row.query_selector(".no").ok().flatten()
}

/// The nearest scroll container around an element, otherwise the page.
fn scroll_container(element: &HtmlElement) -> Option<Element> {
    let window = web_sys::window()?;
    let mut parent = element.parent_element();
    while let Some(it) = parent {
        let style = window.get_computed_style(&it).ok().flatten();
        let overflow = style.and_then(|it| it.get_property_value("overflow-y").ok());
        let scrolls = overflow.is_some_and(|it| it == "auto" || it == "scroll");
        if scrolls && it.scroll_height() > it.client_height() {
            return Some(it);
        }
        parent = it.parent_element();
    }
    dom::document()?.scrolling_element()
}

impl PointerPress {
    fn begin(event: &PointerEvent) -> Option<Self> {
        let row: HtmlElement = dom::closest(event, "li[data-id]")?.dyn_into().ok()?;
        let list: HtmlElement = row.parent_element()?.dyn_into().ok()?;
        let all = rows_of(&list);
        let from = all.iter().position(|it| it.1 == row)?;
        let start_y = event.client_y();
        Some(Self {
            pointer: event.pointer_id(),
            grip_px: start_y - top_of(&list) - row.offset_top(),
            ids: all.iter().map(|it| it.0).collect(),
            rows: all
                .iter()
                .map(|(_, it)| (it.offset_top(), it.offset_top() + it.offset_height()))
                .collect(),
            list,
            row,
            from,
            start_y,
            current_y: start_y,
            lifted: None,
            auto_scroll: None,
        })
    }

    /// The height of the pointer in pixels, within the list.
    fn pointer_y(&self) -> i32 {
        self.current_y - top_of(&self.list)
    }

    /// The index that the row would be moved to.
    fn target(&self) -> usize {
        target_index(&self.rows, self.pointer_y())
    }

    fn follow(&mut self, y: i32) {
        self.current_y = y;
        if self.lifted.is_none() {
            if (y - self.start_y).abs() < DRAG_THRESHOLD_PX {
                return;
            }
            self.lifted = self.lift();
            self.auto_scroll = Some(Interval::new(SCROLL_INTERVAL_MS, auto_scroll));
            let _ = self.row.set_attribute("data-from", "");
        }
        self.show_target();
    }

    /// Adds a copy of the row that follows the pointer and shows its original number.
    fn lift(&self) -> Option<HtmlElement> {
        let lifted: HtmlElement = self.row.clone_node_with_deep(true).ok()?.dyn_into().ok()?;
        let _ = lifted.remove_attribute("data-id");
        for (name, value) in [("class", "lifted"), ("aria-hidden", "true"), ("inert", "")] {
            let _ = lifted.set_attribute(name, value);
        }
        if let Ok(Some(handle)) = lifted.query_selector("[data-handle]") {
            let _ = handle.remove_attribute("data-handle");
        }
        if let Some(badge) = dom::document().and_then(|it| it.create_element("span").ok()) {
            badge.set_class_name("badge");
            badge.set_text_content(Some(&format!("from {}", self.from + 1)));
            let _ = lifted.append_child(&badge);
        }
        self.list.append_child(&lifted).ok()?;
        Some(lifted)
    }

    /// Moves the copy to the pointer, and marks where the row would go.
    fn show_target(&self) {
        if let Some(lifted) = &self.lifted {
            set_top(lifted, self.pointer_y() - self.grip_px);
        }
        let to = self.target();
        for (index, (_, row)) in rows_of(&self.list).iter().enumerate() {
            let side = if to < self.from { "before" } else { "after" };
            if index == to
                && let (Some(there), Some(lifted)) = (number_of(row), self.lifted.as_ref())
                && let Some(shown) = number_of(lifted)
            {
                // The number that the row would have here.
                shown.set_text_content(there.text_content().as_deref());
            }
            let _ = if index == to && to != self.from {
                row.set_attribute("data-drop", side)
            } else {
                row.remove_attribute("data-drop")
            };
        }
    }

    /// Scrolls the container if the pointer is near its edge, faster towards the edge.
    fn scroll(&self) {
        let Some(container) = scroll_container(&self.list) else {
            return;
        };
        let is_page = container.tag_name() == "HTML";
        let top = if is_page { 0 } else { top_of(&container) };
        let bottom = top + container.client_height();
        let by = if self.current_y < top + SCROLL_ZONE_PX {
            self.current_y - top - SCROLL_ZONE_PX
        } else if self.current_y > bottom - SCROLL_ZONE_PX {
            self.current_y - bottom + SCROLL_ZONE_PX
        } else {
            return;
        };
        let before = container.scroll_top();
        container.set_scroll_top(before + by.clamp(-SCROLL_ZONE_PX, SCROLL_ZONE_PX) / 4);
        if container.scroll_top() != before {
            self.show_target();
        }
    }

    /// Removes everything that a drag has added to the DOM.
    fn remove_marks(&mut self) {
        drop(self.auto_scroll.take());
        if let Some(lifted) = &self.lifted {
            lifted.remove();
        }
        let _ = self.row.remove_attribute("data-from");
        for (_, row) in rows_of(&self.list) {
            let _ = row.remove_attribute("data-drop");
        }
    }
}

fn auto_scroll() {
    PRESS.with_borrow(|press| {
        if let Some(press) = press {
            press.scroll();
        }
    });
}

/// The `pointerdown` listener of a handle. All pointer events then go to the handle until the button is released.
pub fn pointer_down(event: &PointerEvent) {
    if event.button() != 0 {
        return;
    }
    LAST_PRESS_DRAGGED.set(false);
    RELEASED_TOP.set(None);
    if let Some(handle) = dom::closest(event, "[data-handle]") {
        let _ = handle.set_pointer_capture(event.pointer_id());
        // Not every browser focuses a pressed button, but the handle has to receive Escape.
        if let Ok(handle) = handle.dyn_into::<HtmlElement>() {
            let _ = handle.focus();
        }
    }
    let begun = PointerPress::begin(event);
    PRESS.with_borrow_mut(|press| *press = begun);
}

/// The `pointermove` listener of a handle.
pub fn pointer_move(event: &PointerEvent) {
    PRESS.with_borrow_mut(|press| {
        if let Some(press) = press.as_mut()
            && press.pointer == event.pointer_id()
        {
            press.follow(event.client_y());
        }
    });
}

/// The `pointerup` listener of a handle. Returns the move if the row was dragged to another index.
pub fn pointer_up(event: &PointerEvent) -> Option<MovedRow> {
    let mut press = PRESS.with_borrow_mut(|press| {
        if press.as_ref()?.pointer == event.pointer_id() {
            press.take()
        } else {
            None
        }
    })?;
    let released_top = press.lifted.as_ref()?.offset_top();
    LAST_PRESS_DRAGGED.set(true);
    RELEASED_TOP.set(Some(released_top));
    press.remove_marks();
    MovedRow::new(&press.ids, press.from, press.target())
}

/// Ends a drag without a new order. False if there was no drag.
pub fn cancel() -> bool {
    let Some(mut press) = PRESS.take() else {
        return false;
    };
    let was_drag = press.lifted.is_some();
    if was_drag {
        LAST_PRESS_DRAGGED.set(true);
    }
    press.remove_marks();
    was_drag
}

/// Whether a click event is a real one: from the keyboard, or from a press that was no drag.
pub fn is_click(event: &MouseEvent) -> bool {
    event.detail() == 0 || !LAST_PRESS_DRAGGED.get()
}

/// Stores a move that is requested from the page, so that `finish_request` can animate it. Without a `place` the row is moved
/// to another list; `from` is the index of the row before.
pub fn set_request(list: &HtmlElement, id: i64, place: Option<Position<i64>>, from: usize) {
    let rows = rows_of(list);
    let released_top = RELEASED_TOP.take();
    let tops = rows.iter().map(|(it, row)| {
        let top = released_top.filter(|_| *it == id);
        (*it, top.unwrap_or_else(|| row.offset_top()))
    });
    let requested = RequestedMove {
        before: rows.iter().map(|it| it.0).collect(),
        place,
        id,
        from,
        tops: tops.collect(),
    };
    REQUESTED.with_borrow_mut(|it| *it = Some(requested));
}

/// Forgets the requested move and what waits for it: the request was refused or cancelled.
pub fn clear_request() {
    REQUESTED.take();
    move_queue::clear();
}

/// Whether a move is requested of a list that is still shown as it was.
pub fn is_requested(ids: &[i64]) -> bool {
    REQUESTED.with_borrow(|it| it.as_ref().is_some_and(|it| it.before == ids))
}

/// To be called when the page has rendered a list. If the row stands where it was to go, the rows are animated to their positions and
/// the moved row keeps the focus. Returns its id and indices before and after; `None` too if it came from another list.
pub fn finish_request(list: &HtmlElement, ids: &[i64]) -> Option<(i64, usize, usize)> {
    let drags_here = PRESS.with_borrow(|it| it.as_ref().is_some_and(|it| it.list == *list));
    if drags_here {
        cancel();
    }
    let requested = REQUESTED.with_borrow_mut(|requested| {
        let it = requested.as_ref()?;
        let is_here = match it.place {
            Some(place) => is_in_place(ids, it.id, place),
            None => ids.contains(&it.id) && it.before != ids,
        };
        if is_here { requested.take() } else { None }
    })?;
    // A row from another list: a handle there still has the focus.
    let has_focus = dom::document()
        .and_then(|it| it.active_element())
        .is_some_and(|it| list.contains(Some(&it)) || it.has_attribute("data-handle"));
    for (id, row) in rows_of(list) {
        let was = requested.tops.iter().find(|it| it.0 == id).map(|it| it.1);
        let by = was.map_or(0, |it| it - row.offset_top());
        if by != 0 && requested.place.is_some() {
            animate_from(&row, by);
        }
        if id == requested.id {
            highlight(row);
        }
    }
    if has_focus || dom::nothing_is_focused() {
        dom::focus(&format!("[data-handle='{}']", requested.id));
    }
    requested.place?;
    let to = ids.iter().position(|it| *it == requested.id)?;
    Some((requested.id, requested.from, to))
}

/// Highlights a row for a moment.
fn highlight(row: HtmlElement) {
    let _ = row.set_attribute("data-moved", "");
    dom::after(HIGHLIGHT_MS, move || {
        let _ = row.remove_attribute("data-moved");
    });
}

fn prefers_reduced_motion() -> bool {
    web_sys::window()
        .and_then(|it| {
            it.match_media("(prefers-reduced-motion: reduce)")
                .ok()
                .flatten()
        })
        .is_some_and(|it| it.matches())
}

/// Animates a row from its old position, `by` pixels away. The Web Animations API is used because it needs no inline style,
/// which the content security policy forbids.
fn animate_from(row: &HtmlElement, by: i32) {
    if prefers_reduced_motion() {
        return;
    }
    let set = |to: &Object, name: &str, value: JsValue| {
        let _ = Reflect::set(to, &JsValue::from_str(name), &value);
    };
    let (first, last, options) = (Object::new(), Object::new(), Object::new());
    set(&first, "translate", format!("0 {by}px").into());
    set(&last, "translate", "none".into());
    set(&options, "duration", TRAVEL_MS.into());
    set(&options, "easing", "cubic-bezier(0.2, 0.8, 0.2, 1)".into());
    let frames = Array::of2(&first, &last);
    // Called by name: in web-sys this API is still behind a flag for unstable APIs.
    let animate = Reflect::get(row, &JsValue::from_str("animate"));
    let animate = animate.and_then(JsCast::dyn_into::<Function>);
    if let Ok(animate) = animate {
        let _ = animate.call2(row, &frames, &options);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ROWS: [(i32, i32); 3] = [(0, 40), (40, 80), (80, 120)];

    #[test]
    fn the_row_under_the_pointer_is_the_target() {
        let at = |y| target_index(&ROWS, y);
        assert_eq!((at(-99), at(0), at(39)), (0, 0, 0));
        assert_eq!((at(40), at(79), at(80)), (1, 1, 2));
        assert_eq!((at(119), at(120), at(9_999)), (2, 2, 2));
        assert_eq!(target_index(&[], 7), 0);
    }

    #[test]
    fn a_row_is_moved_up_down_and_nowhere() {
        let moved = |from, to| MovedRow::new(&[1, 2, 3, 4], from, to).map(|it| (it.id, it.place));
        assert_eq!(moved(3, 1), Some((4, Position::Before(2))));
        assert_eq!(moved(0, 2), Some((1, Position::After(3))));
        assert_eq!((moved(2, 2), moved(5, 0), moved(0, 5)), (None, None, None));
    }

    #[test]
    fn a_row_is_in_its_place_wherever_the_others_stand() {
        assert!(is_in_place(&[2, 1, 3], 1, Position::After(2)));
        assert!(is_in_place(&[3, 2, 1], 1, Position::After(2)));
        assert!(!is_in_place(&[1, 2, 3], 1, Position::After(2)));
        assert!(!is_in_place(&[1, 3], 1, Position::After(2)));
    }

    proptest! {
        #[test]
        fn a_move_loses_no_row_and_its_reverse_restores_the_order(n in 2_usize..30, from in 0_usize..30, to in 0_usize..30) {
            let order: Vec<i64> = (0..30).take(n).collect();
            let (from, to) = (from % n, to % n);
            prop_assume!(from != to);
            let moved = |ids: &[i64], from, to| MovedRow::new(ids, from, to).and_then(|it| order::insert_at(ids, it.id, it.place));
            let there = moved(&order, from, to).unwrap();
            prop_assert_eq!(there[to], order[from]);
            prop_assert_eq!(moved(&there, to, from), Some(order));
        }
    }
}
