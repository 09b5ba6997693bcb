//! Mail by SMTP (R62), to the server that the settings name: the address that was checked is the one that is dialled, and a password
//! is sent only over an encrypted connection, unless the setting says otherwise.
use super::{
    dial_rule::{OutRule, literal},
    resolver::{GuardedResolver, ResolveError},
};
use crate::ops::out_settings::{SmtpSecurity, SmtpSettings};
use app::store::error::chain;
use lettre::{
    Message,
    transport::smtp::{
        Error as LettreError,
        authentication::{Credentials, DEFAULT_MECHANISMS},
        client::{AsyncSmtpConnection, TlsParameters},
        commands::{Data, Mail, Rcpt},
        extension::{ClientId, Extension, MailBodyParameter, MailParameter},
        response::Response,
    },
};
use std::{
    io,
    net::{IpAddr, SocketAddr},
    time::Duration,
};
use tokio::time::timeout;

/// The timeout of one mail, from the first byte to the last.
const MAIL_TIMEOUT: Duration = Duration::from_secs(20);
/// The timeout of one connection: the server may have several addresses.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The timeout of the server's answer to QUIT.
const GOODBYE_TIMEOUT: Duration = Duration::from_secs(1);

/// Why a mail was not taken.
#[derive(Debug, thiserror::Error)]
pub enum SmtpError {
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    #[error("the mail was not taken")]
    Smtp(#[from] LettreError),
    #[error("there is no answer within {} seconds", MAIL_TIMEOUT.as_secs())]
    Late,
    #[error(
        "the mail server offers no encryption, and a password is not sent without: allow it with ?tls=none in ROLLCALL_SMTP_URL"
    )]
    NotEncrypted,
    #[error("the mail server takes only ASCII letters in {0}")]
    OnlyAscii(&'static str),
}

/// A mail that the server took.
pub struct TakenMail {
    /// The server's last words, such as "queued as 4F2A".
    pub answer: Response,
    /// The addresses that it refused for good, each with the reason.
    pub refused: Vec<String>,
}

impl SmtpError {
    /// What the server answered, such as 550.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Smtp(error) => error.status().map(u16::from),
            _ => None,
        }
    }
}

/// Gives a mail to the server, for all addresses that it does not refuse for good.
pub async fn deliver(settings: &SmtpSettings, mail: &Message) -> Result<TakenMail, SmtpError> {
    let sent = timeout(MAIL_TIMEOUT, send(settings, mail)).await;
    sent.unwrap_or(Err(SmtpError::Late))
}

async fn send(settings: &SmtpSettings, mail: &Message) -> Result<TakenMail, SmtpError> {
    let hello = ClientId::Domain(settings.from.email.domain().to_owned());
    let mut connection = connect(settings, &hello).await?;
    let wants_tls = match settings.security {
        SmtpSecurity::None | SmtpSecurity::Wrapped => false,
        SmtpSecurity::Offered => connection.can_starttls(),
        SmtpSecurity::Required => true,
    };
    if wants_tls {
        connection.starttls(tls(settings)?, &hello).await?;
    }
    if let Some((name, password)) = &settings.login {
        if !connection.is_encrypted() && settings.security != SmtpSecurity::None {
            let _ = timeout(GOODBYE_TIMEOUT, connection.abort()).await;
            return Err(SmtpError::NotEncrypted);
        }
        let credentials = Credentials::new(name.clone(), password.clone());
        connection.auth(DEFAULT_MECHANISMS, &credentials).await?;
    }
    let taken = hand_over(&mut connection, mail).await;
    // The mail is taken or not: how the connection ends does not matter.
    let _ = timeout(GOODBYE_TIMEOUT, connection.abort()).await;
    taken
}

/// Gives the mail to a server that knows who is there. lettre's own `send` gives up at the first address that is refused.
async fn hand_over(
    connection: &mut AsyncSmtpConnection,
    mail: &Message,
) -> Result<TakenMail, SmtpError> {
    let (envelope, text) = (mail.envelope(), mail.formatted());
    let mut parameters = Vec::new();
    let mut all = envelope.from().into_iter().chain(envelope.to());
    let are_ascii = all.all(|it| AsRef::<str>::as_ref(it).is_ascii());
    let server = connection.server_info();
    if !are_ascii {
        if !server.supports_feature(Extension::SmtpUtfEight) {
            return Err(SmtpError::OnlyAscii("addresses"));
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    if !text.is_ascii() {
        if !server.supports_feature(Extension::EightBitMime) {
            return Err(SmtpError::OnlyAscii("mails"));
        }
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    let from = envelope.from().cloned();
    connection.command(Mail::new(from, parameters)).await?;
    let (mut n_taken, mut refused, mut last_error) = (0_usize, Vec::new(), None);
    for to in envelope.to() {
        match connection.command(Rcpt::new(to.clone(), vec![])).await {
            Ok(_) => n_taken += 1,
            Err(error) if error.is_permanent() => {
                refused.push(format!("{to}: {}", chain(&error)));
                last_error = Some(error);
            }
            // One that is refused for now: all wait for the next try, so that nobody gets the mail twice.
            Err(error) => return Err(error.into()),
        }
    }
    if let Some(error) = last_error.filter(|_| n_taken == 0) {
        return Err(error.into());
    }
    connection.command(Data).await?;
    let answer = connection.message(&text).await?;
    Ok(TakenMail { answer, refused })
}

fn tls(settings: &SmtpSettings) -> Result<TlsParameters, LettreError> {
    TlsParameters::new(settings.host.clone())
}

/// Connects to the first address of the server that answers.
async fn connect(
    settings: &SmtpSettings,
    hello: &ClientId,
) -> Result<AsyncSmtpConnection, SmtpError> {
    let wrapped = match settings.security {
        SmtpSecurity::Wrapped => Some(tls(settings)?),
        _ => None,
    };
    let mut failed: Option<SmtpError> = None;
    for address in addresses(&settings.host).await? {
        let address = SocketAddr::new(address, settings.port);
        let wrapped = wrapped.clone();
        let connected = AsyncSmtpConnection::connect_tokio1(
            address,
            Some(CONNECT_TIMEOUT),
            hello,
            wrapped,
            None,
        )
        .await;
        match connected {
            Ok(connection) => return Ok(connection),
            Err(error) => failed = Some(error.into()),
        }
    }
    Err(failed.unwrap_or_else(|| ResolveError::from(io::Error::other("no address")).into()))
}

async fn addresses(host: &str) -> Result<Vec<IpAddr>, ResolveError> {
    match literal(host) {
        Some(address) => {
            OutRule::Setting.check_address(host, address)?;
            Ok(vec![address])
        }
        None => GuardedResolver::new(OutRule::Setting).addresses(host).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_mail_server_at_a_link_local_address_is_not_asked() {
        for (host, is_taken) in [
            ("127.0.0.1", true),
            ("10.0.0.1", true),
            ("169.254.169.254", false),
            ("fe80::1", false),
        ] {
            assert_eq!(addresses(host).await.is_ok(), is_taken, "{host}");
        }
    }
}
