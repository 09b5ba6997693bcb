//! Search over everything (R106): what is searched for, what is found, and the line of a text that has it. All words are to be
//! there, in any order. Names are compared as filters compare them. Texts are compared as the databases do: only A to Z have two
//! cases.
use super::{
    field_error::FieldError,
    fold::fold,
    id::{ClusterId, CustomerId, ReleaseId, StepId, TemplateId},
    vocabulary::ReleaseStatus,
};
use unicode_normalization::UnicodeNormalization;

/// The longest text that can be searched for, in characters.
pub const QUERY_MAX_CHARS: usize = 200;
/// How many characters of a line are shown.
const LINE_MAX_CHARS: usize = 160;
/// How many of them stand before what was found, in a line that is longer.
const BEFORE_MAX_CHARS: usize = 40;

/// What is searched for. It is not blank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchQuery {
    text: String,
    /// Its words, with A to Z in lower case.
    words: Vec<String>,
    /// Its words as names are compared.
    folded: Vec<String>,
}

/// The line of a text that has what was searched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundLine {
    /// Its number in the text, from 1.
    pub number: usize,
    /// The line, cut if it is long.
    pub text: String,
}

/// A release that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundRelease {
    pub id: ReleaseId,
    pub name: String,
    pub status: ReleaseStatus,
}

/// A customer that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundCustomer {
    pub id: CustomerId,
    pub name: String,
    pub namespace: String,
    pub cluster: String,
    pub is_active: bool,
}

/// A cluster that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundCluster {
    pub id: ClusterId,
    pub name: String,
    pub is_active: bool,
}

/// A step of a release that was found by its name or by its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundStep {
    pub release: ReleaseId,
    pub release_name: String,
    pub name: String,
    /// The cell to open; none if no customer has the step.
    pub step: Option<StepId>,
    /// The template step; none if it is a step of customers alone.
    pub template: Option<TemplateId>,
    /// How many customers have the step, or the text.
    pub customers: u32,
    /// The line that was found; none if the step was found by its name.
    pub line: Option<FoundLine>,
    /// Whether only a text that was copied or marked done has the line, with the values of that time.
    pub is_executed: bool,
}

/// How much there is of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SearchTotals {
    pub releases: usize,
    pub customers: usize,
    pub clusters: usize,
    pub steps: usize,
    pub people: usize,
    pub texts: usize,
}

/// What was found, each kind with at most as many as were asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchResults {
    /// Newest first.
    pub releases: Vec<FoundRelease>,
    /// By name.
    pub customers: Vec<FoundCustomer>,
    /// By name.
    pub clusters: Vec<FoundCluster>,
    /// Steps by their names: first those that customers have, those of the newest release first, in their order.
    pub steps: Vec<FoundStep>,
    /// The names of people in the history, in alphabetical order.
    pub people: Vec<String>,
    /// Steps by their texts: first those with the words as they were written, then in the order of `steps`.
    pub texts: Vec<FoundStep>,
    /// How many there are, also beyond as many as were asked for.
    pub totals: SearchTotals,
}

impl SearchQuery {
    /// What is searched for, without blanks around it; none if that is nothing. Errors: too long.
    pub fn parse(text: &str) -> Result<Option<Self>, FieldError> {
        let text = text.trim();
        let long = text.chars().count();
        if long > QUERY_MAX_CHARS {
            let max = QUERY_MAX_CHARS;
            return Err(FieldError::TooLong { max, long });
        }
        // Names are composed, texts are as somebody wrote them.
        let composed: String = text.nfc().collect();
        Ok((!text.is_empty()).then(|| Self {
            text: text.to_owned(),
            words: words(&text.to_ascii_lowercase()),
            folded: words(&fold(&composed)),
        }))
    }

    /// The text as it was written, as the only one that is to be found.
    pub fn phrase(&self) -> &[String] {
        std::slice::from_ref(&self.text)
    }

    /// Its words, which are to be found in any order.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// Whether it is a single word, so that the phrase is no more than its words.
    pub fn is_one_word(&self) -> bool {
        self.words.len() == 1
    }

    /// Whether a name has all words.
    pub fn is_in_name(&self, name: &str) -> bool {
        let name = fold(name);
        self.folded.iter().all(|it| name.contains(it))
    }

    /// The first line of a text that has it as it was written; if it has line breaks, the line in which it begins. If the text
    /// has only its words, the first of the lines with most of them.
    pub fn line_of(&self, body: &str) -> Option<FoundLine> {
        // Only A to Z change, so that places in the one are places in the other.
        let lower = body.to_ascii_lowercase();
        let phrase = lower.find(&self.text.to_ascii_lowercase());
        let at = phrase.or_else(|| self.place_of_words(&lower))?;
        let start = body[..at].rfind('\n').map_or(0, |it| it + 1);
        let end = body[at..].find('\n').map_or(body.len(), |it| at + it);
        Some(FoundLine {
            number: 1 + body[..start].matches('\n').count(),
            text: cut(body[start..end].trim_end(), body[start..at].chars().count()),
        })
    }

    /// Where the first word is in the first of the lines with most words; none if a word is missing.
    fn place_of_words(&self, lower: &str) -> Option<usize> {
        if !self.words.iter().all(|it| lower.contains(it)) {
            return None;
        }
        let (mut n_most, mut place) = (0, None);
        let mut start = 0;
        for line in lower.split('\n') {
            let words = self.words.iter();
            let places: Vec<usize> = words.filter_map(|it| line.find(it)).collect();
            if places.len() > n_most {
                n_most = places.len();
                place = places.iter().min().map(|it| start + it);
            }
            start += line.len() + 1;
        }
        place
    }
}

/// The words of a text.
fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// A line without the blanks around it; of a long one the part around a place, in characters.
fn cut(line: &str, place: usize) -> String {
    let n_chars = line.chars().count();
    if n_chars <= LINE_MAX_CHARS {
        return line.trim().to_owned();
    }
    let last_start = n_chars - LINE_MAX_CHARS;
    let start = place.saturating_sub(BEFORE_MAX_CHARS).min(last_start);
    let shown: String = line.chars().skip(start).take(LINE_MAX_CHARS).collect();
    let before = if start > 0 { "…" } else { "" };
    let behind = if start < last_start { "…" } else { "" };
    format!("{before}{}{behind}", shown.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> SearchQuery {
        SearchQuery::parse(text).unwrap().unwrap()
    }

    fn line(sought: &str, body: &str) -> Option<(usize, String)> {
        let found = query(sought).line_of(body);
        found.map(|it| (it.number, it.text))
    }

    #[test]
    fn blanks_are_no_search_and_a_search_has_at_most_200_characters() {
        assert_eq!(SearchQuery::parse(" \t"), Ok(None));
        assert_eq!(query("  UPDATE tenant ").phrase(), ["UPDATE tenant"]);
        assert!(SearchQuery::parse(&"é".repeat(200)).is_ok());
        let (max, long) = (200, 201);
        let refused = SearchQuery::parse(&"é".repeat(201));
        assert_eq!(refused, Err(FieldError::TooLong { max, long }));
    }

    #[test]
    fn a_name_is_found_as_filters_find_it() {
        assert!(query("muller").is_in_name("Müller Logistik"));
        assert!(query("MÜLLER LOG").is_in_name("Müller Logistik"));
        assert!(!query("%").is_in_name("Müller"));
    }

    #[test]
    fn a_name_has_all_words_in_any_order_however_they_are_parted() {
        for sought in ["api helm", "helm  api", "HELM\tupgr api"] {
            assert!(query(sought).is_in_name("Helm upgrade: api"), "{sought}");
        }
        assert!(!query("api helm worker").is_in_name("Helm upgrade: api"));
    }

    #[test]
    fn a_text_is_found_by_its_first_line_that_has_it() {
        let body = "BEGIN;\n  update tenant SET plan = 1;\nUPDATE tenant;\n";
        let found = (2, "update tenant SET plan = 1;".to_owned());
        assert_eq!(line("UPDATE tenant", body), Some(found));
        assert_eq!(line("begin;\n  u", body), Some((1, "BEGIN;".into())));
        assert_eq!(line("tenants", body), None);
        // As the databases compare: an umlaut has one case.
        assert_eq!(line("Ü", "ü"), None);
    }

    #[test]
    fn a_text_with_all_words_is_found_by_its_line_with_most_of_them() {
        let body = "helm version\nhelm upgrade api\nhelm upgrade api --wait\n";
        let found = |number, text: &str| Some((number, text.to_owned()));
        assert_eq!(line("api  helm", body), found(2, "helm upgrade api"));
        assert_eq!(line("--wait version", body), found(1, "helm version"));
        // As it was written comes first.
        assert_eq!(
            line("api --wait", body),
            found(3, "helm upgrade api --wait")
        );
        assert_eq!(line("helm worker", body), None);
    }

    #[test]
    fn of_a_long_line_the_part_with_it_is_shown() {
        let body = format!("{} needle {}", "a".repeat(300), "b".repeat(300));
        let (_, text) = line("needle", &body).unwrap();
        assert!(text.starts_with("…aaa") && text.ends_with("bbb…"), "{text}");
        assert!(text.contains("a needle b") && text.chars().count() <= 162);
        let (_, text) = line("needle", &format!("needle {}", "b".repeat(300))).unwrap();
        assert!(text.starts_with("needle bb") && text.ends_with('…'));
        let (_, text) = line("needle", &format!("{} needle", "b".repeat(300))).unwrap();
        assert!(text.starts_with('…') && text.ends_with("b needle"));
    }
}
