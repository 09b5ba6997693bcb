//! Messages as mail (R62): plain and as HTML, for all addresses of the hook at once.
use super::message_text::{MessageText, and_more};
use lettre::{
    Message,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
};
use maud::{Markup, html};

/// Why a message cannot be written as mail.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    #[error("{0} is no mail address")]
    Address(String),
    #[error("the mail cannot be written")]
    Message(#[from] lettre::error::Error),
}

/// The mail of a message. Its id is the same for all tries.
pub fn mail(
    text: &MessageText,
    message_id: &str,
    from: &Mailbox,
    to: &str,
) -> Result<Message, MailError> {
    let domain = from.email.domain();
    let mut mail = Message::builder()
        .from(from.clone())
        .message_id(Some(format!("<{message_id}@{domain}>")))
        .subject(subject(text));
    for address in to.split(',').map(str::trim) {
        let mailbox = address.parse::<Mailbox>();
        mail = mail.to(mailbox.map_err(|_| MailError::Address(address.to_owned()))?);
    }
    // So that nobody's absence is told to a program (RFC 3834).
    let name = HeaderName::new_from_ascii_str("Auto-Submitted");
    let mail = mail.raw_header(HeaderValue::new(name, "auto-generated".to_owned()));
    let body = MultiPart::alternative_plain_html(plain(text), markup(text).into_string());
    Ok(mail.multipart(body)?)
}

/// Without line ends, which would end the header.
fn one_line(text: &str) -> String {
    text.split(char::is_control).collect::<Vec<_>>().join(" ")
}

/// The message as a mail's reader sees it.
pub fn preview(text: &MessageText) -> String {
    format!("Subject: {}\n\n{}", subject(text), plain(text))
}

fn subject(text: &MessageText) -> String {
    format!("[Rollcall] {}", one_line(&text.headline))
}

fn plain(text: &MessageText) -> String {
    let mut lines = vec![text.headline.clone()];
    lines.extend(text.facts.iter().cloned());
    lines.extend(text.link.iter().cloned());
    if !text.steps.is_empty() {
        lines.push(String::new());
    }
    for step in &text.steps {
        lines.push(format!("- {}", step.text));
        lines.extend(step.link.iter().map(|it| format!("  {it}")));
    }
    lines.extend(and_more(text));
    lines.join("\n") + "\n"
}

fn markup(text: &MessageText) -> Markup {
    html! {
        p { strong { (linked(&text.headline, text.link.as_deref())) } }
        @for fact in &text.facts { p { (fact) } }
        @if !text.steps.is_empty() {
            ul {
                @for step in &text.steps { li { (linked(&step.text, step.link.as_deref())) } }
            }
        }
        @if let Some(more) = and_more(text) { p { (more) } }
    }
}

fn linked(text: &str, link: Option<&str>) -> Markup {
    html! {
        @if let Some(link) = link { a href=(link) { (text) } } @else { (text) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbound::message_text::tests::message;
    use app::domain::webhook::HookEvent;

    fn written(to: &str) -> Result<Message, MailError> {
        let text = MessageText::from(&message(HookEvent::StepFailed, 2));
        let from = "Rollcall <rollcall@example.com>".parse().unwrap();
        mail(&text, "msg_1", &from, to)
    }

    #[test]
    fn a_mail_goes_to_all_addresses_plain_and_as_html() {
        let mail = written("ana@example.com, ben@example.com").unwrap();
        assert_eq!(mail.envelope().to().len(), 2);
        // Lines of the HTML are broken where it is convenient.
        let text = String::from_utf8(mail.formatted()).unwrap();
        let text = text.replace("=\r\n", "");
        for part in [
            "Subject: [Rollcall] 2 steps failed in June & July",
            "Message-ID: <msg_1@example.com>",
            "Auto-Submitted: auto-generated",
            "multipart/alternative",
            "text/plain",
            "text/html",
            "Reason: a < b & <!channel>",
            "Reason: a &lt; b &amp; &lt;!channel&gt;",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn a_name_with_a_line_end_adds_no_header() {
        let mut text = MessageText::from(&message(HookEvent::StepFailed, 1));
        text.headline = "June\r\nBcc: eve@example.com".into();
        let from = "rollcall@example.com".parse().unwrap();
        let mail = mail(&text, "msg_1", &from, "ana@example.com").unwrap();
        let formatted = String::from_utf8(mail.formatted()).unwrap();
        let (head, _) = formatted.split_once("\r\n\r\n").unwrap();
        assert!(!head.contains("\nBcc"), "{head}");
        assert_eq!(mail.envelope().to().len(), 1);
    }

    #[test]
    fn what_is_no_address_is_named() {
        let error = written("ana@example.com, ben").unwrap_err();
        assert!(error.to_string().contains("ben"), "{error}");
    }
}
