//! The rows of an import's preview: a table as HTML with fields to leave a step out, rename it, move it to the other
//! category, retype it, or join it with the one before; and what typing in one of these fields edits.
use crate::{
    browser::{
        dom, form,
        row_marks::{self, WrongField},
    },
    components::ui::{
        code::{CharacterMarks, escape_marked},
        html::{escape_into, put},
        notice::sentence,
    },
    domain::{
        template_markdown::{
            ImportNote, ImportedStep,
            preview::{EditedSteps, RowEdit, RowPart},
        },
        vocabulary::{Category, StepType},
    },
    highlight::{TokenClass, tokens},
};
use leptos::prelude::{event_target_checked, event_target_value};

/// The id of the element whose rows these are.
pub const ROWS_ID: &str = "runbook-rows";

/// A field of a row, as its `data-edit` names it.
const INCLUDE: &str = "include";
const NAME: &str = "name";
const CATEGORY: &str = "category";
const TYPE: &str = "type";
const JOIN: &str = "join";
/// Not edited here, but it may be wrong.
const TEXT: &str = "text";

/// A select of a row. `options` are values and labels.
fn write_select(
    html: &mut String,
    edit: &str,
    attributes: &str,
    options: &[(&str, &str)],
    selected: &str,
) {
    put!(
        html,
        r#"<td><select class="input" data-edit="{edit}" {attributes}>"#
    );
    for (value, text) in options {
        let mark = if *value == selected { " selected" } else { "" };
        put!(html, r#"<option value="{value}"{mark}>{text}</option>"#);
    }
    html.push_str("</select></td>");
}

/// Appends a text as it will be imported: what cannot be seen in it is marked, as in the code view.
fn write_marked(html: &mut String, text: &str, kind: StepType) {
    for (class, piece) in tokens(text, kind) {
        let marks = CharacterMarks {
            is_named: true,
            tabs: class == TokenClass::Text,
            visible: true,
        };
        escape_marked(html, piece, marks);
    }
}

/// The first line of a text, which opens to the whole step; what is asked about it, as the element of an id; and what is said
/// of it.
fn write_text<'a>(
    html: &mut String,
    step: &ImportedStep,
    asked: Option<(&str, &str)>,
    said: impl Iterator<Item = &'a str>,
) {
    let first = step.content.lines().find(|it| !it.trim().is_empty());
    put!(
        html,
        r#"<td class="runbook__text"><details data-edit="{TEXT}"><summary class="mono quiet clip">"#
    );
    write_marked(html, first.unwrap_or("Empty"), step.kind);
    html.push_str("</summary>");
    if !step.description.is_empty() {
        html.push_str(r#"<p class="small muted">"#);
        write_marked(html, &step.description, StepType::Text);
        html.push_str("</p>");
    }
    html.push_str("<pre>");
    write_marked(html, &step.content, step.kind);
    html.push_str("</pre></details>");
    if let Some((id, question)) = asked {
        put!(html, r#"<p class="alert" id="{id}">"#);
        escape_into(html, question);
        html.push_str("</p>");
    }
    for note in said {
        html.push_str(r#"<p class="small muted">"#);
        escape_into(html, note);
        html.push_str("</p>");
    }
    html.push_str("</td>");
}

/// The steps as table rows in HTML, after the edits that were made already. A runbook may have hundreds of steps, and text
/// renders faster than elements. The fields keep what is typed by themselves. Of `notes`, those of a row that are no errors stand
/// there.
pub fn rows_html(steps: &[ImportedStep], notes: &[ImportNote], edits: &[RowEdit]) -> String {
    let categories = Category::ALL.iter();
    let categories: Vec<_> = categories.map(|it| (it.as_str(), it.label())).collect();
    let types = StepType::ALL.iter();
    let types: Vec<_> = types.map(|it| (it.as_str(), it.as_str())).collect();
    let checked = |is_on: bool| if is_on { " checked" } else { "" };
    let mut html = String::new();
    for (row, step) in (0_u32..).zip(steps) {
        let n = row + 1;
        let edit = edits.iter().find(|it| it.row == row);
        let edit = edit.cloned().unwrap_or_default();
        let included = checked(!edit.leave_out);
        put!(
            html,
            r#"<tr data-row="{row}"><td><input class="check" type="checkbox"{included} data-edit="{INCLUDE}" aria-label="Import step {n}"></td><td class="num quiet">{n}</td><td><input class="input" data-edit="{NAME}" aria-label="Name of step {n}" value=""#
        );
        escape_into(&mut html, edit.name.as_ref().unwrap_or(&step.name));
        html.push_str(r#""></td>"#);
        let label = format!(r#"aria-label="Category of step {n}""#);
        let present = edit.category.unwrap_or(step.category).as_str();
        write_select(&mut html, CATEGORY, &label, &categories, present);
        // The type is the answer to the question whether a text is a script.
        let id = format!("asked-{n}");
        let question = step.question.as_deref().filter(|_| edit.kind.is_none());
        let asked = question.map(|it| (id.as_str(), it));
        let described = asked.map_or_else(String::new, |(id, _)| {
            format!(r#" aria-describedby="{id}""#)
        });
        let label = format!(r#"aria-label="Type of step {n}"{described}"#);
        let kind = edit.kind.unwrap_or(step.kind).as_str();
        write_select(&mut html, TYPE, &label, &types, kind);
        html.push_str("<td>");
        if row > 0 {
            let joined = checked(edit.join_previous);
            put!(
                html,
                r#"<input class="check" type="checkbox"{joined} data-edit="{JOIN}" aria-label="Join step {n} with the one before">"#
            );
        }
        html.push_str("</td>");
        let said = notes
            .iter()
            .filter(|it| it.row == Some(row) && !it.is_error);
        write_text(&mut html, step, asked, said.map(|it| it.message.as_str()));
        html.push_str("</tr>");
    }
    html
}

/// Which fields of the rows are wrong, and why.
pub fn wrong_fields(edited: &EditedSteps) -> Vec<WrongField> {
    let wrong = edited.errors.iter().chain(&edited.invalid);
    let wrong = wrong.map(|it| WrongField {
        row: it.row,
        field: match it.part {
            RowPart::LeaveOut => INCLUDE,
            RowPart::Name => NAME,
            RowPart::Category => CATEGORY,
            RowPart::Type => TYPE,
            RowPart::Join => JOIN,
            RowPart::Text => TEXT,
        },
        message: sentence(&it.message),
    });
    wrong.collect()
}

/// Changes one field of a row's edit. `value` is what a text or a select has, `is_on` what a check box has.
fn change(edits: &mut Vec<RowEdit>, row: u32, field: &str, value: String, is_on: bool) {
    let at = edits.iter().position(|it| it.row == row);
    let at = at.unwrap_or_else(|| {
        edits.push(RowEdit {
            row,
            ..RowEdit::default()
        });
        edits.len() - 1
    });
    let edit = &mut edits[at];
    match field {
        INCLUDE => edit.leave_out = !is_on,
        NAME => edit.name = Some(value),
        CATEGORY => edit.category = value.parse().ok(),
        TYPE => edit.kind = value.parse().ok(),
        _ => edit.join_previous = is_on,
    }
}

/// Takes over what was typed or chosen in a field of a row.
pub fn edit_by_event(edits: &mut Vec<RowEdit>, event: &leptos::ev::Event) {
    let row = dom::closest_attribute(event, "data-row").and_then(|it| it.parse().ok());
    let field = dom::closest_attribute(event, "data-edit");
    let (Some(row), Some(field)) = (row, field) else {
        return;
    };
    if field == TYPE {
        row_marks::remove_question(event);
    }
    let value = form::to_nfc(event_target_value(event));
    change(edits, row, &field, value, event_target_checked(event));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(name: &str, content: &str) -> ImportedStep {
        ImportedStep {
            category: Category::Verify,
            kind: StepType::Sql,
            name: name.into(),
            description: "<i>".into(),
            content: content.into(),
            line: 3,
            question: Some("Is it \"sql\"?".into()),
        }
    }

    #[test]
    fn names_and_texts_are_escaped() {
        let html = rows_html(&[step("\"><b>", "\n</td><img>\nmore")], &[], &[]);
        assert!(html.contains(r#"value="&quot;&gt;&lt;b&gt;""#), "{html}");
        assert!(html.contains("&lt;img&gt;") && html.contains("&lt;i&gt;"));
        assert!(!html.contains("<img>") && !html.contains("<b>") && !html.contains("<i>"));
        assert!(html.contains("id=\"asked-1\">Is it &quot;sql&quot;?"));
        assert!(html.contains("aria-describedby=\"asked-1\""));
    }

    #[test]
    fn what_cannot_be_seen_in_a_step_is_marked() {
        let html = rows_html(&[step("A", "curl\u{a0}x \u{202e}abc")], &[], &[]);
        // In the first line and in the whole text.
        for title in ["No-break space (U+00A0)", "Text direction control (U+202E)"] {
            let mark = format!(" title=\"{title}\">");
            assert_eq!(html.matches(&mark).count(), 2, "{html}");
        }
    }

    #[test]
    fn a_row_begins_as_it_was_read_and_the_first_has_nothing_to_join() {
        let html = rows_html(&[step("A", "a"), step("B", "b")], &[], &[]);
        let sql = r#"<option value="sql" selected>sql</option>"#;
        let verify = r#"<option value="verify" selected>Verify</option>"#;
        assert_eq!(html.matches(sql).count(), 2);
        assert_eq!(html.matches(verify).count(), 2);
        assert_eq!(html.matches("with the one before").count(), 1);
        assert!(html.contains("Join step 2 with the one before"));
    }

    #[test]
    fn what_is_said_of_a_row_stands_there() {
        let note = |row, is_error, message: &str| ImportNote {
            line: 1,
            message: message.into(),
            is_error,
            row,
        };
        let notes = [
            note(Some(1), false, "Left <out>"),
            note(Some(0), true, "Wrong"),
            note(None, false, "Elsewhere"),
        ];
        let html = rows_html(&[step("A", "a"), step("B", "b")], &notes, &[]);
        let (first, second) = html.split_once("</tr>").unwrap();
        assert!(
            second.contains("<p class=\"small muted\">Left &lt;out&gt;</p>"),
            "{second}"
        );
        assert!(!first.contains("Left") && !html.contains("Wrong") && !html.contains("Elsewhere"));
    }

    #[test]
    fn edits_that_were_made_already_are_in_the_fields() {
        let edits = [
            RowEdit {
                row: 0,
                leave_out: true,
                name: Some("A & B".into()),
                ..RowEdit::default()
            },
            RowEdit {
                row: 1,
                category: Some(Category::Deploy),
                kind: Some(StepType::Text),
                join_previous: true,
                ..RowEdit::default()
            },
        ];
        let html = rows_html(&[step("A", "a"), step("B", "b")], &[], &edits);
        let (first, second) = html.split_once("</tr>").unwrap();
        assert!(!first.contains(" checked") && first.contains(r#"value="A &amp; B""#));
        assert!(first.contains(r#"id="asked-1""#));
        assert_eq!(second.matches(" checked").count(), 2);
        assert!(second.contains(r#"<option value="deploy" selected>"#));
        assert!(second.contains(r#"<option value="text" selected>"#));
        // The type was chosen by hand, so nothing is asked.
        assert!(!second.contains("asked-2"), "{second}");
    }

    #[test]
    fn the_fields_of_a_row_make_one_edit() {
        let mut edits = Vec::new();
        change(&mut edits, 1, INCLUDE, String::new(), false);
        change(&mut edits, 1, INCLUDE, String::new(), true);
        change(&mut edits, 1, NAME, "B".into(), false);
        change(&mut edits, 1, CATEGORY, "deploy".into(), false);
        change(&mut edits, 1, TYPE, "text".into(), false);
        change(&mut edits, 2, JOIN, String::new(), true);
        let expected = RowEdit {
            row: 1,
            leave_out: false,
            name: Some("B".into()),
            category: Some(Category::Deploy),
            kind: Some(StepType::Text),
            join_previous: false,
        };
        assert_eq!(edits[0], expected);
        assert_eq!((edits[1].row, edits[1].join_previous), (2, true));
    }
}
