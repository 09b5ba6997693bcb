//! Finds what was probably meant to be one of our variables, but is none (R83): odd blanks or invisible characters in it,
//! letters of other scripts, a name in the wrong case, another sign than the dot, a brace too few, full-width braces. Such a
//! text would pass untouched and be copied as it stands.
use super::{
    pieces::{ROOTS, TextSegment, names, pieces},
    resolve::BUILT_IN_VARIABLES,
};
use crate::domain::{invisible, metadata::is_key};

/// What was meant to be a variable: where it is in the text, in bytes, and how it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NearMiss {
    /// In bytes of the text.
    pub start: usize,
    /// In bytes of the text; the first one after it.
    pub end: usize,
    /// `{{customer.name}}`.
    pub meant: String,
}

/// Longer pairs of braces are none of ours.
const LETTERS_MAX: usize = 200;

/// What looks like a letter or a sign of a variable, and which that is.
const LOOKALIKES: &[(&str, &str)] = &[
    // Cyrillic
    (
        "\u{430}\u{441}\u{501}\u{435}\u{4bb}\u{456}\u{458}\u{4cf}\u{43e}\u{440}\u{455}\u{443}\u{445}\u{475}",
        "acdehijlopsyxv",
    ),
    (
        "\u{410}\u{412}\u{421}\u{415}\u{41d}\u{406}\u{408}\u{41a}\u{41c}\u{41e}\u{420}\u{405}\u{422}\u{423}\u{425}",
        "ABCEHIJKMOPSTYX",
    ),
    // Greek
    (
        "\u{3b1}\u{3b9}\u{3bd}\u{3bf}\u{3c1}\u{3c5}\u{3c7}",
        "aivopux",
    ),
    (
        "\u{391}\u{392}\u{395}\u{396}\u{397}\u{399}\u{39a}\u{39c}\u{39d}\u{39f}\u{3a1}\u{3a4}\u{3a5}\u{3a7}",
        "ABEZHIKMNOPTYX",
    ),
    (
        "\u{b7}\u{2024}\u{2219}\u{22c5}\u{3002}\u{fe52}\u{ff61}",
        ".......",
    ),
    ("\u{fe5b}\u{fe5c}", "{}"),
];

/// The ASCII character that this one looks like.
fn lookalike(letter: char) -> Option<char> {
    LOOKALIKES.iter().find_map(|(odd, plain)| {
        let at = odd.chars().position(|it| it == letter)?;
        plain.chars().nth(at)
    })
}

/// The near misses of a text, in order.
pub fn near_misses(text: &str) -> Vec<NearMiss> {
    let mut found = Vec::new();
    let mut from = 0;
    for piece in pieces(text) {
        let (start, end) = (from, from + piece.source().len());
        from = end;
        match piece {
            TextSegment::Literal(literal) => {
                let mut at = 0;
                while let Some(open) = literal[at..].find(is_open).map(|it| it + at) {
                    let first = literal[open..].chars().next().map_or(1, char::len_utf8);
                    at = open + first;
                    let before = literal[..open].chars().next_back();
                    if let Some((long, meant)) = braced(&literal[open..], before) {
                        at = open + long;
                        found.push(NearMiss {
                            start: start + open,
                            end: start + at,
                            meant,
                        });
                    }
                }
            }
            // A variable whose name is unknown, but would be known in another case.
            TextSegment::Variable { text, name, .. } if !is_name(name) => {
                let meant = braced(text, None).map(|it| it.1);
                if let Some(meant) = meant.filter(|it| are_names(it)) {
                    found.push(NearMiss { start, end, meant });
                }
            }
            TextSegment::Variable { .. }
            | TextSegment::Backslashes(_)
            | TextSegment::Escaped(_) => {}
        }
    }
    found
}

/// Whether all variables of this text can be called so. Else what was meant is no better than what is written.
pub fn are_names(text: &str) -> bool {
    names(text).iter().all(|it| is_name(it))
}

/// What is wrong with a near miss that is `written` so. What looks right on screen is told by the name of its character.
pub fn near_miss_message(written: &str, meant: &str) -> String {
    let odd = written.chars().find_map(|it| {
        if invisible::replacement(it).is_some() {
            return Some(format!(", it contains {}", invisible::title(it)));
        }
        let plain = lookalike(it)?;
        let code = u32::from(it);
        Some(format!(
            ", it contains a character like \"{plain}\" (U+{code:04X})"
        ))
    });
    let odd = odd.unwrap_or_default();
    if are_names(meant) {
        format!("{written} is not a variable{odd}. Did you mean {meant}?")
    } else {
        format!("{written} is not a variable{odd}")
    }
}

fn is_open(letter: char) -> bool {
    matches!(plain(letter), Some('{'))
}

/// A letter as it was meant: full-width and what looks like ASCII as ASCII, every blank as a space; none for what has no width.
fn plain(letter: char) -> Option<char> {
    match letter {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(letter) - 0xfee0),
        _ if letter.is_ascii() => Some(letter),
        _ if letter.is_whitespace() => Some(' '),
        _ => match invisible::replacement(letter) {
            Some("") => None,
            Some(" ") => Some(' '),
            _ => Some(lookalike(letter).unwrap_or(letter)),
        },
    }
}

/// Braces with something in them at the begin of this text, behind `before`: their length in bytes, and the variable that was
/// probably meant. One of the four braces may be missing.
fn braced(text: &str, before: Option<char>) -> Option<(usize, String)> {
    // Without its blanks.
    let mut inside = String::new();
    let (mut opened, mut closed, mut end) = (0, 0, 0);
    for (at, letter) in text.char_indices().take(LETTERS_MAX) {
        match plain(letter) {
            // Behind the first closing brace of several lines the next one is another's.
            Some('\n' | '\r') if closed > 0 => break,
            None | Some(' ' | '\t') if opened + closed == 2 && closed > 0 => break,
            None | Some(' ' | '\t' | '\n' | '\r') => continue,
            Some('{') if opened < 2 && inside.is_empty() => opened += 1,
            Some('}') if opened > 0 => closed += 1,
            Some(_) if closed > 0 => break,
            Some(letter) if opened > 0 && letter != '{' => inside.push(letter),
            Some(_) => return None,
        }
        if closed > 0 {
            end = at + letter.len_utf8();
        }
        if closed == 2 {
            break;
        }
    }
    // `${vars.KEY}` and `${{ vars.KEY }}` are others' variables, and so is what stands in one pair of braces.
    let before = before.and_then(plain);
    let is_shell = before == Some('$');
    if opened + closed < 3 || (opened == 1 && matches!(before, Some('$' | '{'))) {
        return None;
    }
    let meant = meant(&inside, is_shell)?;
    (opened == 2 || are_names(&meant)).then_some((end, meant))
}

/// The variable that was meant, if its root is one of ours.
fn meant(inside: &str, is_shell: bool) -> Option<String> {
    let (name, filter) = inside.split_once('|').unwrap_or((inside, ""));
    let filter = filter.trim_matches('|');
    let at = name.find(['.', ':', '_', '-', '/', ','])?;
    let (root, field) = (&name[..at], &name[at + 1..]);
    let is_root = |it: &str, root: &str| it.eq_ignore_ascii_case(root);
    let exact = ROOTS.into_iter().find(|it| is_root(it, root));
    let root = exact.or_else(|| {
        let one = root.strip_suffix(['s', 'S']).filter(|_| !is_shell)?;
        ROOTS.into_iter().find(|it| is_root(it, one))
    })?;
    let mut field = field.to_owned();
    if root != "var" {
        field.make_ascii_lowercase();
    }
    if field.is_empty() {
        field.push_str(if root == "var" { "KEY" } else { "name" });
    }
    if !is_key(&field) {
        return None;
    }
    // Other templates call theirs `var_dir` and `release-date`.
    let is_dotted = exact.is_some() && name[at..].starts_with('.');
    let is_others = name[at..].starts_with(['_', '-']) && field.contains(char::is_lowercase);
    let mut meant = ["{{", root, ".", &field].concat();
    if !is_dotted && (!is_name(&meant[2..]) || (root == "var" && is_others)) {
        return None;
    }
    if !filter.is_empty() {
        meant.push_str(" | ");
        meant.extend(filter.chars().map(|it| it.to_ascii_lowercase()));
    }
    meant.push_str("}}");
    Some(meant)
}

/// Whether a variable can be called so.
fn is_name(name: &str) -> bool {
    BUILT_IN_VARIABLES.contains(&name) || name.strip_prefix("var.").is_some_and(is_key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn meant(text: &str) -> Vec<(&str, String)> {
        near_misses(text)
            .into_iter()
            .map(|it| (&text[it.start..it.end], it.meant))
            .collect()
    }

    #[test]
    fn odd_blanks_wrong_case_and_full_width_braces_are_near_misses() {
        for near in [
            "{{\u{a0}customer.name}}",
            "{{customer.name\u{a0}}}",
            "{{\u{200b}customer.name}}",
            "{{ Customer.Name }}",
            "{{CUSTOMER.NAME}}",
            "{{customer.Name}}",
            "{{ customer . name }}",
            "{{\n  customer.name\n}}",
            "{ {customer.name} }",
            "{\u{200b}{customer.name}}",
            "\u{ff5b}\u{ff5b}customer.name\u{ff5d}\u{ff5d}",
            "{{customer\u{ff0e}name}}",
            "\u{ff5b}{\u{3000}customer.name}}",
            "{{cus\u{ad}tomer.name}}",
        ] {
            let text = format!("é {near} {{{{customer.name}}}} b");
            assert_eq!(meant(&text), [(near, "{{customer.name}}".into())], "{near}");
        }
    }

    #[test]
    fn a_lost_brace_another_sign_and_letters_of_other_scripts_are_near_misses() {
        for near in [
            "{{customer.name}",
            "{{ customer.name}",
            "{customer.name}}",
            "{{customer_name}}",
            "{{customer-name}}",
            "{{ customer:name }}",
            "{{customers.name}}",
            "{{customer.}}",
            "{{customer\u{2024}name}}",
            "{{customer.n\u{430}me}}",
            "{{\u{441}ustomer.name}}",
            "{{customer.name || }}",
        ] {
            let text = format!("é {near} {{{{customer.name}}}} b");
            assert_eq!(meant(&text), [(near, "{{customer.name}}".into())], "{near}");
            let text = format!("{{{{customer.name}}}} {near}");
            assert_eq!(meant(&text), [(near, "{{customer.name}}".into())], "{near}");
        }
        for (near, name) in [
            ("{{var.V}", "{{var.V}}"),
            ("{{var\u{2024}V}}", "{{var.V}}"),
            ("{{v\u{430}r.V}}", "{{var.V}}"),
            ("{{var.\u{41d}OST}}", "{{var.HOST}}"),
            ("{{var:V}}", "{{var.V}}"),
            ("{{var_HOST}}", "{{var.HOST}}"),
            ("{{vars.host}}", "{{var.host}}"),
            ("{{var.}}", "{{var.KEY}}"),
            ("{{var.V || quote}}", "{{var.V | quote}}"),
            ("{{var.V | quote |}}", "{{var.V | quote}}"),
            ("{{release.version}", "{{release.version}}"),
        ] {
            assert_eq!(meant(near), [(near, name.to_owned())], "{near}");
        }
    }

    #[test]
    fn a_near_miss_keeps_its_key_and_its_filter() {
        assert_eq!(
            meant("{{ Release.Shoe | upper }}")[0].1,
            "{{release.shoe | upper}}"
        );
        assert_eq!(meant("{{ Var.Host | Quote }}")[0].1, "{{var.Host | quote}}");
        assert_eq!(
            meant("{{var.A\u{a0}|\u{a0}quote}}")[0].1,
            "{{var.A | quote}}"
        );
    }

    #[test]
    fn a_message_names_what_looks_right_on_screen() {
        assert_eq!(
            near_miss_message("{{\u{a0}customer.name}}", "{{customer.name}}"),
            "{{\u{a0}customer.name}} is not a variable, it contains No-break space (U+00A0). Did you mean {{customer.name}}?"
        );
        assert_eq!(
            near_miss_message("{{Customer.name}}", "{{customer.name}}"),
            "{{Customer.name}} is not a variable. Did you mean {{customer.name}}?"
        );
        assert_eq!(
            near_miss_message("{{v\u{430}r.V}}", "{{var.V}}"),
            "{{v\u{430}r.V}} is not a variable, it contains a character like \"a\" (U+0430). Did you mean {{var.V}}?"
        );
        // Nothing is proposed that would not be known either.
        assert_eq!(
            near_miss_message("{{ Release.Service }}", "{{release.service}}"),
            "{{ Release.Service }} is not a variable"
        );
    }

    #[test]
    fn ours_and_the_braces_of_others_are_no_near_misses() {
        for text in [
            "{{customer.name}} {{ var.A | quote }}",
            r"\{{customer.name}} \\{{var.a}}",
            "{{customer.shoe}} {{var.A | upper}}",
            "{{ .Release.Name }} {{- .Values.customer.name }}",
            "{{ Values.var.name }} {{ item.name | default('x') }}",
            "{{ $customer.name }} ${{ github.release.name }}",
            "{% if customer.name %} {# release.name #} ${customer.name}",
            "{ customer.name; } {{customer}} {{{raw}}} {{ release }}",
            "f() { { echo customer.name; }; }",
            "${{ vars.HOST }} ${customer.name}} {var.A} {a:{b:1}}",
            "{{ var_dir }} {{ release_date }} {{ customer-id }} {{ cluster_size }} {{ customers }}",
            "{{ vars['host'] }} {{ release.name | default:'x' }} {{clusterName}}",
            "{customer.shoe}} awk '{print $1}}'",
        ] {
            assert_eq!(near_misses(text), [], "{text}");
        }
    }

    #[test]
    fn many_braces_cost_no_more_than_the_text_is_long() {
        for text in ["{", "{{ customer.", "{ ", "\u{ff5b}"] {
            assert_eq!(near_misses(&text.repeat(50_000)), []);
        }
    }

    proptest! {
        #[test]
        fn near_misses_are_pieces_of_the_text_in_order(
            text in "(\\{|\\}|\u{ff5b}|\u{a0}|\u{200b}|\\\\|[Cc]ustomer|\\.|[Nn]ame|var|A|\\||quote|\n|é){0,30}"
        ) {
            let mut from = 0;
            for it in near_misses(&text) {
                prop_assert!(from <= it.start && it.start < it.end);
                prop_assert!(text.is_char_boundary(it.start) && text.is_char_boundary(it.end));
                prop_assert_eq!(near_misses(&it.meant), []);
                prop_assert_eq!(pieces(&it.meant).len(), 1);
                from = it.end;
            }
        }
    }
}
