//! Evidence of a step (R74): an output, a link or a file, with its size and SHA-256. What is kept, and how a file's type is told
//! from its bytes.
use super::{
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
    #[error("evidence has at most {EVIDENCE_MAX_BYTES} bytes, this has {0}")]
    TooLarge(usize),
    #[error("evidence is text in UTF-8, or a PNG, JPEG, GIF or WebP image")]
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
        let name = errors.check(Field::Name, name_or(name, &shortened));
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
    let scheme = text.split_once("://").map(|it| it.0);
    let is_web = scheme
        .is_some_and(|it| it.eq_ignore_ascii_case("https") || it.eq_ignore_ascii_case("http"));
    let has_gaps = |it: char| it.is_whitespace() || it.is_control();
    if is_web && !text.contains(has_gaps) {
        Ok(text.to_owned())
    } else {
        let faults = vec!["Use an address that begins with http:// or https://".to_owned()];
        Err(FieldError::Faults { faults })
    }
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

/// The type of a file: an image is what its bytes are, whatever was said of it; a text is what was said, if it can be read as
/// one. None for all else.
fn file_type(said: &str, bytes: &[u8]) -> Option<String> {
    let said = said.split(';').next().unwrap_or_default();
    let said = said.trim().to_ascii_lowercase();
    if said.starts_with("image/") {
        return sniffed_image(bytes).map(str::to_owned);
    }
    let is_word = |it: char| it.is_ascii_alphanumeric() || matches!(it, '.' | '+' | '-' | '_');
    let subtype = said.strip_prefix("text/")?;
    let is_type = !subtype.is_empty() && subtype.chars().all(is_word);
    let text = std::str::from_utf8(bytes).ok()?;
    (is_type && !text.contains('\0')).then_some(said)
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
        write!(f, "{name}, {bytes} bytes, SHA-256 {sha256}")
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
        for (said, bytes) in [
            ("text/plain", &b"\xff\xfe"[..]),
            ("text/plain", b"a\0b"),
            ("text/", b"a"),
            ("text/a b", b"a"),
            ("application/pdf", b"%PDF"),
            ("application/octet-stream", b"a"),
            ("", b"a"),
        ] {
            assert_eq!(type_of(said, bytes), None, "{said}");
        }
    }

    #[test]
    fn a_link_leads_to_the_web() {
        for good in ["https://ci.example.com/job/1", "HTTP://ci:8080/"] {
            assert_eq!(parse_url(good).as_deref(), Ok(good));
        }
        for wrong in [
            "",
            "javascript:alert(1)",
            "ci.example.com",
            "https://a b",
            "ftp://x/",
        ] {
            assert!(parse_url(wrong).is_err(), "{wrong}");
        }
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
    }
}
