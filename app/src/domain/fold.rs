//! Text as filters compare it (R84): without regard to case, diacritics and the kind of blanks, so that "muller" finds Müller
//! and "nb sp" finds a name with a no-break space. The tables are for Latin letters, with the accented ones of Greek and
//! Cyrillic: Unicode's own would weigh more than a page's script may grow. Server and browser both use this.
use super::letter_case::lower;

/// The plain letters of U+00C0 to U+024F; a dot where a letter is no variant of one.
const LATIN: &[u8; 400] = b"\
    aaaaaa.ceeeeiiiidnooooo.ouuuuy..aaaaaa.ceeeeiiiidnooooo.ouuuuy.yaaaaaaccccccccdd\
    ddeeeeeeeeeegggggggghhhhiiiiiiiiii..jjkkkllllllllllnnnnnnnnnoooooo..rrrrrrssssss\
    ssttttttuuuuuuuuuuuuwwyyyzzzzzzsbb.....cc..dd....ff.....kkl...n.oo..pp.....ttt.u\
    u..yyzz......................aaiioouuuuuuuuuu.aaaa..ggggkkoooo..j...gg..nnaa..oo\
    aaaaeeeeiiiioooorrrruuuusstt..hhnd....aaeeooooooooyylntj...ccl.sz..b..eejjqqrryy";
/// The same for U+1E00 to U+1EFF, which has the letters of Vietnamese.
const LATIN_ADDITIONAL: &[u8; 256] = b"\
    aabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmmmmmmnnnnnnnnoooo\
    oooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvvwwwwwwwwwwxxxxyyzzzzzzhtwyasss..\
    aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeeeeeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuu\
    uuyyyyyyyy..vvyy";

/// Letters that are written as several, or have their variants elsewhere.
const OTHERS: &[(&str, &str)] = &[
    ("ß", "ss"),
    ("æǣǽ", "ae"),
    ("œ", "oe"),
    ("þ", "th"),
    ("ĳ", "ij"),
    ("ǯ", "ʒ"),
    ("ά", "α"),
    ("έ", "ε"),
    ("ή", "η"),
    ("ίϊΐ", "ι"),
    ("ό", "ο"),
    ("ς", "σ"),
    ("ύϋΰ", "υ"),
    ("ώ", "ω"),
    ("ѐё", "е"),
    ("ѝй", "и"),
    ("ї", "і"),
    ("ў", "у"),
    ("ѓ", "г"),
    ("ќ", "к"),
    ("\u{2018}\u{2019}\u{201a}\u{201b}", "'"),
    ("\u{201c}\u{201d}\u{201e}\u{201f}", "\""),
    (
        "\u{2010}\u{2011}\u{2012}\u{2013}\u{2014}\u{2015}\u{2212}",
        "-",
    ),
];

/// A text in lower case, letter by letter: where a word ends makes no difference.
pub fn lowercase(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let letters = text.chars();
    letters
        .map(|it| lower(it.encode_utf8(&mut [0; 4])))
        .collect()
}

/// A text to be searched, or what is searched for. Line breaks stay: lists put them between the fields of a row.
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in lower(text).chars() {
        if letter == '\n' {
            out.push('\n');
        } else if letter.is_whitespace() {
            // Blanks in a row are one.
            if !out.ends_with(' ') {
                out.push(' ');
            }
        } else if letter.is_ascii() {
            out.push(letter);
        } else {
            plain(&mut out, letter);
        }
    }
    out
}

/// What has no width of its own: combining diacritics, soft hyphens, joiners, direction controls.
fn is_invisible(letter: char) -> bool {
    matches!(letter,
        '\u{300}'..='\u{36f}' | '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Writes a small letter without its diacritics.
fn plain(out: &mut String, letter: char) {
    let code = u32::from(letter) as usize;
    let plain = match code {
        0xc0..0x250 => LATIN[code - 0xc0],
        0x1e00..0x1f00 => LATIN_ADDITIONAL[code - 0x1e00],
        _ => b'.',
    };
    if plain != b'.' {
        out.push(char::from(plain));
    } else if let Some(known) = OTHERS.iter().find(|it| it.0.contains(letter)) {
        out.push_str(known.1);
    } else if !is_invisible(letter) {
        out.push(letter);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

    fn finds(typed: &str, name: &str) -> bool {
        fold(name).contains(&fold(typed))
    }

    #[test]
    fn blanks_case_and_diacritics_make_no_difference() {
        for (typed, name) in [
            ("NB SP", "NB\u{a0}SP"),
            ("nb sp", "NB \u{2009}\t SP"),
            ("nb\u{a0}sp", "NB SP"),
            ("muller", "Müller"),
            ("MÜLLER", "muller"),
            ("mu\u{308}ller", "M\u{fc}ller"),
            ("strasse", "Straße"),
            ("istanbul", "İstanbul"),
            ("lodz", "Łódź"),
            ("nguyen", "Nguyễn"),
            ("aerosund", "Ærøsund"),
            ("αθηνα", "Αθήνα"),
            ("киів", "КИЇВ"),
            ("o'hara", "O\u{2019}Hara"),
            ("ab", "a\u{200b}b"),
            ("東京", "東京 Trading"),
        ] {
            assert!(finds(typed, name), "{typed} in {name}");
        }
        assert!(!finds("acme eu", "acme\neu"));
        assert!(!finds("nbsp", "NB\u{a0}SP"));
    }

    #[test]
    fn the_tables_agree_with_unicode() {
        for letter in ('\u{c0}'..'\u{250}').chain('\u{1e00}'..'\u{1f00}') {
            let small: String = letter.to_lowercase().collect();
            let bare: String = small.nfkd().filter(|it| !is_combining_mark(*it)).collect();
            if bare.bytes().all(|it| it.is_ascii_lowercase()) && bare.len() == 1 {
                assert_eq!(fold(&small), bare, "{letter}");
            }
            assert_eq!(fold(&letter.to_string()), fold(&small), "{letter}");
        }
    }

    #[test]
    fn a_name_folds_alike_however_it_is_composed() {
        let latin = ('\u{c0}'..'\u{250}').chain('\u{1e00}'..'\u{1f00}');
        let others = ('\u{386}'..'\u{3cf}').chain('\u{400}'..'\u{460}');
        for letter in latin.chain(others).filter(|it| it.is_alphabetic()) {
            let letter = letter.to_string();
            let taken_apart: String = letter.nfd().collect();
            assert_eq!(fold(&letter), fold(&taken_apart), "{letter}");
        }
    }

    proptest! {
        #[test]
        fn what_is_folded_folds_to_itself(text: String) {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }

        #[test]
        fn a_part_of_a_name_finds_the_name(name in "[a-zA-ZäöüßÄéøŁŠ\u{a0}\u{2009}' -]{1,20}", from in 0usize..20, long in 1usize..20) {
            let part: String = name.chars().skip(from).take(long).collect();
            prop_assert!(finds(&part, &name) || part.is_empty());
        }
    }
}
