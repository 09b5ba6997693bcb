//! Names that headings give to steps: without the numbers that positions already say, cut where numbers are added, and
//! with the parent's name where a heading says only "Verify".

use crate::domain::{fold::lowercase, text::NAME_MAX_CHARS};
use std::{borrow::Cow, collections::BTreeSet};

/// A heading of more bytes is taken as it is: its name is over the limit in any case.
pub const HEADING_MAX: usize = 1_000;

/// "Step" and its like in other languages, before a number.
const STEP_WORDS: [&str; 7] = ["step", "schritt", "étape", "etape", "paso", "passo", "stap"];

/// A number such as `3`, `03`, `1.2`, `3a` or `2/5` at the start of a text: the number and the rest. At most three
/// digits, so that a year is none.
fn label(text: &str) -> Option<(&str, &str)> {
    let mut end = 0;
    let bytes = text.as_bytes();
    loop {
        let n_digits = bytes[end..]
            .iter()
            .take_while(|it| it.is_ascii_digit())
            .count();
        if n_digits == 0 || n_digits > 3 {
            return None;
        }
        end += n_digits;
        let goes_on = matches!(bytes.get(end), Some(b'.' | b'/'))
            && bytes.get(end + 1).is_some_and(u8::is_ascii_digit);
        if !goes_on {
            break;
        }
        end += 1;
    }
    let is_letter = bytes.get(end).is_some_and(u8::is_ascii_alphabetic)
        && !bytes.get(end + 1).is_some_and(u8::is_ascii_alphanumeric);
    if is_letter {
        end += 1;
    }
    Some(text.split_at(end))
}

/// What is behind the sign that ends a number: `. `, `) `, `: ` or a dash between spaces.
fn behind_sign(text: &str) -> Option<&str> {
    let spaced = text.trim_start();
    let rest = spaced.strip_prefix(['.', ')', ':', '-', '–', '—', '|'])?;
    let is_dash = spaced.starts_with(['-', '–', '—', '|']);
    let is_apart =
        rest.starts_with(char::is_whitespace) || (!is_dash && rest.starts_with(char::is_uppercase));
    // "3- Restart" and "3 - Restart", but not "3-node cluster".
    is_apart.then_some(rest).filter(|it| !it.trim().is_empty())
}

/// The rest of "Step 3: rest".
fn behind_step(text: &str) -> Option<&str> {
    let word_end = text.find(|it: char| !it.is_alphabetic())?;
    let (word, rest) = text.split_at(word_end);
    if !STEP_WORDS.contains(&lowercase(word).as_str()) {
        return None;
    }
    let rest = rest
        .trim_start_matches(|it: char| it.is_whitespace() || matches!(it, '#' | '-' | '\u{a0}'));
    let (_, rest) = label(rest)?;
    let rest = match rest.trim_start().strip_prefix("of ").and_then(label) {
        Some((_, rest)) => rest,
        None => rest,
    };
    if let Some(rest) = behind_sign(rest) {
        return Some(rest);
    }
    let has_sign = rest.trim_start().strip_prefix([':', '.', ')']);
    let bare = has_sign.unwrap_or(rest);
    let is_name = has_sign.is_some()
        || rest.starts_with(char::is_whitespace)
            && rest
                .trim_start()
                .starts_with(|it: char| it.is_uppercase() || !it.is_ascii());
    (is_name && !bare.trim().is_empty()).then_some(bare)
}

/// The rest of "3. rest", "3) rest", "(3) rest", "3: rest", "3 - rest", "1.2. rest" and "3️⃣ rest". With `is_dotted` also
/// that of "1.2 rest", which otherwise may be a version.
fn behind_number(text: &str, is_dotted: bool) -> Option<&str> {
    // A keycap is the digit, a variation selector, and U+20E3.
    if let Some(at) = text.find('\u{20e3}')
        && text[..at]
            .chars()
            .all(|it| it.is_ascii_digit() || it == '\u{fe0f}')
    {
        let rest = text[at..].strip_prefix('\u{20e3}')?;
        return (!rest.trim().is_empty())
            .then(|| rest.trim_start_matches([' ', ':', '.', ')', '-']));
    }
    if let Some(inner) = text.strip_prefix('(') {
        let (_, rest) = label(inner)?;
        return rest
            .strip_prefix(')')
            .filter(|it| it.starts_with(char::is_whitespace));
    }
    let (number, rest) = label(text)?;
    if let Some(rest) = behind_sign(rest) {
        return Some(rest);
    }
    let is_free = is_dotted && number.contains('.') && rest.starts_with(char::is_whitespace);
    is_free.then_some(rest)
}

/// What is left of a heading without "3." or "Step 3:" before it. None if there is no number, or nothing else.
pub fn without_number(text: &str, is_dotted: bool) -> Option<&str> {
    let text = text.trim();
    let rest = behind_step(text)
        .or_else(|| behind_number(text, is_dotted))?
        .trim();
    (!rest.is_empty()).then_some(rest)
}

/// The number of a heading such as "1.2 Restart" or "1. Restart", to see whether headings count.
pub fn number(text: &str) -> Option<&str> {
    let (_, text) = emoji(text.trim());
    let (number, rest) = label(text)?;
    let is_apart = rest.starts_with(char::is_whitespace) || behind_sign(rest).is_some();
    is_apart.then_some(number)
}

/// Whether a heading's dotted number such as 1.2 or 1.1.2 counts on from another heading's: 1, 1.1 or 1.3. `numbers` are
/// those of all headings.
pub fn counts_on(text: &str, numbers: &BTreeSet<String>) -> bool {
    let Some(number) = number(text) else {
        return false;
    };
    let Some((before, last)) = number.rsplit_once('.') else {
        return false;
    };
    // Counting begins with 1, so 2.0 and 2.0.1 are versions.
    let mut below = number.split('.').skip(1);
    if below.any(|it| it.parse::<u32>().unwrap_or(0) == 0) {
        return false;
    }
    let last: u32 = last.parse().unwrap_or(0);
    let is_there = |number: &str| numbers.contains(number);
    let mut above = number.match_indices('.').map(|it| &number[..it.0]);
    above.any(is_there)
        || is_there(&format!("{before}.{}", last + 1))
        || is_there(&format!("{before}.{}", last - 1))
}

/// The emoji that a heading begins with, as a sign or as a code, and the rest: `🚀` of `🚀 1) Deploy`, and `:tada:` of
/// `:tada: 1) Deploy`. Empty if there is none.
fn emoji(text: &str) -> (&str, &str) {
    let Some((first, rest)) = text.split_once(char::is_whitespace) else {
        return ("", text);
    };
    let is_sign = first
        .chars()
        .all(|it| !it.is_ascii() && !it.is_alphanumeric());
    let code = first.strip_prefix(':').and_then(|it| it.strip_suffix(':'));
    let is_code = code.is_some_and(|it| {
        it.starts_with(|it: char| it.is_ascii_alphanumeric() || it == '+')
            && it
                .chars()
                .all(|it| it.is_ascii_alphanumeric() || matches!(it, '_' | '+' | '-'))
    });
    if is_sign || is_code {
        (first, rest.trim_start())
    } else {
        ("", text)
    }
}

/// A heading as a step's name: without check box and numbers, also without those behind an emoji, which stays. `is_dotted`
/// as in [`without_number`].
pub fn step_name(text: &str, is_dotted: bool) -> Cow<'_, str> {
    let name = bare_name(text, is_dotted);
    if name.len() > HEADING_MAX {
        return name.into();
    }
    let (sign, rest) = emoji(name);
    let bare = bare_name(rest, is_dotted);
    if sign.is_empty() || bare == rest {
        return name.into();
    }
    format!("{sign} {bare}").into()
}

/// A text without the check box and the numbers before it.
fn bare_name(text: &str, is_dotted: bool) -> &str {
    let mut name = text.trim();
    if name.len() > HEADING_MAX {
        return name;
    }
    if let Some(rest) = ["[ ] ", "[x] ", "[X] "]
        .iter()
        .find_map(|it| name.strip_prefix(it))
    {
        name = rest.trim();
    }
    while let Some(rest) = without_number(name, is_dotted) {
        name = rest;
    }
    name
}

/// A text of at most `max` characters: what is too long loses its end.
fn cut(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let kept: String = text.chars().take(max.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// A name for the release: at most 100 characters.
pub fn release_name(text: &str) -> String {
    cut(text.trim(), NAME_MAX_CHARS)
}

/// The name of the n-th step under one heading, within the limit: the heading's part gives way.
pub fn numbered(name: &str, n: usize) -> String {
    if n <= 1 {
        return name.to_owned();
    }
    let suffix = format!(" ({n})");
    let room = NAME_MAX_CHARS.saturating_sub(suffix.chars().count());
    cut(name, room) + &suffix
}

/// The most characters of a tab's title in a name.
const TAB_MAX_CHARS: usize = 40;

/// "Install (Debian)": the name of a step that is in a tab, within the limit.
pub fn in_tab(name: &str, tab: &str) -> String {
    let suffix = format!(" ({})", cut(tab, TAB_MAX_CHARS));
    let room = NAME_MAX_CHARS.saturating_sub(suffix.chars().count());
    cut(name, room) + &suffix
}

/// Whether a word of a verify heading, in lower case, is a German noun, which begins with a capital wherever it stands.
fn is_german_noun(word: &str) -> bool {
    [
        "ung",
        "ungen",
        "kontrolle",
        "kontrollen",
        "abnahme",
        "fälle",
    ]
    .iter()
    .any(|it| word.ends_with(it))
        || word.starts_with("prüf") && word != "prüfen"
        || [
            "verifikation",
            "abnahme",
            "funktionstest",
            "rauchtest",
            "kontrollschritt",
            "testschritt",
        ]
        .iter()
        .any(|it| word.starts_with(it))
}

/// A word with a capital at its start.
fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().unwrap_or_default();
    first.to_uppercase().chain(letters).collect()
}

/// "Database: verify": a verify heading's words behind its parent's name, within the limit. The first letter becomes a small
/// one, unless the word is a German noun or another word has a capital, too: "Anwendung: Smoke-Test".
pub fn under_parent(parent: &str, words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().unwrap_or_default();
    let is_acronym = letters.clone().next().is_some_and(char::is_uppercase);
    let is_shouted = !words.contains(char::is_lowercase) && !words.contains(' ') && words.len() > 4;
    let has_capitals = words.split([' ', '-', '/']).skip(1).any(|it| {
        let mut letters = it.chars();
        letters.next().is_some_and(char::is_uppercase)
            && letters.next().is_some_and(char::is_lowercase)
    });
    let lower = lowercase(words);
    let is_noun = lower
        .split([' ', '-', '/'])
        .next()
        .is_some_and(is_german_noun);
    let words = if is_shouted && is_noun {
        capitalized(&lower)
    } else if is_shouted {
        lower
    } else if is_acronym || is_noun || has_capitals {
        words.to_owned()
    } else {
        first.to_lowercase().chain(letters).collect()
    };
    let room = NAME_MAX_CHARS.saturating_sub(words.chars().count() + 2);
    if room < 2 {
        return words;
    }
    format!("{}: {words}", cut(parent, room))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_from_names() {
        for text in [
            "3. Restart",
            "3) Restart",
            "03. Restart",
            "(3) Restart",
            "3: Restart",
            "3 - Restart",
            "3 – Restart",
            "3.Restart",
            "Step 3: Restart",
            "STEP 3 - Restart",
            "Step 3. Restart",
            "Step 3) Restart",
            "Step 3 — Restart",
            "Step 3 Restart",
            "Step #3: Restart",
            "Step 3a: Restart",
            "Step 3/5: Restart",
            "Step 3 of 5: Restart",
            "Step-3: Restart",
            "Step 3:Restart",
            "Schritt 3: Restart",
            "Étape 3 : Restart",
            "3️⃣ Restart",
            "1.2. Restart",
            "[ ] 3. Restart",
            "3. Step 3: Restart",
        ] {
            assert_eq!(step_name(text, false), "Restart", "{text}");
        }
        assert_eq!(step_name("1.2 Restart", true), "Restart");
    }

    #[test]
    fn a_number_behind_an_emoji_goes_and_the_emoji_stays() {
        for (text, name) in [
            ("🚀 1) Deploy", "🚀 Deploy"),
            ("⚠️ Step 2: Migrate", "⚠️ Migrate"),
            (
                ":white_check_mark: 2) Smoke-tests",
                ":white_check_mark: Smoke-tests",
            ),
            ("3️⃣ 🔁 Restart", "🔁 Restart"),
            ("1. 🚀 1) Deploy", "🚀 Deploy"),
            ("🚀 3 nodes", "🚀 3 nodes"),
            ("→ 2026: cutover", "→ 2026: cutover"),
            ("🚀", "🚀"),
            ("🚀 3.", "🚀 3."),
            ("a: 1) b", "a: 1) b"),
        ] {
            assert_eq!(step_name(text, false), name, "{text}");
        }
        assert_eq!(number("🚀 1.2 Deploy"), Some("1.2"));
    }

    #[test]
    fn what_is_no_number_stays() {
        for text in [
            "3",
            "3.",
            "Step 3",
            "Step 3:",
            "1.2.0 Release",
            "1.2 Restart",
            "3 nodes",
            "3-node cluster",
            "2026-06-01: cutover",
            "2026: cutover",
            "24/7 support",
            "Steps",
            "Step by step",
            "Step 3 nodes down",
            "Stepwise 3: x",
            "3rd restart",
            "v1.2: x",
            "(a) x",
        ] {
            assert_eq!(step_name(text, false), text, "{text}");
        }
    }

    #[test]
    fn added_words_and_numbers_keep_to_the_limit() {
        assert_eq!(numbered("Restart", 1), "Restart");
        assert_eq!(numbered("Restart", 2), "Restart (2)");
        for long in [97, 98, 100] {
            let name = numbered(&"é".repeat(long), 12);
            assert_eq!(name.chars().count(), NAME_MAX_CHARS, "{long}");
            assert!(name.ends_with("… (12)"), "{name}");
        }
        let name = under_parent(&"p".repeat(100), "Verify");
        assert_eq!(name.chars().count(), NAME_MAX_CHARS);
        assert!(name.ends_with("…: verify"), "{name}");
        assert_eq!(under_parent("Database", &"v".repeat(99)), "v".repeat(99));
    }

    #[test]
    fn a_verify_heading_bears_its_parent_s_name() {
        assert_eq!(under_parent("Database", "Verify"), "Database: verify");
        assert_eq!(under_parent("Database", "VERIFY"), "Database: verify");
        assert_eq!(
            under_parent("Database", "Smoke test"),
            "Database: smoke test"
        );
        assert_eq!(
            under_parent("Database", "Verify the rollout"),
            "Database: verify the rollout"
        );
        assert_eq!(
            under_parent("Database", "SQL validation"),
            "Database: SQL validation"
        );
    }
    #[test]
    fn german_nouns_and_titles_keep_their_capitals() {
        for (words, name) in [
            ("Überprüfung", "Datenbank: Überprüfung"),
            ("ÜBERPRÜFUNG", "Datenbank: Überprüfung"),
            ("Prüfung der Tabellen", "Datenbank: Prüfung der Tabellen"),
            ("Prüfschritte", "Datenbank: Prüfschritte"),
            ("Endkontrolle", "Datenbank: Endkontrolle"),
            ("Abnahmetest", "Datenbank: Abnahmetest"),
            ("Smoke-Test", "Datenbank: Smoke-Test"),
            ("Verify Rollout", "Datenbank: Verify Rollout"),
            ("Verify API", "Datenbank: verify API"),
            ("Prüfen", "Datenbank: prüfen"),
            ("Smoke tests", "Datenbank: smoke tests"),
        ] {
            assert_eq!(under_parent("Datenbank", words), name);
        }
    }
}
