//! Tests of messages by mail, with a server on loopback that speaks as much SMTP as a mail needs.
use super::{SendingApp, WAIT_TIMEOUT, settings};
use crate::harness::TestApp;
use app::domain::webhook::{DeliveryState, HookEvent, WebhookKind};
use server::ops::out_settings::{OutSettings, SmtpSecurity, SmtpSettings};
use std::{
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::mpsc::{Receiver, Sender, channel},
    thread,
    time::Duration,
};

const SHORT: Duration = Duration::from_millis(10);

/// A mail as it came.
struct GotMail {
    from: String,
    to: Vec<String>,
    text: String,
}

/// A mail server, as long as the test runs.
struct FakeMailServer {
    address: SocketAddr,
    got: Receiver<GotMail>,
}

impl FakeMailServer {
    /// One that refuses so many recipients for now before it takes the next. It knows nobody whose name begins with "gone".
    fn start(n_refused: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (tell, got) = channel();
        thread::spawn(move || {
            let mut n_refused = n_refused;
            for stream in listener.incoming() {
                // A client may hang up at any time.
                let _ = converse(&stream.unwrap(), &mut n_refused, &tell);
            }
        });
        Self { address, got }
    }

    fn settings(&self) -> SmtpSettings {
        SmtpSettings {
            host: self.address.ip().to_string(),
            port: self.address.port(),
            security: SmtpSecurity::Offered,
            login: None,
            from: "Rollcall <rollcall@example.com>".parse().unwrap(),
        }
    }

    fn next(&self) -> GotMail {
        self.got.recv_timeout(WAIT_TIMEOUT).unwrap()
    }
}

/// One connection, to its end.
fn converse(
    mut stream: &TcpStream,
    n_refused: &mut usize,
    tell: &Sender<GotMail>,
) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let mut mail = GotMail {
        from: String::new(),
        to: Vec::new(),
        text: String::new(),
    };
    stream.write_all(b"220 fake ESMTP\r\n")?;
    while let Some(line) = lines.next() {
        let line = line?;
        let answer = match line.split([' ', ':']).next().unwrap_or_default() {
            "EHLO" => "250-fake\r\n250 8BITMIME",
            "MAIL" => {
                mail.from = line;
                "250 sender ok"
            }
            "RCPT" if *n_refused > 0 => {
                *n_refused -= 1;
                "450 4.2.0 greylisted, come back later"
            }
            "RCPT" if line.contains("<gone") => "550 5.1.1 no such mailbox",
            "RCPT" => {
                mail.to.push(line);
                "250 recipient ok"
            }
            "DATA" => {
                stream.write_all(b"354 go on\r\n")?;
                for line in lines.by_ref() {
                    let line = line?;
                    if line == "." {
                        break;
                    }
                    mail.text.push_str(&line);
                    mail.text.push('\n');
                }
                "250 2.0.0 queued as 4F2A"
            }
            "QUIT" => {
                stream.write_all(b"221 bye\r\n")?;
                break;
            }
            _ => "500 unknown",
        };
        stream.write_all(format!("{answer}\r\n").as_bytes())?;
    }
    if !mail.text.is_empty() {
        let _ = tell.send(mail);
    }
    Ok(())
}

async fn with_mail(server: &FakeMailServer, waits: &[Duration]) -> SendingApp {
    let settings = OutSettings {
        smtp: Some(server.settings()),
        ..settings(waits)
    };
    SendingApp::over(TestApp::new().await, settings)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_by_mail_goes_to_all_its_addresses_in_one_mail() {
    let server = FakeMailServer::start(0);
    let sending = with_mail(&server, &[]).await;
    let to = "ana@example.com, ben@example.com";
    let events = [HookEvent::StepFailed];
    let made = sending.hook(WebhookKind::Email, to, &events).await;
    assert_eq!(made.secret, None);
    sending.test(made.hook.id).await;
    let mail = server.next();
    assert!(
        mail.from.contains("<rollcall@example.com>"),
        "{}",
        mail.from
    );
    assert_eq!(mail.to.len(), 2);
    for part in [
        "Subject: [Rollcall] Test message from Rollcall",
        "multipart/alternative",
        "By Ana",
        "<p>By Ana</p>",
    ] {
        assert!(mail.text.contains(part), "{part}: {}", mail.text);
    }
    let delivered = sending
        .delivery(made.hook.id, DeliveryState::Delivered)
        .await;
    assert_eq!(delivered.status, Some(250));
    let answer = delivered.answer.unwrap();
    assert!(answer.contains("queued as 4F2A"), "{answer}");
    let id = format!("Message-ID: <{}@example.com>", delivered.message_id);
    assert!(mail.text.contains(&id), "{}", mail.text);
    sending.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_is_refused_for_now_is_sent_again() {
    let server = FakeMailServer::start(1);
    let sending = with_mail(&server, &[SHORT]).await;
    let events = [HookEvent::StepFailed];
    let made = sending
        .hook(WebhookKind::Email, "ana@example.com", &events)
        .await;
    sending.test(made.hook.id).await;
    let mail = server.next();
    assert_eq!(mail.to.len(), 1);
    let delivered = sending
        .delivery(made.hook.id, DeliveryState::Delivered)
        .await;
    assert_eq!(delivered.tries, 2);
    sending.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_the_mail_server_refuses_keeps_the_mail_from_no_other_and_is_named() {
    let server = FakeMailServer::start(0);
    let sending = with_mail(&server, &[SHORT]).await;
    let to = "ana@example.com, gone@example.com, ben@example.com";
    let events = [HookEvent::StepFailed];
    let made = sending.hook(WebhookKind::Email, to, &events).await;
    sending.test(made.hook.id).await;
    assert_eq!(
        server.next().to,
        ["RCPT TO:<ana@example.com>", "RCPT TO:<ben@example.com>"]
    );
    let delivered = sending
        .delivery(made.hook.id, DeliveryState::Delivered)
        .await;
    assert_eq!((delivered.tries, delivered.status), (1, Some(250)));
    let error = delivered.error.unwrap();
    assert!(error.contains("gone@example.com"), "{error}");
    assert!(error.contains("no such mailbox"), "{error}");
    assert!(!error.contains("ana@example.com"), "{error}");
    sending.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_whose_addresses_are_all_refused_is_given_up_after_the_last_try() {
    let server = FakeMailServer::start(0);
    let sending = with_mail(&server, &[SHORT]).await;
    let to = "gone@example.com, gone-too@example.com";
    let events = [HookEvent::StepFailed];
    let made = sending.hook(WebhookKind::Email, to, &events).await;
    sending.test(made.hook.id).await;
    let given_up = sending.delivery(made.hook.id, DeliveryState::GivenUp).await;
    assert_eq!((given_up.tries, given_up.status), (2, Some(550)));
    sending.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_not_sent_to_a_server_that_offers_no_encryption() {
    let server = FakeMailServer::start(0);
    let smtp = SmtpSettings {
        login: Some(("ana".into(), "hunter2".into())),
        ..server.settings()
    };
    let settings = OutSettings {
        smtp: Some(smtp),
        ..settings(&[])
    };
    let sending = SendingApp::over(TestApp::new().await, settings);
    let events = [HookEvent::StepFailed];
    let made = sending
        .hook(WebhookKind::Email, "ana@example.com", &events)
        .await;
    sending.test(made.hook.id).await;
    let given_up = sending.delivery(made.hook.id, DeliveryState::GivenUp).await;
    let error = given_up.error.unwrap();
    assert!(error.contains("?tls=none"), "{error}");
    sending.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_mail_server_a_mail_is_a_failed_try_that_names_the_setting() {
    let sending = SendingApp::new(&[]).await;
    let events = [HookEvent::StepFailed];
    let made = sending
        .hook(WebhookKind::Email, "ana@example.com", &events)
        .await;
    sending.test(made.hook.id).await;
    let given_up = sending.delivery(made.hook.id, DeliveryState::GivenUp).await;
    let error = given_up.error.unwrap();
    assert!(error.contains("ROLLCALL_SMTP_URL"), "{error}");
    sending.end().await;
}
