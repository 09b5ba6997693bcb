//! Messages as a Workflows address of Microsoft Teams reads them (R62): an adaptive card. Its lines are text runs, in which names
//! are no markup; plain text blocks would read Markdown.
use super::message_text::{MessageText, and_more};
use serde_json::{Value, json};

/// The body of a message.
pub fn body(text: &MessageText) -> Value {
    let mut lines = vec![line(
        json!({ "type": "TextRun", "text": text.headline, "weight": "Bolder", "size": "Medium" }),
    )];
    for fact in &text.facts {
        lines.push(line(json!({ "type": "TextRun", "text": fact })));
    }
    for step in &text.steps {
        let mut run = json!({ "type": "TextRun", "text": step.text });
        if let Some(link) = &step.link {
            run["selectAction"] = open(link);
        }
        lines.push(line(run));
    }
    if let Some(more) = and_more(text) {
        lines.push(line(json!({ "type": "TextRun", "text": more })));
    }
    let actions: Vec<Value> = text.link.iter().map(|it| open(it)).collect();
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "body": lines,
                "actions": actions,
            },
        }],
    })
}

fn line(run: Value) -> Value {
    json!({ "type": "RichTextBlock", "inlines": [run] })
}

fn open(link: &str) -> Value {
    json!({ "type": "Action.OpenUrl", "title": "Open in Rollcall", "url": link })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbound::message_text::tests::message;
    use app::domain::webhook::HookEvent;

    #[test]
    fn a_message_is_an_adaptive_card_whose_lines_are_text() {
        let body = body(&MessageText::from(&message(HookEvent::StepFailed, 2)));
        assert_eq!(body["type"], "message");
        let attachment = &body["attachments"][0];
        let media = "application/vnd.microsoft.card.adaptive";
        assert_eq!(attachment["contentType"], media);
        let card = &attachment["content"];
        assert_eq!(card["type"], "AdaptiveCard");
        let lines = card["body"].as_array().unwrap();
        let text = |n: usize| lines[n]["inlines"][0]["text"].as_str().unwrap();
        assert_eq!(text(0), "2 steps failed in June & July");
        assert_eq!(text(2), "Reason: a < b & <!channel> [x](http://evil)");
        assert_eq!(text(3), "Acme (eu-west): Migrate, Failed");
        assert_eq!(text(4), "and 1 more step");
        let url = &lines[3]["inlines"][0]["selectAction"]["url"];
        assert_eq!(url, "https://r.example.com/releases/1?step=7");
        let url = &card["actions"][0]["url"];
        assert_eq!(url, "https://r.example.com/releases/1");
        assert!(lines.iter().all(|it| it["type"] == "RichTextBlock"));
    }
}
