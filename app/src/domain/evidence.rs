//! Evidence of a step (R74): an output, a link or a file, with its size and SHA-256. What is kept, and how a file's type is told
//! from its bytes.
use super::{
    digit_groups::grouped,
    field_error::FieldError,
    id::{EvidenceId, StepId},
    text::Name,
    validation_errors::{ErrorCollector, ValidationErrors},
    vocabulary::Field,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;

/// Bytes of one piece.
pub const EVIDENCE_MAX_BYTES: usize = 1024 * 1024;
/// Pieces that people add to a step. What comes by a hook is not counted, so that no report is refused for it.
pub const EVIDENCE_MAX: usize = 5;
/// Characters of a link.
const URL_MAX_CHARS: usize = 2_000;

words! {
    /// What a piece of evidence is.
    EvidenceKind { Output = "output", Link = "link", File = "file" }
}

/// A piece of evidence, without its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    pub id: EvidenceId,
    pub step_id: StepId,
    pub kind: EvidenceKind,
    pub name: String,
    /// Without parameters, such as `text/plain`.
    pub content_type: String,
    /// Where a link leads.
    pub url: Option<String>,
    pub bytes: u32,
    /// As 64 lowercase hexadecimal digits.
    pub sha256: String,
    /// What the report of a hook called itself.
    pub message: Option<String>,
    /// Who added it, by the name of that time.
    pub by: String,
    #[serde(with = "crate::domain::time_serde")]
    pub at: DateTime<Utc>,
}

impl Evidence {
    /// Whether it may be shown as an image.
    pub fn is_image(&self) -> bool {
        is_shown_image(&self.content_type)
    }
}

/// A piece of evidence to be added, after validation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceDraft {
    pub kind: EvidenceKind,
    pub name: Name,
    pub content_type: String,
    pub url: Option<String>,
    pub body: Vec<u8>,
}

/// Why a piece of evidence is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefusedEvidence {
    #[error(transparent)]
    Invalid(#[from] ValidationErrors),
    #[error("Evidence: at most {} bytes, you have {}", grouped(EVIDENCE_MAX_BYTES), grouped(*.0))]
    TooLarge(usize),
    #[error(
        "Evidence is plain text, CSV or Markdown in UTF-8, or a PNG, JPEG, GIF or WebP image; no HTML, XML or SVG"
    )]
    OtherType,
}

impl EvidenceDraft {
    /// A pasted output. Without a name it is called `output.txt`.
    pub fn output(text: &str, name: Option<&str>) -> Result<Self, RefusedEvidence> {
        if text.len() > EVIDENCE_MAX_BYTES {
            return Err(RefusedEvidence::TooLarge(text.len()));
        }
        let mut errors = ErrorCollector::default();
        let name = errors.check(Field::Name, name_or(name, "output.txt"));
        let is_there = if text.is_empty() {
            Err(FieldError::Missing)
        } else {
            Ok(())
        };
        let is_there = errors.check(Field::Text, is_there);
        let (name, ()) = errors.finish(name.zip(is_there))?;
        Ok(Self {
            kind: EvidenceKind::Output,
            name,
            content_type: "text/plain".to_owned(),
            url: None,
            body: text.as_bytes().to_vec(),
        })
    }

    /// A link. Without a name it is called by its address.
    pub fn link(url: &str, name: Option<&str>) -> Result<Self, RefusedEvidence> {
        let mut errors = ErrorCollector::default();
        let url = errors.check(Field::Url, parse_url(url));
        let shortened: String = url.as_deref().unwrap_or("link").chars().take(100).collect();
        let name = match name.filter(|it| !it.trim().is_empty()) {
            Some(name) => errors.check(Field::Name, Name::parse(name)),
            // It is called by its address, so what is wrong is wrong there.
            None => errors.check(Field::Url, Name::parse(&shortened)),
        };
        let (url, name) = errors.finish(url.zip(name))?;
        Ok(Self {
            kind: EvidenceKind::Link,
            name,
            content_type: "text/uri-list".to_owned(),
            body: url.as_bytes().to_vec(),
            url: Some(url),
        })
    }

    /// A file as it was sent, with the media type that was said of it.
    pub fn file(
        bytes: Vec<u8>,
        media_type: &str,
        name: Option<&str>,
    ) -> Result<Self, RefusedEvidence> {
        if bytes.len() > EVIDENCE_MAX_BYTES {
            return Err(RefusedEvidence::TooLarge(bytes.len()));
        }
        let content_type = file_type(media_type, &bytes).ok_or(RefusedEvidence::OtherType)?;
        let mut errors = ErrorCollector::default();
        let name = errors.check(Field::Name, name_or(name, "file"));
        let name = errors.finish(name)?;
        Ok(Self {
            kind: EvidenceKind::File,
            name,
            content_type,
            url: None,
            body: bytes,
        })
    }
}

/// The name that was given, or another if none was.
fn name_or(name: Option<&str>, other: &str) -> Result<Name, FieldError> {
    let name = name.filter(|it| !it.trim().is_empty());
    Name::parse(name.unwrap_or(other))
}

/// A link leads to a page of the web, and nowhere else.
pub fn parse_url(text: &str) -> Result<String, FieldError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(FieldError::Missing);
    }
    let long = text.chars().count();
    if long > URL_MAX_CHARS {
        return Err(FieldError::TooLong {
            max: URL_MAX_CHARS,
            long,
        });
    }
    let is_web = text.split_once("://").is_some_and(|(scheme, rest)| {
        let is_known = ["https", "http"]
            .iter()
            .any(|it| scheme.eq_ignore_ascii_case(it));
        is_known && has_host(rest)
    });
    let has_gaps = |it: char| it.is_whitespace() || it.is_control();
    if is_web && !text.contains(has_gaps) {
        Ok(text.to_owned())
    } else {
        let faults =
            vec!["Use an address that begins with http:// or https:// and a host".to_owned()];
        Err(FieldError::Faults { faults })
    }
}

/// Whether a URL has a host.
fn has_host(rest: &str) -> bool {
    let authority = rest.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    !host.is_empty() && !host.starts_with(':')
}

/// The images that are shown as such, with what their bytes begin with. WebP has its length in between.
const IMAGES: [(&str, &[u8]); 5] = [
    ("image/png", b"\x89PNG\r\n\x1a\n"),
    ("image/jpeg", b"\xff\xd8\xff"),
    ("image/gif", b"GIF87a"),
    ("image/gif", b"GIF89a"),
    ("image/webp", b"RIFF"),
];

/// Whether a type is one of the images that are shown. SVG, which can hold scripts, is none of them.
pub fn is_shown_image(content_type: &str) -> bool {
    IMAGES.iter().any(|it| it.0 == content_type)
}

/// The image that these bytes are; none if they are none of the four.
fn sniffed_image(bytes: &[u8]) -> Option<&'static str> {
    let found = IMAGES.iter().find(|it| bytes.starts_with(it.1));
    let is_whole = |it: &str| it != "image/webp" || bytes.get(8..12) == Some(b"WEBP");
    found.map(|it| it.0).filter(|it| is_whole(it))
}

/// Types of text that can hold scripts.
const PAGES: [&str; 2] = ["html", "xml"];
/// What pages and drawings begin with, in any case: these can hold scripts, whatever type was said.
const MARKUP: [&str; 4] = ["<svg", "<html", "<!doctype html", "<!doctype svg"];

fn is_markup(text: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    // A report of a test may be XML; a drawing is XML too.
    let is_xml = text.starts_with("<?xml");
    if is_xml && text.to_ascii_lowercase().contains("<svg") {
        return true;
    }
    MARKUP.iter().any(|it| {
        let start = text.get(..it.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(it))
    })
}

/// The type of a file: an image is what its bytes are, whatever was said of it; a text is what was said, if it can be read as
/// one and is no page. None for all else.
fn file_type(said: &str, bytes: &[u8]) -> Option<String> {
    let said = said.split(';').next().unwrap_or_default();
    let said = said.trim().to_ascii_lowercase();
    if said.starts_with("image/") {
        return sniffed_image(bytes).map(str::to_owned);
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let kind = said.strip_prefix("text/")?;
    let is_type = !kind.is_empty()
        && kind
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || b".+-".contains(&it));
    let is_taken = is_type && !PAGES.contains(&kind) && !text.contains('\0') && !is_markup(text);
    is_taken.then_some(said)
}

/// A size in bytes: "1 byte", "65536 bytes".
pub fn byte_count(bytes: u32) -> String {
    let unit = if bytes == 1 { "byte" } else { "bytes" };
    format!("{bytes} {unit}")
}

/// What the history keeps of a piece of evidence, also when it is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EvidenceDigest {
    pub kind: EvidenceKind,
    pub name: String,
    pub bytes: u32,
    pub sha256: String,
}

impl EvidenceDigest {
    /// That of a member of an event; none for anything else.
    pub fn of(value: &Value) -> Option<Self> {
        let text = |name: &str| value.get(name)?.as_str().map(str::to_owned);
        Some(Self {
            kind: text("kind")?.parse().ok()?,
            name: text("name")?,
            bytes: u32::try_from(value.get("bytes")?.as_u64()?).ok()?,
            sha256: text("sha256")?,
        })
    }
}

impl From<&Evidence> for EvidenceDigest {
    fn from(it: &Evidence) -> Self {
        Self {
            kind: it.kind,
            name: it.name.clone(),
            bytes: it.bytes,
            sha256: it.sha256.clone(),
        }
    }
}

impl fmt::Display for EvidenceDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kind: _,
            name,
            bytes,
            sha256,
        } = self;
        write!(f, "{name}, {}, SHA-256 {sha256}", byte_count(*bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_what_its_bytes_are() {
        let png = b"\x89PNG\r\n\x1a\n....";
        let webp = b"RIFF\x04\0\0\0WEBPVP8 ";
        assert_eq!(file_type("image/png", png).as_deref(), Some("image/png"));
        assert_eq!(file_type("image/jpeg", png).as_deref(), Some("image/png"));
        assert_eq!(file_type("image/webp", webp).as_deref(), Some("image/webp"));
        assert_eq!(
            file_type("image/gif", b"GIF89a..").as_deref(),
            Some("image/gif")
        );
        assert_eq!(
            file_type("image/jpeg", b"\xff\xd8\xff\xe0").as_deref(),
            Some("image/jpeg")
        );
        for (said, bytes) in [
            ("image/webp", &b"RIFF\x04\0\0\0WAVE"[..]),
            ("image/svg+xml", b"<svg onload='alert(1)'/>"),
            ("image/png", b"<svg/>"),
            ("image/png", b""),
        ] {
            assert_eq!(file_type(said, bytes), None, "{said}");
        }
    }

    #[test]
    fn a_text_is_one_that_can_be_read_and_nothing_else_is_taken() {
        let type_of = |said: &str, bytes: &[u8]| file_type(said, bytes);
        let csv = type_of("Text/CSV; charset=utf-8", b"a,b");
        assert_eq!(csv.as_deref(), Some("text/csv"));
        let plain = type_of("text/plain", b"<b>a</b> is no page");
        assert_eq!(plain.as_deref(), Some("text/plain"));
        for (said, bytes) in [
            ("text/plain", &b"\xff\xfe"[..]),
            ("text/plain", b"a\0b"),
            ("text/", b"a"),
            ("text/a b", b"a"),
            ("text/html", b"a"),
            ("text/xml", b"<svg/>"),
            ("text/plain", b"<svg onload='alert(1)'/>"),
            ("text/plain", b"\xef\xbb\xbf<?xml version='1.0'?><SVG/>"),
            ("text/csv", b"\r\n <!DOCTYPE HTML><p>a"),
            ("text/markdown", b"\t<HTML>"),
            ("application/pdf", b"%PDF"),
            ("application/octet-stream", b"a"),
            ("", b"a"),
        ] {
            assert_eq!(type_of(said, bytes), None, "{said}");
        }
    }

    #[test]
    fn a_link_leads_to_the_web() {
        for good in [
            "https://ci.example.com/job/1",
            "HTTP://ci:8080/",
            "http://[::1]:3000?a",
        ] {
            assert_eq!(parse_url(good).as_deref(), Ok(good));
        }
        for wrong in [
            "",
            "javascript:alert(1)",
            "ci.example.com",
            "https://a b",
            "ftp://x/",
            "https://",
            "https:///a",
            "https://:80/",
            "http://ana@/",
        ] {
            assert!(parse_url(wrong).is_err(), "{wrong}");
        }
        // Without a name it is called by its address, and a fault of that is one of the address.
        let wrong = EvidenceDraft::link("https://ci/\u{202e}a", None);
        let Err(RefusedEvidence::Invalid(errors)) = &wrong else {
            panic!("{wrong:?}");
        };
        let fields: Vec<Field> = errors.0.iter().map(|it| it.field).collect();
        assert_eq!(fields, [Field::Url]);
    }

    #[test]
    fn evidence_has_a_size_and_a_name() {
        let output = EvidenceDraft::output("ok\n", None).unwrap();
        assert_eq!(output.name.as_str(), "output.txt");
        let long = "a".repeat(EVIDENCE_MAX_BYTES + 1);
        let refused = EvidenceDraft::output(&long, None);
        assert_eq!(refused, Err(RefusedEvidence::TooLarge(long.len())));
        let link = EvidenceDraft::link("https://ci.example.com/1", Some("Build 1")).unwrap();
        assert_eq!(link.name.as_str(), "Build 1");
        assert!(matches!(
            EvidenceDraft::output("", None),
            Err(RefusedEvidence::Invalid(_))
        ));
    }

    #[test]
    fn the_history_tells_name_size_and_digest() {
        let digest = EvidenceDigest {
            kind: EvidenceKind::File,
            name: "deploy.log".into(),
            bytes: 12,
            sha256: "ab".into(),
        };
        let stored = serde_json::to_value(&digest).unwrap();
        assert_eq!(EvidenceDigest::of(&stored), Some(digest.clone()));
        assert_eq!(digest.to_string(), "deploy.log, 12 bytes, SHA-256 ab");
        let small = EvidenceDigest { bytes: 1, ..digest };
        assert_eq!(small.to_string(), "deploy.log, 1 byte, SHA-256 ab");
    }
}
