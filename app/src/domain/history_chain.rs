//! The chain of the history (R89): each event's hash covers the event and the hash before it, so that no event can be
//! changed, left out or put in between without changing every later hash. What is hashed never changes, because people
//! keep hashes elsewhere to compare with.
use super::{canonical_json, event::Event, id::EventId, time_serde::six_decimals};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{fmt, str::FromStr};

/// The previous hash of the first event, and the hash of a history without events.
pub const NONE_BEFORE: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Hexadecimal SHA-256 of a text, in small letters. Only the server can compute it.
pub type Digest = fn(&str) -> String;

/// An event and its hash, which proves this event and all before it. Written as `ID:HASH`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    pub id: EventId,
    /// 64 lowercase hexadecimal digits.
    pub hash: String,
}

impl Default for Head {
    /// The head of a history without events.
    fn default() -> Self {
        Self {
            id: EventId(0),
            hash: NONE_BEFORE.to_owned(),
        }
    }
}

/// Whether a text is a SHA-256 as it is written here: 64 hexadecimal digits in small letters.
pub fn is_sha256(text: &str) -> bool {
    text.len() == 64
        && text
            .bytes()
            .all(|it| it.is_ascii_digit() || (b'a'..=b'f').contains(&it))
}

/// Whether a text is a signature of Ed25519 as it is written here: the base64 of 64 bytes.
pub fn is_signature(text: &str) -> bool {
    let is_base64 = |it: u8| it.is_ascii_alphanumeric() || it == b'+' || it == b'/';
    // The last letter before the two signs of equality stands for two bits.
    text.len() == 88
        && text
            .strip_suffix("==")
            .is_some_and(|it| it.bytes().all(is_base64) && it.ends_with(['A', 'Q', 'g', 'w']))
}

impl FromStr for Head {
    type Err = &'static str;

    /// `41:9f86…`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str = "write ID:HASH, the hash as 64 hexadecimal digits in small letters";
        let (id, hash) = text.split_once(':').ok_or(WRONG)?;
        let id = id.parse().map(EventId).map_err(|_| WRONG)?;
        let hash = hash.to_owned();
        // Only a history without events has the id 0.
        let is_none = id.0 == 0 && hash == NONE_BEFORE;
        if is_none || (id.0 > 0 && is_sha256(&hash)) {
            Ok(Self { id, hash })
        } else {
            Err(WRONG)
        }
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.id.0, self.hash)
    }
}

/// Writes the members of the hashed object, in the order of their names. One that is none is left out: a member that is
/// added later changes no earlier hash.
struct Members<'a> {
    out: &'a mut String,
    digest: Digest,
}

impl Members<'_> {
    fn name(&mut self, name: &str) {
        self.out.push(if self.out.is_empty() { '{' } else { ',' });
        canonical_json::write_text(self.out, name);
        self.out.push(':');
    }

    fn text(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.name(name);
            canonical_json::write_text(self.out, text);
        }
    }

    fn number(&mut self, name: &str, number: Option<i64>) {
        self.value(name, number.map(Value::from).as_ref());
    }

    /// Contents count by their SHA-256, at whatever depth.
    fn value(&mut self, name: &str, value: Option<&Value>) {
        let Some(value) = value.filter(|it| !it.is_null()) else {
            return;
        };
        self.name(name);
        let digest = self.digest;
        let text = |out: &mut String, name: &str, text: &str| {
            if name == "content" {
                canonical_json::write_text(out, &digest(text));
            } else {
                canonical_json::write_text(out, text);
            }
        };
        canonical_json::write(self.out, value, &text);
    }
}

/// The event as it is hashed: without its hashes, and with texts by their SHA-256 only.
pub fn canonical(event: &Event, digest: Digest) -> String {
    // A field that is added to events is added here, behind its name in the order of the others.
    let Event {
        id,
        batch_id,
        entity,
        entity_id,
        release_id,
        customer_id,
        action,
        actor,
        at,
        before,
        after,
        resolved_text: _,
        resolved_sha256,
        text_shown,
        undoes,
        user_id,
        via,
        hash: _,
        previous_hash: _,
    } = event;
    let mut out = String::with_capacity(1_024);
    let at = six_decimals(*at);
    let mut members = Members {
        out: &mut out,
        digest,
    };
    members.text("action", Some(action.as_str()));
    members.text("actor", Some(actor));
    members.value("after", after.as_ref());
    members.text("at", Some(&at));
    members.text("batchId", Some(&batch_id.0));
    members.value("before", before.as_ref());
    members.number("customerId", customer_id.map(|it| it.0));
    members.text("entity", Some(entity.as_str()));
    members.number("entityId", Some(*entity_id));
    members.number("id", Some(id.0));
    members.number("releaseId", release_id.map(|it| it.0));
    members.text("resolvedSha256", resolved_sha256.as_deref());
    members.value("textShown", text_shown.map(Value::from).as_ref());
    members.text("undoes", undoes.as_ref().map(|it| it.0.as_str()));
    members.number("userId", user_id.map(|it| it.0));
    let via = via.as_ref().map(ToString::to_string);
    members.text("via", via.as_deref());
    out.push('}');
    out
}

/// The hash of an event behind the one with `previous`.
pub fn hash(previous: &str, event: &Event, digest: Digest) -> String {
    digest(&format!("{previous}\n{}", canonical(event, digest)))
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::domain::{
        event::{Entity, EventAction},
        id::{BatchId, CustomerId, ReleaseId},
    };
    use serde_json::json;

    /// Good enough to tell texts apart: the domain has no SHA-256.
    pub fn digest(text: &str) -> String {
        let fold = |seed: u64| {
            text.bytes().fold(seed, |hash, it| {
                (hash ^ u64::from(it)).wrapping_mul(0x0100_0000_01b3)
            })
        };
        [1, 2, 3, 4].map(|it| format!("{:016x}", fold(it))).concat()
    }

    pub fn event(id: i64) -> Event {
        Event {
            id: EventId(id),
            batch_id: BatchId("b".into()),
            entity: Entity::Step,
            entity_id: 7,
            release_id: Some(ReleaseId(3)),
            customer_id: Some(CustomerId(5)),
            action: EventAction::Done,
            actor: "Ana \"A\"".into(),
            at: "2026-06-01T09:12:00.123456789Z".parse().unwrap(),
            before: None,
            after: Some(
                json!({ "status": "done", "notes": null, "own": [{ "content": "x", "id": 1 }] }),
            ),
            resolved_text: Some("echo".into()),
            resolved_sha256: Some("sha".into()),
            text_shown: None,
            undoes: None,
            user_id: None,
            via: None,
            hash: None,
            previous_hash: None,
        }
    }

    #[test]
    fn what_is_hashed_is_written_down_here_and_never_changes() {
        let x = digest("x");
        let expected = format!(
            "{{\"action\":\"done\",\"actor\":\"Ana \\\"A\\\"\",\
             \"after\":{{\"notes\":null,\"own\":[{{\"content\":\"{x}\",\"id\":1}}],\"status\":\"done\"}},\
             \"at\":\"2026-06-01T09:12:00.123456Z\",\"batchId\":\"b\",\"customerId\":5,\"entity\":\"step\",\"entityId\":7,\
             \"id\":1,\"releaseId\":3,\"resolvedSha256\":\"sha\"}}"
        );
        assert_eq!(canonical(&event(1), digest), expected);
    }

    #[test]
    fn a_time_has_six_decimals_that_are_cut_off() {
        for (at, text) in [
            ("2026-06-01T09:12:00Z", "2026-06-01T09:12:00.000000Z"),
            (
                "0026-12-31T23:59:59.999999999Z",
                "0026-12-31T23:59:59.999999Z",
            ),
            ("2016-12-31T23:59:60.5Z", "2016-12-31T23:59:60.500000Z"),
        ] {
            assert_eq!(six_decimals(at.parse().unwrap()), text);
        }
    }

    #[test]
    fn a_signature_is_64_bytes_in_base64() {
        let good = format!("{}Q==", "a+/9Z".repeat(17));
        assert!(is_signature(&good));
        for wrong in [
            String::new(),
            "AAAA".into(),
            good.replace("==", "Q="),
            good.replace("Q==", "R=="),
            good.replacen('+', "-", 1),
            good.replacen("a+", "é", 1),
            "a0".repeat(64),
            format!("{good}A"),
        ] {
            assert!(!is_signature(&wrong), "{wrong}");
        }
    }

    #[test]
    fn a_head_is_an_id_and_a_hash() {
        let text = format!("41:{}", "a0".repeat(32));
        assert_eq!(text.parse::<Head>().unwrap().to_string(), text);
        for wrong in ["", "41", "41:", "0:a", "x:a"] {
            assert!(wrong.parse::<Head>().is_err(), "{wrong}");
        }
        assert!(format!("41:{}", "A0".repeat(32)).parse::<Head>().is_err());
        assert!(format!("0:{}", "a0".repeat(32)).parse::<Head>().is_err());
        let none = Head::default().to_string();
        assert_eq!(none.parse::<Head>().unwrap(), Head::default());
        assert!(none.replace("0:", "1:").parse::<Head>().is_ok());
    }
}
