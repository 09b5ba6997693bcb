//! Difference of two texts as HTML text: unified in narrow places, side by side in wide ones.
use super::ui::html::escape_into;
use crate::domain::{diff::DiffRow, plural::pluralize};
use leptos::prelude::*;

/// The label of a run of unchanged lines that is left out.
fn unchanged_text(n: u32) -> String {
    if n == 1 {
        "1 line is the same".to_owned()
    } else {
        format!("{} are the same", pluralize(n, "line"))
    }
}

fn not_compared_text(n: u32) -> String {
    format!("{}: too many to compare here", pluralize(n, "line"))
}

/// One line within a tag.
fn push_line(out: &mut String, tag: &str, sign: &str, line: &str) {
    out.extend(["<", tag, ">", sign]);
    escape_into(out, line);
    out.extend(["</", tag, ">"]);
}

/// A line that went or came, within its tag: blanks at its end are marked, since nothing else shows them.
fn push_changed(out: &mut String, tag: &str, sign: &str, line: &str) {
    let text = line.trim_end_matches([' ', '\t']);
    let blanks = &line[text.len()..];
    out.extend(["<", tag, ">", sign]);
    escape_into(out, text);
    if !blanks.is_empty() {
        out.extend(["<mark title=\"Blanks at the end\">", blanks, "</mark>"]);
    }
    out.extend(["</", tag, ">"]);
}

/// The unified difference: the removed lines of a change, then the added ones.
pub fn unified(rows: &[DiffRow]) -> String {
    let mut out = String::new();
    let mut at = 0;
    while let Some(row) = rows.get(at) {
        match row {
            DiffRow::Same(line) => push_line(&mut out, "span", "  ", line),
            DiffRow::Skipped(n) => push_line(&mut out, "i", "", &unchanged_text(*n)),
            DiffRow::NotCompared(n) => push_line(&mut out, "i", "", &not_compared_text(*n)),
            DiffRow::Changed { .. } => {
                let run = rows[at..].iter();
                let run = run.take_while(|it| matches!(it, DiffRow::Changed { .. }));
                let (mut removed, mut added) = (String::new(), String::new());
                let mut n = 0;
                for row in run {
                    n += 1;
                    if let DiffRow::Changed { before, after } = row {
                        if let Some(line) = before {
                            push_changed(&mut removed, "del", "<b>- </b>", line);
                        }
                        if let Some(line) = after {
                            push_changed(&mut added, "ins", "<b>+ </b>", line);
                        }
                    }
                }
                out.push_str(&removed);
                out.push_str(&added);
                at += n;
                continue;
            }
        }
        at += 1;
    }
    out
}

/// One side of a row: the line's number and the line.
fn push_cells(out: &mut String, number: &mut u32, tag: Option<&str>, line: Option<&str>) {
    let Some(line) = line else {
        out.push_str("<td></td><td></td>");
        return;
    };
    *number += 1;
    out.extend(["<td>", number.to_string().as_str(), "</td><td>"]);
    match tag {
        Some(tag) => push_changed(out, tag, "", line),
        None => escape_into(out, line),
    }
    out.push_str("</td>");
}

/// The difference as table rows of four columns: number and line of the left text, number and line of the right one.
pub fn side_by_side(rows: &[DiffRow]) -> String {
    let mut out = String::new();
    let (mut left, mut right) = (0, 0);
    for row in rows {
        out.push_str("<tr>");
        match row {
            DiffRow::Same(line) => {
                push_cells(&mut out, &mut left, None, Some(line));
                push_cells(&mut out, &mut right, None, Some(line));
            }
            DiffRow::Changed { before, after } => {
                push_cells(&mut out, &mut left, Some("del"), before.as_deref());
                push_cells(&mut out, &mut right, Some("ins"), after.as_deref());
            }
            DiffRow::Skipped(n) => {
                left += n;
                right += n;
                push_wide(&mut out, &unchanged_text(*n));
            }
            DiffRow::NotCompared(n) => push_wide(&mut out, &not_compared_text(*n)),
        }
        out.push_str("</tr>");
    }
    out
}

fn push_wide(out: &mut String, text: &str) {
    out.extend(["<td colspan=\"4\">", text, "</td>"]);
}

/// Two texts side by side; `left` and `right` are their headings.
#[component]
pub fn SideBySide(
    /// None while they are being compared; empty if they are equal.
    rows: RwSignal<Option<Vec<DiffRow>>>,
    #[prop(into)] left: String,
    #[prop(into)] right: String,
) -> impl IntoView {
    let label = format!("{left} and {right}");
    let (left, right) = (StoredValue::new(left), StoredValue::new(right));
    view! {
        <div class="diff-pair" tabindex="0" role="region" aria-label=label aria-busy=move || rows.with(Option::is_none).to_string()>
            {move || {
                rows.with(|it| it.as_ref().is_some_and(Vec::is_empty))
                    .then(|| {
                        let (left, right) = (left.get_value(), right.get_value());
                        view! { <p class="quiet small">{format!("{left} and {right} are the same.")}</p> }
                    })
            }}
            <table class="diff" hidden=move || rows.with(|it| it.as_ref().is_none_or(Vec::is_empty))>
                // The columns of line numbers are as narrow as their content.
                <colgroup>
                    <col/>
                    <col/>
                    <col/>
                    <col/>
                </colgroup>
                <thead>
                    <tr>
                        <th scope="colgroup" colspan="2">{left.get_value()}</th>
                        <th scope="colgroup" colspan="2">{right.get_value()}</th>
                    </tr>
                </thead>
                <tbody inner_html=move || rows.with(|it| it.as_deref().map(side_by_side).unwrap_or_default())></tbody>
            </table>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<DiffRow> {
        let changed = |before: Option<&str>, after: Option<&str>| DiffRow::Changed {
            before: before.map(Into::into),
            after: after.map(Into::into),
        };
        vec![
            DiffRow::Skipped(7),
            DiffRow::Same("set -e".into()),
            changed(Some("<a>"), Some("<b>")),
            changed(None, Some("c \t")),
        ]
    }

    #[test]
    fn a_unified_change_lists_removed_lines_before_added_ones() {
        assert_eq!(
            unified(&rows()),
            "<i>7 lines are the same</i><span>  set -e</span><del><b>- </b>&lt;a&gt;</del>\
             <ins><b>+ </b>&lt;b&gt;</ins><ins><b>+ </b>c<mark title=\"Blanks at the end\"> \t</mark></ins>"
        );
    }

    #[test]
    fn side_by_side_each_line_has_its_number() {
        assert_eq!(
            side_by_side(&rows()),
            "<tr><td colspan=\"4\">7 lines are the same</td></tr>\
             <tr><td>8</td><td>set -e</td><td>8</td><td>set -e</td></tr>\
             <tr><td>9</td><td><del>&lt;a&gt;</del></td><td>9</td><td><ins>&lt;b&gt;</ins></td></tr>\
             <tr><td></td><td></td><td>10</td><td><ins>c<mark title=\"Blanks at the end\"> \t</mark></ins></td></tr>"
        );
    }
}
