//! Characters in a step's text that are invisible, or that look like others which a shell or a database takes for something
//! else (R84): each with its name, and what is to be written instead.

/// A character that is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HiddenCharacter {
    /// Where it is in the text, in bytes.
    pub at: usize,
    pub letter: char,
}

/// Characters from the first to the last, their name, and what "Replace all" writes for each.
type CharacterRow = (char, char, &'static str, &'static str);

/// Sorted, so that a character is found by halving.
const TABLE: &[CharacterRow] = &[
    ('\t', '\t', "Tab", " "),
    ('\u{85}', '\u{85}', "Next line", "\n"),
    ('\u{a0}', '\u{a0}', "No-break space", " "),
    ('\u{ad}', '\u{ad}', "Soft hyphen", ""),
    ('\u{2bc}', '\u{2bc}', "Modifier apostrophe", "'"),
    ('\u{34f}', '\u{34f}', "Grapheme joiner", ""),
    ('\u{61c}', '\u{61c}', "Arabic letter mark", ""),
    ('\u{115f}', '\u{1160}', "Hangul filler", ""),
    ('\u{1680}', '\u{1680}', "Ogham space", " "),
    ('\u{180e}', '\u{180e}', "Vowel separator", ""),
    ('\u{2000}', '\u{200a}', "Typographic space", " "),
    ('\u{200b}', '\u{200b}', "Zero-width space", ""),
    ('\u{200c}', '\u{200c}', "Zero-width non-joiner", ""),
    ('\u{200d}', '\u{200d}', "Zero-width joiner", ""),
    ('\u{200e}', '\u{200e}', "Left-to-right mark", ""),
    ('\u{200f}', '\u{200f}', "Right-to-left mark", ""),
    ('\u{2010}', '\u{2010}', "Hyphen", "-"),
    ('\u{2011}', '\u{2011}', "No-break hyphen", "-"),
    ('\u{2012}', '\u{2012}', "Figure dash", "-"),
    ('\u{2013}', '\u{2013}', "En dash", "-"),
    // What word processors make of two hyphens.
    ('\u{2014}', '\u{2015}', "Em dash", "--"),
    ('\u{2018}', '\u{201b}', "Smart quote", "'"),
    ('\u{201c}', '\u{201f}', "Smart double quote", "\""),
    ('\u{2028}', '\u{2028}', "Line separator", "\n"),
    ('\u{2029}', '\u{2029}', "Paragraph separator", "\n"),
    ('\u{202a}', '\u{202e}', "Text direction control", ""),
    ('\u{202f}', '\u{202f}', "Narrow no-break space", " "),
    ('\u{2032}', '\u{2032}', "Prime", "'"),
    ('\u{2033}', '\u{2033}', "Double prime", "\""),
    ('\u{205f}', '\u{205f}', "Mathematical space", " "),
    ('\u{2060}', '\u{2060}', "Word joiner", ""),
    ('\u{2061}', '\u{2064}', "Invisible operator", ""),
    ('\u{2066}', '\u{2069}', "Text direction control", ""),
    ('\u{206a}', '\u{206f}', "Invisible format control", ""),
    ('\u{2212}', '\u{2212}', "Minus sign", "-"),
    ('\u{2800}', '\u{2800}', "Blank braille pattern", " "),
    ('\u{3000}', '\u{3000}', "Ideographic space", " "),
    ('\u{3164}', '\u{3164}', "Hangul filler", ""),
    ('\u{fe00}', '\u{fe0f}', "Variation selector", ""),
    ('\u{fe58}', '\u{fe58}', "Small em dash", "--"),
    ('\u{fe63}', '\u{fe63}', "Small hyphen", "-"),
    ('\u{feff}', '\u{feff}', "Byte order mark", ""),
    ('\u{ff02}', '\u{ff02}', "Full-width double quote", "\""),
    ('\u{ff07}', '\u{ff07}', "Full-width quote", "'"),
    ('\u{ff0d}', '\u{ff0d}', "Full-width hyphen", "-"),
    ('\u{ff1b}', '\u{ff1b}', "Full-width semicolon", ";"),
    ('\u{ffa0}', '\u{ffa0}', "Hangul filler", ""),
    ('\u{e0000}', '\u{e007f}', "Tag character", ""),
];

fn row(letter: char) -> Option<&'static CharacterRow> {
    let after = TABLE.partition_point(|it| it.0 <= letter);
    TABLE.get(after.checked_sub(1)?).filter(|it| letter <= it.1)
}

/// The name of a character of this table.
pub fn name(letter: char) -> &'static str {
    row(letter).map_or("", |it| it.2)
}

/// "No-break space (U+00A0)".
pub fn title(letter: char) -> String {
    format!("{} (U+{:04X})", name(letter), u32::from(letter))
}

/// What is to be written instead of a character; none for one that is no trouble.
pub fn replacement(letter: char) -> Option<&'static str> {
    row(letter).map(|it| it.3)
}

/// Whether a character changes the direction of the text around it (Unicode's `Bidi_Control`). Names have none.
pub fn is_bidi_control(letter: char) -> bool {
    matches!(
        letter,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

/// Whether a character can be seen: a quote, a dash or a semicolon. In a value it is no trouble.
pub fn is_visible(letter: char) -> bool {
    matches!(replacement(letter), Some("-" | "--" | "'" | "\"" | ";"))
}

/// Whether a character leaves no trace in a line: it has no width, or would break the line.
fn has_no_trace(letter: char) -> bool {
    matches!(replacement(letter), Some("" | "\n"))
}

/// The first character of a name that nobody sees: two names that look alike would differ by it. Joiners and variation selectors
/// within letters of other scripts and within emoji may stay; what changes the direction may not.
pub fn unseen(text: &str) -> Option<char> {
    let is_unseen = |(at, letter): &(usize, char)| {
        is_bidi_control(*letter) || has_no_trace(*letter) && is_marked(text, *at, *letter)
    };
    text.char_indices().find(is_unseen).map(|it| it.1)
}

/// A text without the characters that leave no trace.
pub fn without_unseen(text: &str) -> String {
    text.chars().filter(|it| !has_no_trace(*it)).collect()
}

/// Whether the character at this place of a text is marked; a tab is not. Joiners and variation selectors belong to the
/// letters of several scripts and to emoji: they are marked beside ASCII only.
pub fn is_marked(text: &str, at: usize, letter: char) -> bool {
    if letter.is_ascii() || row(letter).is_none() {
        return false;
    }
    let foreign = |it: Option<char>| it.is_some_and(|it| !it.is_ascii());
    let before = || foreign(text[..at].chars().next_back());
    let behind = || foreign(text[at + letter.len_utf8()..].chars().next());
    match letter {
        '\u{200c}' | '\u{200d}' => !(before() && behind()),
        '\u{fe00}'..='\u{fe0f}' => !(before() || behind()),
        _ => true,
    }
}

/// The marked characters of a text, in order.
pub fn marked(text: &str) -> Vec<HiddenCharacter> {
    let all = text
        .char_indices()
        .map(|(at, letter)| HiddenCharacter { at, letter });
    all.filter(|it| is_marked(text, it.at, it.letter)).collect()
}

/// The text with its marked characters replaced. `found` is of this text, in order.
pub fn replaced(text: &str, found: &[HiddenCharacter]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for HiddenCharacter { at, letter } in found {
        out.push_str(&text[from..*at]);
        out.push_str(replacement(*letter).unwrap_or_default());
        from = at + letter.len_utf8();
    }
    out.push_str(&text[from..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn letters(text: &str) -> Vec<char> {
        marked(text).into_iter().map(|it| it.letter).collect()
    }

    fn clean(text: &str) -> String {
        replaced(text, &marked(text))
    }

    #[test]
    fn the_table_is_sorted_and_its_rows_do_not_meet() {
        assert!(TABLE.iter().all(|it| it.0 <= it.1));
        assert!(TABLE.windows(2).all(|it| it[0].1 < it[1].0));
    }

    #[test]
    fn what_cannot_be_seen_is_found_where_it_is_and_named() {
        let text = "a\u{a0}b\u{200b}\u{ad}c\u{feff} \u{202e}d";
        let found = marked(text);
        let names: Vec<_> = found.iter().map(|it| (it.at, name(it.letter))).collect();
        assert_eq!(
            names,
            [
                (1, "No-break space"),
                (4, "Zero-width space"),
                (7, "Soft hyphen"),
                (10, "Byte order mark"),
                (14, "Text direction control"),
            ]
        );
        assert_eq!(replaced(text, &found), "a bc d");
    }

    #[test]
    fn smart_quotes_and_dashes_become_what_was_typed() {
        assert_eq!(
            clean(
                "kubectl get pods \u{2014}all \u{2013}n \u{201c}a\u{201d} \u{2018}b\u{2019} \u{2212}1"
            ),
            "kubectl get pods --all -n \"a\" 'b' -1"
        );
    }

    #[test]
    fn letters_of_any_script_and_emoji_are_left_alone() {
        for text in [
            "Müller, Žižek, 東京, Ελλάδα, Київ, ١٢٣",
            "\u{1f469}\u{200d}\u{1f4bb} \u{26a0}\u{fe0f} 1\u{fe0f}\u{20e3}",
            "می\u{200c}خواهم क\u{94d}\u{200d}ष",
            "tabs\tand\nlines; «quotes»",
        ] {
            assert!(letters(text).is_empty(), "{text}");
        }
        assert_eq!(
            letters("a\u{200d}b é\u{200c}b a\u{fe0f}b"),
            ['\u{200d}', '\u{200c}', '\u{fe0f}']
        );
    }

    #[test]
    fn primes_and_full_width_signs_are_told_from_what_they_look_like() {
        assert_eq!(
            clean("a\u{2032} \u{2bc}b\u{2bc} 5\u{2033}\u{ff1b}"),
            "a' 'b' 5\";"
        );
        assert!("\u{2032}\u{2bc}\u{2033}\u{ff1b}".chars().all(is_visible));
    }

    #[test]
    fn what_nobody_sees_in_a_name_is_found() {
        for letter in [
            '\u{200b}',
            '\u{ad}',
            '\u{feff}',
            '\u{2028}',
            '\u{3164}',
            '\u{115f}',
            '\u{180e}',
            '\u{fe0f}',
            '\u{e0041}',
            '\u{2060}',
            '\u{200d}',
            '\u{202e}',
            '\u{200e}',
        ] {
            let name = format!("a{letter}b");
            assert_eq!(unseen(&name), Some(letter), "{letter:?}");
            assert_eq!(without_unseen(&name), "ab");
        }
        for name in [
            "Müller\u{a0}AG \u{2013} O\u{2019}Hara",
            "\u{1f469}\u{200d}\u{1f4bb} \u{26a0}\u{fe0f} 1\u{fe0f}\u{20e3}",
            "می\u{200c}خواهم",
        ] {
            assert_eq!(unseen(name), None, "{name}");
        }
    }

    #[test]
    fn every_character_that_turns_the_direction_is_marked() {
        for letter in ('\0'..=char::MAX).filter(|it| is_bidi_control(*it)) {
            assert_eq!(replacement(letter), Some(""), "{letter:?}");
        }
    }

    #[test]
    fn every_odd_blank_of_unicode_is_marked() {
        for letter in ('\u{80}'..=char::MAX).filter(|it| it.is_whitespace()) {
            assert!(
                matches!(replacement(letter), Some(" " | "\n")),
                "{letter:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn what_was_replaced_is_not_found_again(text in "[a-z '\"\u{a0}\u{ad}\u{feff}\u{200b}\u{200d}\u{fe0f}\u{2014}\u{2019}\u{202e}\u{2028}é\u{1f469}]{0,30}") {
            // Where an invisible character goes, others get new neighbours.
            let mut text = text;
            for _ in 0..30 {
                text = clean(&text);
            }
            prop_assert!(letters(&text).is_empty());
        }
    }
}
