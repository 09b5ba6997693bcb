//! Evidence of the open step (R74), as HTML text: images, links and downloads. What is added or deleted is asked for by a script
//! that is loaded then (`public/evidence.js`), so that no page weighs more by it.
use crate::domain::{
    evidence::{Evidence, byte_count},
    id::StepId,
};
use maud::html;

/// The section; empty if there is nothing, and nothing to be added.
pub fn evidence_html(step: StepId, evidence: &[Evidence], can_change: bool) -> String {
    if evidence.is_empty() && !can_change {
        return String::new();
    }
    let html = html! {
        section aria-labelledby="evidence-title" {
            h3 id="evidence-title" tabindex="-1" { "Evidence" }
            @if !evidence.is_empty() {
                ul class="evidence" aria-labelledby="evidence-title" {
                    @for it in evidence {
                        @let own = format!("/api/steps/{step}/evidence/{}", it.id);
                        li {
                            @if it.is_image() {
                                a href=(own) target="_blank" rel="external noopener" {
                                    img src=(own) alt=(it.name) loading="lazy";
                                }
                            } @else if let Some(url) = &it.url {
                                a href=(url) target="_blank" rel="external noopener noreferrer" { (it.name) }
                            } @else {
                                a href=(own) download=(it.name) rel="external" { (it.name) }
                            }
                            " "
                            span class="quiet small" title=(format!("SHA-256 {}", it.sha256)) {
                                (size(it.bytes)) ", " (it.by)
                                @if let Some(message) = &it.message { ", " (message) }
                            }
                            @if can_change {
                                " "
                                button class="link live-only" type="button" data-evidence=(own)
                                    aria-label=(format!("Delete {}", it.name)) { "Delete" }
                            }
                        }
                    }
                }
            }
            @if can_change {
                button class="button live-only" type="button" data-size="s"
                    data-evidence=(format!("/api/steps/{step}/evidence")) { "Add evidence…" }
            }
        }
    };
    html.into_string()
}

/// A size in words: "812 bytes", "13 kB".
fn size(bytes: u32) -> String {
    match bytes {
        0..1_000 => byte_count(bytes),
        _ => format!("{} kB", bytes.div_ceil(1_000)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        components::ui::html::tests::{HOSTILE, assert_escaped},
        domain::{evidence::EvidenceKind, id::EvidenceId},
    };
    use chrono::DateTime;

    fn piece(kind: EvidenceKind, content_type: &str, name: &str) -> Evidence {
        Evidence {
            id: EvidenceId(7),
            step_id: StepId(3),
            kind,
            name: name.into(),
            content_type: content_type.into(),
            url: None,
            bytes: 12_001,
            sha256: "ab".into(),
            message: None,
            by: "Ana".into(),
            at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn an_image_is_shown_a_link_followed_and_all_else_downloaded() {
        let image = piece(EvidenceKind::File, "image/png", "Screen");
        let text = piece(EvidenceKind::Output, "text/plain", "deploy.log");
        let link = Evidence {
            url: Some("https://ci.example.com/18".into()),
            ..piece(EvidenceKind::Link, "text/uri-list", "Build 18")
        };
        let html = evidence_html(StepId(3), &[image, text, link], false);
        assert_eq!(html.matches("<img ").count(), 1);
        assert!(html.contains("src=\"/api/steps/3/evidence/7\" alt=\"Screen\""));
        assert!(html.contains("download=\"deploy.log\""));
        assert!(html.contains("href=\"https://ci.example.com/18\""));
        assert!(html.contains("13 kB, Ana") && !html.contains("Add evidence"));
        assert_eq!(evidence_html(StepId(3), &[], false), "");
        assert!(evidence_html(StepId(3), &[], true).contains("Add evidence…"));
    }

    #[test]
    fn names_stay_text() {
        let hostile = piece(EvidenceKind::Output, "text/plain", HOSTILE);
        assert_escaped(&evidence_html(StepId(3), &[hostile], false), 2);
    }
}
