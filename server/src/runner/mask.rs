//! Masks known secrets in the output of runs (R73): they are replaced by `***` before anything leaves the runner, in plain and in the
//! forms in which programs write them, also if they are cut into pieces. A secret that is not listed is not found: this is best effort.
use aho_corasick::{AhoCorasick, MatchKind};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use std::{collections::BTreeSet, mem, sync::Arc};

/// What is written in place of a secret.
pub const MASK: &[u8] = b"***";
/// A form that is shorter is not looked for: it is in any text.
const FORM_MIN_BYTES: usize = 4;
/// A single line of a secret is looked for from this length on.
const LINE_MIN_CHARS: usize = 6;
/// What is escaped in an address and in a form, by all programs but for a few characters.
const URL_ENCODED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');
/// What programs escape when they write a value into an address or a form: as RFC 3986 says, as forms are sent, as PHP does it, as
/// `encodeURIComponent`, and as Python's `quote`.
static URL_ENCODINGS: [AsciiSet; 5] = [
    URL_ENCODED.remove(b'~'),
    URL_ENCODED.remove(b'*'),
    URL_ENCODED,
    URL_ENCODED
        .remove(b'~')
        .remove(b'*')
        .remove(b'!')
        .remove(b'\'')
        .remove(b'(')
        .remove(b')'),
    URL_ENCODED.remove(b'~').remove(b'/'),
];

/// What is to be found, and how. Shared by all runs, and never printed.
#[derive(Clone, Default)]
pub struct Masks(Option<Arc<MaskFinder>>);

struct MaskFinder {
    automaton: AhoCorasick,
    /// All forms, sorted.
    forms: Vec<Vec<u8>>,
    /// Bytes of the longest one.
    longest: usize,
}

impl Masks {
    /// Looks for these secrets. Errors: together they are too large to be looked for.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let mut forms = BTreeSet::new();
        for secret in secrets {
            add_forms(secret, &mut forms);
        }
        forms.retain(|it: &Vec<u8>| it.len() >= FORM_MIN_BYTES);
        let Some(longest) = forms.iter().map(Vec::len).max() else {
            return Ok(Self(None));
        };
        let forms: Vec<Vec<u8>> = forms.into_iter().collect();
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(&forms)
            .map_err(|error| error.to_string())?;
        Ok(Self(Some(Arc::new(MaskFinder {
            automaton,
            forms,
            longest,
        }))))
    }
}

impl MaskFinder {
    /// The first place from `from` on where what is there may be the beginning of a secret whose rest is still to come.
    fn open_from(&self, bytes: &[u8], from: usize) -> usize {
        let first = from.max(bytes.len().saturating_sub(self.longest - 1));
        (first..bytes.len())
            .find(|at| {
                let tail = &bytes[*at..];
                let next = self.forms.partition_point(|it| it.as_slice() <= tail);
                self.forms.get(next).is_some_and(|it| it.starts_with(tail))
            })
            .unwrap_or(bytes.len())
    }
}

/// Adds the forms in which a secret may be written.
fn add_forms(secret: &str, forms: &mut BTreeSet<Vec<u8>>) {
    forms.insert(secret.as_bytes().to_vec());
    let lines = secret.lines();
    let lines = lines.filter(|it| it.chars().count() >= LINE_MIN_CHARS);
    forms.extend(lines.map(|it| it.as_bytes().to_vec()));
    for encoding in &URL_ENCODINGS {
        let percent = percent_encode(secret.as_bytes(), encoding).to_string();
        // In a form a blank is a plus.
        for text in [percent.replace("%20", "+"), percent] {
            forms.insert(with_small_escapes(&text).into_bytes());
            forms.insert(text.into_bytes());
        }
    }
    // Within a JSON string some letters are escaped; some programs escape the slash too.
    let json = serde_json::Value::from(secret).to_string();
    let json = &json[1..json.len() - 1];
    forms.insert(json.replace('/', r"\/").into_bytes());
    forms.insert(json.as_bytes().to_vec());
    // Within a longer text its base64 depends on where it begins, and its first and last digit on what is beside it.
    for before in 0..3_usize {
        let mut bytes = vec![0; before];
        bytes.extend_from_slice(secret.as_bytes());
        let own = (before * 8).div_ceil(6)..bytes.len() * 8 / 6;
        for text in [
            STANDARD_NO_PAD.encode(&bytes),
            URL_SAFE_NO_PAD.encode(&bytes),
        ] {
            let form = text.get(own.clone()).unwrap_or_default();
            forms.insert(form.as_bytes().to_vec());
        }
    }
}

/// The same address with the digits of its escapes in lower case, as some programs write them: "%2f".
fn with_small_escapes(percent: &str) -> String {
    let mut pieces = percent.split('%');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        // An escape is two digits.
        let (digits, rest) = piece.split_at_checked(2).unwrap_or((piece, ""));
        text.extend(["%", &digits.to_ascii_lowercase(), rest]);
    }
    text
}

/// Masks one stream of output as it comes.
pub struct Masker {
    masks: Masks,
    /// The end of what came, if it may be the beginning of a secret.
    held: Vec<u8>,
}

impl Masker {
    /// For one stream.
    pub fn new(masks: Masks) -> Self {
        Self {
            masks,
            held: Vec::new(),
        }
    }

    /// Takes the next bytes, and answers what can be told by now.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<u8> {
        let Some(finder) = self.masks.0.clone() else {
            return bytes.to_vec();
        };
        let mut text = mem::take(&mut self.held);
        text.extend_from_slice(bytes);
        let (mut told, mut at) = (Vec::with_capacity(text.len()), 0);
        let mut open = finder.open_from(&text, 0);
        for found in finder.automaton.find_iter(&text) {
            // What begins where a longer secret may begin is not decided yet.
            if found.start() >= open {
                break;
            }
            told.extend_from_slice(&text[at..found.start()]);
            told.extend_from_slice(MASK);
            at = found.end();
            if at > open {
                open = finder.open_from(&text, at);
            }
        }
        told.extend_from_slice(&text[at..open]);
        self.held = text.split_off(open);
        told
    }

    /// What was held back, at the end of the stream.
    pub fn finish(&mut self) -> Vec<u8> {
        let held = mem::take(&mut self.held);
        let Some(finder) = &self.masks.0 else {
            return held;
        };
        finder
            .automaton
            .replace_all_bytes(&held, &vec![MASK; finder.forms.len()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    fn masks(secrets: &[&str]) -> Masks {
        Masks::new(secrets.iter().copied()).unwrap()
    }

    /// The text in pieces that end at these places.
    fn masked_at(secrets: &[&str], text: &[u8], cuts: &[usize]) -> Vec<u8> {
        let mut masker = Masker::new(masks(secrets));
        let (mut told, mut start) = (Vec::new(), 0);
        let mut cuts: Vec<usize> = cuts.iter().map(|it| it % (text.len() + 1)).collect();
        cuts.sort_unstable();
        for cut in cuts {
            told.extend(masker.push(&text[start..cut]));
            start = cut;
        }
        told.extend(masker.push(&text[start..]));
        told.extend(masker.finish());
        told
    }

    fn masked(secrets: &[&str], text: &str) -> String {
        String::from_utf8(masked_at(secrets, text.as_bytes(), &[])).unwrap()
    }

    #[test]
    fn a_secret_is_masked_also_if_it_comes_in_single_bytes() {
        let text = "password is hunter2hunter2, hunter22";
        let told = "password is ******, ***2";
        assert_eq!(masked(&["hunter2"], text), told);
        let cuts: Vec<usize> = (0..text.len()).collect();
        let told_so = masked_at(&["hunter2"], text.as_bytes(), &cuts);
        assert_eq!(String::from_utf8(told_so).unwrap(), told);
    }

    #[test]
    fn what_cannot_become_a_secret_is_told_at_once() {
        let mut masker = Masker::new(masks(&["hunter2"]));
        assert_eq!(masker.push(b"done\n"), b"done\n");
        assert_eq!(masker.push(b"a hunt"), b"a ");
        assert_eq!(masker.push(b" for"), b"hunt for");
        assert_eq!(masker.push(b"hunter"), b"");
        assert_eq!(masker.finish(), b"hunter");
    }

    #[test]
    fn of_two_secrets_at_one_place_the_longer_is_masked() {
        assert_eq!(masked(&["abcd", "abcdef"], "abcdefg abcde"), "***g ***e");
        let told = masked_at(&["abcd", "abcdef"], b"abcdefg abcde", &[4, 5, 12]);
        assert_eq!(told, b"***g ***e");
    }

    #[test]
    fn a_secret_is_masked_in_base64_wherever_it_begins_and_in_an_address() {
        let secret = "s3cr3t/+ value";
        for before in ["", "u", "us", "user:"] {
            for after in ["", "\n", ":x"] {
                let text = STANDARD.encode(format!("{before}{secret}{after}"));
                let told = masked(&[secret], &text);
                assert!(told.contains("***"), "{text}: {told}");
                assert!(
                    told.len() < before.len() + after.len() + 14,
                    "{text}: {told}"
                );
            }
        }
        for form in ["s3cr3t%2F%2B%20value", "s3cr3t%2f%2b%20value"] {
            let address = format!("https://x/?p={form}&q");
            assert_eq!(masked(&[secret], &address), "https://x/?p=***&q");
        }
    }

    #[test]
    fn a_secret_is_masked_in_a_form_however_its_blanks_are_written_and_wherever_it_is_cut() {
        let secret = "another line secret";
        for form in ["another+line+secret", "another%20line%20secret"] {
            let text = format!("user=ana&p={form}&q=a+line");
            let told = "user=ana&p=***&q=a+line";
            assert_eq!(masked(&[secret], &text), told);
            let cuts: Vec<usize> = (0..text.len()).collect();
            let in_bytes = masked_at(&[secret], text.as_bytes(), &cuts);
            assert_eq!(String::from_utf8(in_bytes).unwrap(), told);
            for cut in 0..text.len() {
                let in_two = masked_at(&[secret], text.as_bytes(), &[cut]);
                assert_eq!(String::from_utf8(in_two).unwrap(), told, "{cut}");
            }
        }
        let secret = "a /b~*(c)'!+d";
        for form in [
            "a%20%2Fb~%2A%28c%29%27%21%2Bd",
            "a+%2Fb%7E*%28c%29%27%21%2Bd",
            "a+%2fb%7e%2a%28c%29%27%21%2bd",
            "a%20%2Fb~*(c)'!%2Bd",
            "a%20/b~%2A%28c%29%27%21%2Bd",
        ] {
            assert_eq!(masked(&[secret], &format!("p={form}&q")), "p=***&q");
        }
    }

    #[test]
    fn a_secret_is_masked_within_json_also_where_slashes_are_escaped() {
        let secret = "a/b\"c\\d\ne";
        for form in [r#"a/b\"c\\d\ne"#, r#"a\/b\"c\\d\ne"#] {
            assert_eq!(
                masked(&[secret], &format!("{{\"p\":\"{form}\"}}")),
                r#"{"p":"***"}"#
            );
        }
    }

    #[test]
    fn the_lines_of_a_secret_are_masked_and_what_is_short_is_not() {
        let key = "-----BEGIN KEY-----\r\nMIIEvQ\nabc\n";
        assert_eq!(masked(&[key], "MIIEvQ abc"), "*** abc");
        assert_eq!(masked(&["abc", ""], "abc"), "abc");
        assert_eq!(masked(&["abcd"], "abcd"), "***");
        assert_eq!(masked(&[], "abcd"), "abcd");
    }

    proptest! {
        #[test]
        fn it_does_not_matter_where_the_output_is_cut(
            secrets in prop::collection::vec("[ab]{4,9}", 1..4),
            text in "[abc]{0,80}",
            cuts in prop::collection::vec(0..200_usize, 0..20),
        ) {
            let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
            let whole = masked_at(&secrets, text.as_bytes(), &[]);
            let in_pieces = masked_at(&secrets, text.as_bytes(), &cuts);
            prop_assert_eq!(&whole, &in_pieces);
            let finder = masks(&secrets).0.unwrap();
            let with = vec![MASK; finder.forms.len()];
            let at_once = finder.automaton.replace_all_bytes(text.as_bytes(), &with);
            prop_assert_eq!(&whole, &at_once);
            let told = String::from_utf8(whole).unwrap();
            for secret in secrets {
                prop_assert!(!told.contains(secret), "{} in {}", secret, told);
            }
        }
    }
}
