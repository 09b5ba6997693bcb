//! Putting a list in order with the pointer: the row that is lifted, the line where it would go, and how the rows travel
//! to their new places once the page has drawn them. Rows are `li[data-id]`, handles `[data-handle]`; the lifted row is
//! a copy, so that nothing that the page has drawn is moved behind its back.
use super::dom;
use gloo::timers::callback::Interval;
use js_sys::{Array, Function, Object, Reflect};
use std::cell::{Cell, RefCell};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlElement, MouseEvent, PointerEvent};

/// How far a press may waver and still be none that drags, in pixels.
const SLACK: i32 = 4;
/// How near the edge of what scrolls the list begins to scroll by itself, in pixels.
const EDGE: i32 = 48;
/// As the token `--t-travel`.
const TRAVEL: i32 = 220;

/// The place of the row at this height: rows are tops and bottoms in order. Above the first it is the first, below the
/// last the last.
pub fn target_index(rows: &[(i32, i32)], y: i32) -> usize {
    rows.iter()
        .filter(|(_, bottom)| *bottom <= y)
        .count()
        .min(rows.len().saturating_sub(1))
}

/// The list after what stands at `from` was put to `to`; a place that does not exist changes nothing.
pub fn moved(order: &[i64], from: usize, to: usize) -> Vec<i64> {
    let mut order = order.to_vec();
    if from < order.len() && to < order.len() {
        let id = order.remove(from);
        order.insert(to, id);
    }
    order
}

/// What was moved: the whole new order, whose it is, and the places before and after, counted from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovedRow {
    pub order: Vec<i64>,
    pub id: i64,
    pub from: usize,
    pub to: usize,
}

impl MovedRow {
    /// Puts a row to another place.
    pub fn new(order: &[i64], from: usize, to: usize) -> Option<Self> {
        let id = *order.get(from)?;
        Some(Self {
            order: moved(order, from, to),
            id,
            from,
            to,
        })
    }
}

/// A press on a handle; it is a drag from the moment that it moves.
struct PointerPress {
    pointer: i32,
    list: HtmlElement,
    row: HtmlElement,
    ids: Vec<i64>,
    /// Tops and bottoms of the rows, within the list.
    rows: Vec<(i32, i32)>,
    from: usize,
    /// Where the pointer began and where it is, in the window.
    began: i32,
    now: i32,
    /// How far below the row's top the pointer holds it.
    grip: i32,
    lifted: Option<HtmlElement>,
    /// Scrolls near the edges, as long as the drag lasts.
    scrolls: Option<Interval>,
}

/// An order that was asked for. It is settled when the page draws it.
struct RequestedOrder {
    before: Vec<i64>,
    /// Empty if the row goes to another list.
    order: Vec<i64>,
    id: i64,
    places: (usize, usize),
    /// Where each row was seen last, within the list.
    tops: Vec<(i64, i32)>,
}

thread_local! {
    static PRESS: RefCell<Option<PointerPress>> = const { RefCell::new(None) };
    static ASKED: RefCell<Option<RequestedOrder>> = const { RefCell::new(None) };
    /// Whether the last press became a drag: the click that ends it is then none.
    static DRAGGED: Cell<bool> = const { Cell::new(false) };
    /// Where the lifted row was let go, within the list.
    static LET_GO: Cell<Option<i32>> = const { Cell::new(None) };
}

/// The rows of a list that the page has drawn.
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

/// Where a row says its number.
fn number_of(row: &HtmlElement) -> Option<Element> {
    row.query_selector(".no").ok().flatten()
}

/// What scrolls around an element: the nearest that does, else the page.
fn scroller(element: &HtmlElement) -> Option<Element> {
    let window = web_sys::window()?;
    let mut around = element.parent_element();
    while let Some(it) = around {
        let style = window.get_computed_style(&it).ok().flatten();
        let overflow = style.and_then(|it| it.get_property_value("overflow-y").ok());
        let scrolls = overflow.is_some_and(|it| it == "auto" || it == "scroll");
        if scrolls && it.scroll_height() > it.client_height() {
            return Some(it);
        }
        around = it.parent_element();
    }
    dom::document()?.scrolling_element()
}

impl PointerPress {
    fn begin(event: &PointerEvent) -> Option<Self> {
        let row: HtmlElement = dom::closest(event, "li[data-id]")?.dyn_into().ok()?;
        let list: HtmlElement = row.parent_element()?.dyn_into().ok()?;
        let all = rows_of(&list);
        let from = all.iter().position(|it| it.1 == row)?;
        let began = event.client_y();
        Some(Self {
            pointer: event.pointer_id(),
            grip: began - top_of(&list) - row.offset_top(),
            ids: all.iter().map(|it| it.0).collect(),
            rows: all
                .iter()
                .map(|(_, it)| (it.offset_top(), it.offset_top() + it.offset_height()))
                .collect(),
            list,
            row,
            from,
            began,
            now: began,
            lifted: None,
            scrolls: None,
        })
    }

    /// Where the pointer is, within the list.
    fn height(&self) -> i32 {
        self.now - top_of(&self.list)
    }

    fn to(&self) -> usize {
        target_index(&self.rows, self.height())
    }

    fn follow(&mut self, y: i32) {
        self.now = y;
        if self.lifted.is_none() {
            if (y - self.began).abs() < SLACK {
                return;
            }
            self.lifted = self.lift();
            self.scrolls = Some(Interval::new(16, scroll_on));
            let _ = self.row.set_attribute("data-from", "");
        }
        self.draw();
    }

    /// A copy of the row that travels with the pointer, and says where it came from.
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

    fn draw(&self) {
        if let Some(lifted) = &self.lifted {
            set_top(lifted, self.height() - self.grip);
        }
        let to = self.to();
        for (index, (_, row)) in rows_of(&self.list).iter().enumerate() {
            let side = if to < self.from { "before" } else { "after" };
            if index == to
                && let (Some(there), Some(lifted)) = (number_of(row), self.lifted.as_ref())
                && let Some(shown) = number_of(lifted)
            {
                // The number that it would have here.
                shown.set_text_content(there.text_content().as_deref());
            }
            let _ = if index == to && to != self.from {
                row.set_attribute("data-drop", side)
            } else {
                row.remove_attribute("data-drop")
            };
        }
    }

    /// Scrolls what is around, the faster the nearer the edge.
    fn scroll(&self) {
        let Some(around) = scroller(&self.list) else {
            return;
        };
        let is_page = around.tag_name() == "HTML";
        let top = if is_page { 0 } else { top_of(&around) };
        let bottom = top + around.client_height();
        let by = if self.now < top + EDGE {
            self.now - top - EDGE
        } else if self.now > bottom - EDGE {
            self.now - bottom + EDGE
        } else {
            return;
        };
        let before = around.scroll_top();
        around.set_scroll_top(before + by.clamp(-EDGE, EDGE) / 4);
        if around.scroll_top() != before {
            self.draw();
        }
    }

    /// Takes away all that a drag has drawn.
    fn clear(&mut self) {
        drop(self.scrolls.take());
        if let Some(lifted) = &self.lifted {
            lifted.remove();
        }
        let _ = self.row.remove_attribute("data-from");
        for (_, row) in rows_of(&self.list) {
            let _ = row.remove_attribute("data-drop");
        }
    }
}

fn scroll_on() {
    PRESS.with_borrow(|press| {
        if let Some(press) = press {
            press.scroll();
        }
    });
}

/// A press on a handle begins. The pointer stays with it, wherever it goes.
pub fn press(event: &PointerEvent) {
    if event.button() != 0 {
        return;
    }
    DRAGGED.set(false);
    LET_GO.set(None);
    if let Some(handle) = dom::closest(event, "[data-handle]") {
        let _ = handle.set_pointer_capture(event.pointer_id());
        // Not every browser gives a pressed button the keyboard; Escape has to arrive.
        if let Ok(handle) = handle.dyn_into::<HtmlElement>() {
            let _ = handle.focus();
        }
    }
    let begun = PointerPress::begin(event);
    PRESS.with_borrow_mut(|press| *press = begun);
}

/// The pointer moves.
pub fn follow(event: &PointerEvent) {
    PRESS.with_borrow_mut(|press| {
        if let Some(press) = press.as_mut()
            && press.pointer == event.pointer_id()
        {
            press.follow(event.client_y());
        }
    });
}

/// The pointer lets go: the new order, if the row was dragged to another place.
pub fn release(event: &PointerEvent) -> Option<MovedRow> {
    let mut press = PRESS.with_borrow_mut(|press| {
        if press.as_ref()?.pointer == event.pointer_id() {
            press.take()
        } else {
            None
        }
    })?;
    let let_go = press.lifted.as_ref()?.offset_top();
    DRAGGED.set(true);
    LET_GO.set(Some(let_go));
    press.clear();
    let to = press.to();
    if to == press.from {
        return None;
    }
    MovedRow::new(&press.ids, press.from, to)
}

/// Ends a drag without a new order; false if there was none.
pub fn cancel() -> bool {
    let Some(mut press) = PRESS.take() else {
        return false;
    };
    let was_drag = press.lifted.is_some();
    if was_drag {
        DRAGGED.set(true);
    }
    press.clear();
    was_drag
}

/// Whether a click is a click: of the keyboard, or of a press that did not drag.
pub fn is_click(event: &MouseEvent) -> bool {
    event.detail() == 0 || !DRAGGED.get()
}

/// Remembers what was asked for, until the page has drawn it: `order` is empty if the row goes to another list.
pub fn ask(list: &HtmlElement, id: i64, order: &[i64], places: (usize, usize)) {
    let rows = rows_of(list);
    let let_go = LET_GO.take();
    let tops = rows.iter().map(|(it, row)| {
        let top = let_go.filter(|_| *it == id);
        (*it, top.unwrap_or_else(|| row.offset_top()))
    });
    let asked = RequestedOrder {
        before: rows.iter().map(|it| it.0).collect(),
        order: order.to_vec(),
        id,
        places,
        tops: tops.collect(),
    };
    ASKED.with_borrow_mut(|it| *it = Some(asked));
}

/// What was asked for will not come: it was refused, or called off.
pub fn forget() {
    ASKED.with_borrow_mut(|it| *it = None);
}

/// The page has drawn a list. If that is what was asked for, rows travel to their new places, the keyboard stays with
/// the handle of the row that was moved, and the answer says whose it is, and its places before and after.
pub fn settle(list: &HtmlElement, ids: &[i64]) -> Option<(i64, usize, usize)> {
    let drags_here = PRESS.with_borrow(|it| it.as_ref().is_some_and(|it| it.list == *list));
    if drags_here {
        cancel();
    }
    let asked = ASKED.with_borrow_mut(|asked| {
        let it = asked.as_ref()?;
        let is_here = if it.order.is_empty() {
            ids.contains(&it.id) && it.before != ids
        } else {
            it.order == ids
        };
        if is_here { asked.take() } else { None }
    })?;
    // The row may come from another list, where a handle has the keyboard still.
    let has_keyboard = dom::document()
        .and_then(|it| it.active_element())
        .is_some_and(|it| list.contains(Some(&it)) || it.has_attribute("data-handle"));
    for (id, row) in rows_of(list) {
        let was = asked.tops.iter().find(|it| it.0 == id).map(|it| it.1);
        let by = was.map_or(0, |it| it - row.offset_top());
        if by != 0 && !asked.order.is_empty() {
            travel(&row, by);
        }
        if id == asked.id {
            flash(row);
        }
    }
    if has_keyboard || dom::nobody_has_keyboard() {
        dom::focus(&format!("[data-handle='{}']", asked.id));
    }
    (!asked.order.is_empty()).then_some((asked.id, asked.places.0, asked.places.1))
}

/// Marks a row for a moment.
fn flash(row: HtmlElement) {
    let _ = row.set_attribute("data-moved", "");
    dom::after(1_200, move || {
        let _ = row.remove_attribute("data-moved");
    });
}

fn wants_stillness() -> bool {
    web_sys::window()
        .and_then(|it| {
            it.match_media("(prefers-reduced-motion: reduce)")
                .ok()
                .flatten()
        })
        .is_some_and(|it| it.matches())
}

/// Lets a row come from where it was: the browser's own animation, which no style sheet and no content policy stops.
fn travel(row: &HtmlElement, by: i32) {
    if wants_stillness() {
        return;
    }
    let set = |to: &Object, name: &str, value: JsValue| {
        let _ = Reflect::set(to, &JsValue::from_str(name), &value);
    };
    let (first, last, options) = (Object::new(), Object::new(), Object::new());
    set(&first, "translate", format!("0 {by}px").into());
    set(&last, "translate", "none".into());
    set(&options, "duration", TRAVEL.into());
    set(&options, "easing", "cubic-bezier(0.2, 0.8, 0.2, 1)".into());
    let frames = Array::of2(&first, &last);
    // web-sys still calls it unstable; every browser has had it for years.
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
    fn the_row_under_the_pointer_is_the_place() {
        let at = |y| target_index(&ROWS, y);
        assert_eq!((at(-99), at(0), at(39)), (0, 0, 0));
        assert_eq!((at(40), at(79), at(80)), (1, 1, 2));
        assert_eq!((at(119), at(120), at(9_999)), (2, 2, 2));
        assert_eq!(target_index(&[], 7), 0);
    }

    #[test]
    fn a_row_is_moved_up_down_and_nowhere() {
        assert_eq!(moved(&[1, 2, 3, 4], 3, 1), [1, 4, 2, 3]);
        assert_eq!(moved(&[1, 2, 3, 4], 0, 2), [2, 3, 1, 4]);
        assert_eq!(moved(&[1, 2, 3, 4], 2, 2), [1, 2, 3, 4]);
        assert_eq!(moved(&[1, 2], 5, 0), [1, 2]);
        assert_eq!(MovedRow::new(&[1, 2], 1, 0).map(|it| it.id), Some(2));
        assert_eq!(MovedRow::new(&[], 0, 0), None);
    }

    proptest! {
        #[test]
        fn a_move_loses_nothing_and_the_way_back_restores_it(n in 1_usize..30, from in 0_usize..30, to in 0_usize..30) {
            let order: Vec<i64> = (0..30).take(n).collect();
            let (from, to) = (from % n, to % n);
            let there = moved(&order, from, to);
            prop_assert_eq!(there[to], order[from]);
            prop_assert_eq!(moved(&there, to, from), order);
        }
    }
}
