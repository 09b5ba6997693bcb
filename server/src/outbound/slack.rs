//! Messages as Slack's incoming webhooks read them (R62): a text for notifications, and blocks. Slack takes `&`, `<` and `>` for
//! markup, and at most 3,000 letters a block.
use super::message_text::{MessageText, StepLine, and_more};
use serde_json::{Value, json};

/// Letters of the text of a block, markup included.
const BLOCK_MAX_CHARS: usize = 3_000;
/// Letters of one line: a reason, or a step with the names of customer and cluster.
const LINE_MAX_CHARS: usize = 1_200;

/// The body of a message.
pub fn body(text: &MessageText) -> Value {
    let headline = linked(&text.headline, text.link.as_deref());
    let mut head = vec![format!("*{headline}*")];
    head.extend(text.facts.iter().map(|it| escaped(it)));
    let mut steps: Vec<String> = text.steps.iter().map(step).collect();
    steps.extend(and_more(text));
    let blocks: Vec<Value> = [head, steps].into_iter().flat_map(blocks_of).collect();
    json!({ "text": escaped(&text.headline), "blocks": blocks })
}

fn step(step: &StepLine) -> String {
    format!("• {}", linked(&step.text, step.link.as_deref()))
}

fn linked(text: &str, link: Option<&str>) -> String {
    match link {
        Some(link) => format!("<{}|{}>", escaped(link), escaped(text)),
        None => escaped(text),
    }
}

/// The text without markup, cut if it is long. What is cut is never the middle of an escape.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    let (mut n_chars, mut buffer) = (0, [0; 4]);
    for letter in text.chars() {
        let one: &str = match letter {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            _ => letter.encode_utf8(&mut buffer),
        };
        n_chars += one.chars().count();
        if n_chars > LINE_MAX_CHARS {
            escaped.push('…');
            break;
        }
        escaped.push_str(one);
    }
    escaped
}

/// The lines in as many blocks as they need.
fn blocks_of(lines: Vec<String>) -> Vec<Value> {
    let mut texts: Vec<String> = Vec::new();
    for line in lines {
        match texts.last_mut() {
            Some(text) if text.chars().count() + 1 + line.chars().count() <= BLOCK_MAX_CHARS => {
                text.push('\n');
                text.push_str(&line);
            }
            _ => texts.push(line),
        }
    }
    let block =
        |text: String| json!({ "type": "section", "text": { "type": "mrkdwn", "text": text } });
    texts.into_iter().map(block).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbound::message_text::tests::message;
    use app::domain::webhook::HookEvent;

    #[test]
    fn a_message_has_a_text_and_blocks_in_which_names_are_no_markup() {
        let text = MessageText::from(&message(HookEvent::StepFailed, 2));
        let reason = "Reason: a &lt; b &amp; &lt;!channel&gt; [x](http://evil)";
        let expected = json!({
            "text": "2 steps failed in June &amp; July",
            "blocks": [
                { "type": "section", "text": { "type": "mrkdwn", "text": format!(
                    "*<https://r.example.com/releases/1|2 steps failed in June &amp; July>*\nBy Ana\n{reason}"
                ) } },
                { "type": "section", "text": { "type": "mrkdwn", "text":
                    "• <https://r.example.com/releases/1?step=7|Acme (eu-west): Migrate, Failed>\nand 1 more step"
                } },
            ],
        });
        assert_eq!(body(&text), expected);
    }

    #[test]
    fn a_block_has_at_most_three_thousand_letters() {
        let mut long = message(HookEvent::StepFailed, 20);
        long.data.reason = Some("&".repeat(1_000));
        long.data.steps = vec![long.data.steps[0].clone(); 20];
        for step in &mut long.data.steps {
            step.step = "<".repeat(200);
        }
        let body = body(&MessageText::from(&long));
        let mut n_lines = 0;
        for block in body["blocks"].as_array().unwrap() {
            let text = block["text"]["text"].as_str().unwrap();
            assert!(text.chars().count() <= BLOCK_MAX_CHARS && !text.is_empty());
            n_lines += text.lines().count();
        }
        assert_eq!(n_lines, 3 + 20);
        let cut = escaped(&"&".repeat(1_000));
        assert!(cut.ends_with("&amp;…") && cut.chars().count() <= LINE_MAX_CHARS + 1);
    }
}
