//! Preview of an import of customers: a table with a checkbox per row that can be written, and filters by state. Like the
//! picker of customers it is HTML text with one event listener, so that a thousand rows respond without delay.
use super::{
    customer_import_ticks::{OwnTicks, STATES, count, filtered, follows_head, head_state},
    ui::html::{escape, put, write_icon},
};
use crate::{
    browser,
    domain::{
        cluster::hue,
        customer_import::{ImportChange, ImportChangeKind, ImportReport, ImportRow, ImportState},
        digit_groups::grouped,
        plural::pluralize,
    },
    paths,
};
use leptos::prelude::*;

const TABLE_SELECTOR: &str = "#import-rows";
/// Rows that the table shows at first, and how many each press of "Show more" adds.
const ROWS_PER_PAGE: usize = 1_000;
/// Longer values are cut in the list of changes.
const CHANGED_VALUE_MAX_CHARS: usize = 80;

/// The preview of `report`. `own` are the checkboxes that the user has set.
#[component]
pub fn CustomerImportTable(
    report: RwSignal<Option<ImportReport>>,
    own: RwSignal<OwnTicks>,
) -> impl IntoView {
    let filter = RwSignal::new(None::<ImportState>);
    let limit = RwSignal::new(ROWS_PER_PAGE);
    let with_rows = move |work: &dyn Fn(&[ImportRow]) -> String| {
        report.with(|it| it.as_ref().map_or_else(String::new, |it| work(&it.rows)))
    };
    let chips = Memo::new(move |_| with_rows(&|rows| chips_html(rows, filter.get())));
    let table = Memo::new(move |_| {
        let (filter, limit) = (filter.get(), limit.get());
        with_rows(&|rows| own.with_untracked(|own| table_html(rows, filter, limit, own)))
    });
    // A filter whose last row is gone would show an empty table without its button.
    Effect::new(move |_| {
        let is_empty = report.with(|it| {
            let rows = it.as_ref().map_or(&[] as &[ImportRow], |it| &it.rows);
            filtered(rows, filter.get()).next().is_none()
        });
        if is_empty && filter.get_untracked().is_some() {
            filter.set(None);
        }
    });
    Effect::new(move |_| {
        table.track();
        let head = report.with(|it| {
            let rows = it.as_ref().map_or(&[] as &[ImportRow], |it| &it.rows);
            own.with(|own| head_state(rows, filter.get(), own))
        });
        browser::checkbox_list::update_groups(TABLE_SELECTOR, &[head]);
    });
    let change = move |event: leptos::ev::Event| {
        let is_on = event_target_checked(&event);
        let line = browser::dom::closest_attribute(&event, "data-item");
        let is_head = browser::dom::closest_attribute(&event, "data-band").is_some();
        report.with_untracked(|report| {
            let rows = report.as_ref().map_or(&[] as &[ImportRow], |it| &it.rows);
            let filter = filter.get_untracked();
            if is_head {
                own.update(|own| {
                    let followers = filtered(rows, filter).filter(|it| follows_head(it, filter));
                    followers.for_each(|it| own.set(it, is_on));
                });
                let shown = filtered(rows, filter).enumerate();
                let states: Vec<_> = own.with_untracked(|own| {
                    shown
                        .map(|(at, row)| (at, Some(own.is_ticked(row))))
                        .collect()
                });
                browser::checkbox_list::update_items(TABLE_SELECTOR, &states);
            } else if let Some(row) = rows.iter().find(|it| Some(it.line.to_string()) == line) {
                own.update(|own| own.set(row, is_on));
            }
        });
    };
    let choose = move |event: leptos::ev::MouseEvent| {
        if let Some(name) = browser::dom::closest_attribute(&event, "data-filter") {
            filter.set(name.parse().ok());
            limit.set(ROWS_PER_PAGE);
        } else if browser::dom::closest_attribute(&event, "data-more").is_some() {
            limit.update(|it| *it += ROWS_PER_PAGE);
        }
    };
    view! {
        <div class="import__chips row" role="group" aria-label="Show rows" inner_html=move || chips.get() on:click=choose></div>
        <div class="import__rows" id=&TABLE_SELECTOR[1..] inner_html=move || table.get() on:change=change on:click=choose></div>
    }
}

/// The filters: all rows, and those of each state that has some.
fn chips_html(rows: &[ImportRow], filter: Option<ImportState>) -> String {
    let mut html = String::new();
    let mut chip = |name: &str, label: &str, n: usize, is_on: bool| {
        let n = grouped(n);
        put!(
            html,
            r#"<button type="button" class="chip live-only" data-filter="{name}" aria-pressed="{is_on}">{label} <span class="count">{n}</span></button>"#
        );
    };
    chip("all", "All", rows.len(), filter.is_none());
    for (state, label) in STATES {
        let n = count(rows, state);
        if n > 0 {
            chip(state.as_str(), label, n, filter == Some(state));
        }
    }
    html
}

/// The table, with at most `limit` rows of the filter.
fn table_html(
    rows: &[ImportRow],
    filter: Option<ImportState>,
    limit: usize,
    own: &OwnTicks,
) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let shown = filtered(rows, filter).count();
    let mut html = String::with_capacity(shown.min(limit) * 400);
    html.push_str(
        r#"<table class="table stacked"><caption class="sr">Result per line</caption><thead><tr data-band="0"><th scope="col" class="import__pick"><input class="check live-only" type="checkbox" aria-label="Select all"></th><th scope="col" class="num">Line</th><th scope="col">Customer</th><th scope="col">Namespace</th><th scope="col">Cluster</th><th scope="col">Result</th></tr></thead><tbody>"#,
    );
    for row in filtered(rows, filter).take(limit) {
        write_row(&mut html, row, own.is_ticked(row));
    }
    html.push_str("</tbody></table>");
    if shown > limit {
        let (limit, shown) = (grouped(limit), grouped(shown));
        put!(
            html,
            r#"<p class="list__more quiet small">Showing {limit} of {shown} <button type="button" class="link live-only" data-more>Show more</button></p>"#
        );
    }
    html
}

fn write_row(html: &mut String, row: &ImportRow, is_ticked: bool) {
    let (line, name, namespace) = (row.line, escape(&row.name), escape(&row.namespace));
    let invalid = if row.state == ImportState::LeftOut {
        " data-invalid"
    } else {
        ""
    };
    put!(
        html,
        r#"<tr data-item="{line}"{invalid}><td class="import__pick">"#
    );
    if row.may_be_ticked() {
        let verb = if row.customer_id.is_some() {
            "Update"
        } else {
            "Create"
        };
        let checked = if is_ticked { " checked" } else { "" };
        put!(
            html,
            r#"<input class="check live-only" type="checkbox" aria-label="{verb} {name}, line {line}"{checked}>"#
        );
    }
    put!(
        html,
        r#"</td><td class="num quiet">{line}</td><td>{name}</td><td class="mono muted">{namespace}</td><td>"#
    );
    let cluster = escape(&row.cluster);
    match row.cluster_id {
        Some(id) => {
            let hue = hue(id);
            put!(
                html,
                r#"<span class="place" data-cluster="{hue}">{cluster}</span>"#
            );
        }
        None => html.push_str(&cluster),
    }
    html.push_str("</td><td>");
    write_result(html, row);
    html.push_str("</td></tr>");
}

/// Appends what becomes of a row.
fn write_result(html: &mut String, row: &ImportRow) {
    let reason = escape(row.reason.as_deref().unwrap_or_default());
    match row.state {
        ImportState::New => {
            html.push_str(r#"<span class="state" data-state="done">"#);
            write_icon(html, "i-plus");
            html.push_str("New");
            write_count(html, row);
            html.push_str("</span>");
            write_variables(html, row);
            if !reason.is_empty() {
                put!(html, r#"<p class="quiet small">{reason}</p>"#);
            }
        }
        ImportState::Known => {
            let text = if reason.is_empty() { "Exists" } else { &reason };
            match row.customer_id.map(paths::customer) {
                Some(path) => put!(html, r#"<a class="link" href="{path}">{text}</a>"#),
                None => html.push_str(text),
            }
            write_changes(html, &row.changes);
        }
        ImportState::LeftOut => {
            html.push_str(r#"<span class="state" data-state="failed">"#);
            write_icon(html, "g-failed");
            put!(html, r#"<span class="why">Skipped: {reason}</span></span>"#);
        }
        ImportState::Doubtful => {
            html.push_str(r#"<span class="state">"#);
            write_icon(html, "i-warn");
            put!(html, r#"<span class="why">To check: {reason}"#);
            write_count(html, row);
            html.push_str("</span></span>");
            write_variables(html, row);
        }
    }
}

fn write_count(html: &mut String, row: &ImportRow) {
    match row.variables.0.len() {
        0 => {}
        n => put!(html, ", {}", pluralize(n, "variable")),
    }
}

/// Appends the variables that a row would write.
fn write_variables(html: &mut String, row: &ImportRow) {
    if row.variables.0.is_empty() {
        return;
    }
    html.push_str(r#"<ul class="import__changes">"#);
    for (key, value) in &row.variables.0 {
        let (key, value) = (escape(key), shortened(&value.to_string()));
        put!(html, "<li>{key}=<ins>{value}</ins></li>");
    }
    html.push_str("</ul>");
}

/// Appends what would change in a known customer.
fn write_changes(html: &mut String, changes: &[ImportChange]) {
    if changes.is_empty() {
        return;
    }
    html.push_str(r#"<ul class="import__changes">"#);
    for change in changes {
        let label = match change.kind {
            ImportChangeKind::Name => "Name".to_owned(),
            ImportChangeKind::Description => "Description".to_owned(),
            ImportChangeKind::Variable => escape(&change.name),
        };
        let to = shortened(&change.to);
        put!(html, "<li>{label}: ");
        if let Some(from) = change.from.as_deref().map(shortened) {
            put!(html, "<del>{from}</del> → ");
        }
        put!(html, "<ins>{to}</ins></li>");
    }
    html.push_str("</ul>");
}

/// The beginning of a value, escaped.
fn shortened(text: &str) -> String {
    if text.is_empty() {
        return "empty".to_owned();
    }
    match text.char_indices().nth(CHANGED_VALUE_MAX_CHARS) {
        Some((end, _)) => format!("{}…", escape(&text[..end])),
        None => escape(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        components::customer_import_ticks::samples::{changed, row, rows},
        domain::metadata::Value,
    };

    #[test]
    fn new_rows_are_ticked_and_whatever_else_can_be_written_is_not() {
        let (rows, mut own) = (rows(), OwnTicks::default());
        let html = table_html(&rows, None, 10, &own);
        assert_eq!(html.matches(r#"line 1" checked"#).count(), 1);
        assert_eq!(html.matches(" checked").count(), 2);
        // The head, two new ones, a known one with changes, a doubtful one.
        assert_eq!(html.matches("<input").count(), 5);
        assert!(html.contains("Update &lt;Acme&gt;, line 3"));
        assert_eq!(own.ticked(&rows).create, [1, 6]);
        own.set(&rows[0], false);
        own.set(&rows[2], true);
        own.set(&rows[3], true);
        let ticked = own.ticked(&rows);
        assert_eq!(ticked.create, [4, 6]);
        assert_eq!((ticked.update[0].line, ticked.update[0].version), (3, 3));
    }

    #[test]
    fn rows_are_filtered_by_state_and_shown_a_thousand_at_a_time() {
        let many: Vec<ImportRow> = (1..=1_200).map(|it| row(it, ImportState::New)).collect();
        let own = OwnTicks::default();
        let html = table_html(&many, None, ROWS_PER_PAGE, &own);
        assert_eq!(html.matches("data-item").count(), 1_000);
        assert!(html.contains("Showing 1,000 of 1,200"));
        assert!(!table_html(&many, None, 2 * ROWS_PER_PAGE, &own).contains("Showing"));
        assert_eq!(own.ticked(&many).create.len(), 1_200);
        let html = table_html(&rows(), Some(ImportState::LeftOut), 10, &own);
        assert_eq!(html.matches("data-item").count(), 1);
        assert!(html.contains("Skipped: a &lt; b"));
        let chips = chips_html(&rows(), Some(ImportState::Known));
        assert!(chips.contains(r#"data-filter="known" aria-pressed="true">Exists"#));
        assert!(!chips_html(&many, None).contains("Skipped"));
        assert_eq!(table_html(&[], None, 10, &own), "");
    }

    #[test]
    fn what_would_be_created_shows_its_variables() {
        for state in [ImportState::New, ImportState::Doubtful] {
            let mut row = row(1, state);
            for (key, value) in [("HOST", "<a>".to_owned()), ("NOTE", "x".repeat(90))] {
                row.variables.0.insert(key.to_owned(), Value::Text(value));
            }
            let html = table_html(&[row], None, 10, &OwnTicks::default());
            assert!(html.contains(", 2 variables</span>"), "{html}");
            assert!(html.contains("<li>HOST=<ins>&lt;a&gt;</ins></li><li>NOTE=<ins>xxx"));
            assert!(html.contains("x…</ins>"));
        }
        let none = table_html(&[row(1, ImportState::New)], None, 10, &OwnTicks::default());
        assert!(!none.contains("import__changes"));
    }

    #[test]
    fn changes_say_what_was_and_what_would_be() {
        let html = table_html(&[changed(1)], None, 10, &OwnTicks::default());
        assert!(html.contains("HOST: <del>&lt;old&gt;</del> → <ins>xxx"));
        assert!(html.contains("x…</ins>") && html.contains("<ins>empty</ins>"));
    }
}
