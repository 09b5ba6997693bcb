//! HTML pages that are rendered by `maud` without the leptos application: a form to sign in, to set up the first admin or to
//! enter one's name, a page that refuses a request, and the document around the guide. Of these only the guide has a script.
use super::site;
use app::{
    api::context::{self, THEME_COOKIE},
    domain::plural::pluralize,
    error::AppError,
    paths,
};
use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use maud::{DOCTYPE, Markup, html};

/// The content security policy of these pages: our style sheet and images, and forms that post to this server.
pub const CONTENT_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'; \
                      form-action 'self'";

/// The mark of the product, as in the sidebar; these pages have no sprite.
pub const MARK: &str = "/favicon.svg";

/// A page without the application: its title, an error, and its form.
pub struct StandalonePage<'a> {
    pub title: &'static str,
    pub lead: &'static str,
    /// The address that the form posts to.
    pub action: String,
    pub button: &'static str,
    pub error: Option<&'a AppError>,
    /// What went wrong before, elsewhere: a status and a sentence.
    pub failure: Option<(StatusCode, String)>,
    pub fields: Markup,
    /// Another way in than the form: the address and the words of a link. No button of the form, since browsers hold the answer
    /// to a form to where forms may go.
    pub other_way: Option<(String, String)>,
}

impl StandalonePage<'_> {
    /// The page as a response, with the status of the error.
    pub fn respond(self, headers: &HeaderMap) -> Response {
        let status = self.error.map_or(200, AppError::status);
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let status = self.failure.as_ref().map_or(status, |it| it.0);
        let wait = match self.error {
            Some(AppError::Throttled(seconds)) => Some(HeaderValue::from(*seconds)),
            _ => None,
        };
        let theme = theme(headers);
        let policy = [(header::CONTENT_SECURITY_POLICY, CONTENT_POLICY)];
        let page = Html(self.draw(theme.as_deref()).into_string());
        let mut response = (status, policy, page).into_response();
        if let Some(wait) = wait {
            response.headers_mut().insert(header::RETRY_AFTER, wait);
        }
        response
    }

    fn draw(self, theme: Option<&str>) -> Markup {
        let failure = self.failure.map(|it| it.1);
        let alert = failure.or_else(|| self.error.and_then(alert));
        let form = html! {
            form class="card" method="post" action=(self.action) {
                div class="form__body" {
                    h1 { (self.title) }
                    @if !self.lead.is_empty() { p class="muted" { (self.lead) } }
                    @if let Some(text) = alert {
                        p class="alert" data-tone="danger" role="alert" { (text) }
                    }
                    (self.fields)
                }
                div class="form__foot" {
                    button class="button" data-kind="ink" type="submit" { (self.button) }
                    @if let Some((address, words)) = self.other_way {
                        a class="button" href=(address) { (words) }
                    }
                }
            }
        };
        door(self.title, theme, form)
    }
}

/// The page in place of one that the person may not open: what is missing, and the way back.
pub fn refusal_page(headers: &HeaderMap, status: StatusCode, text: &str) -> Response {
    let theme = theme(headers);
    let title = match status {
        StatusCode::SERVICE_UNAVAILABLE => "Not available",
        _ => "No access",
    };
    let page = door(
        title,
        theme.as_deref(),
        html! {
            div class="card form__body" {
                h1 { (title) }
                p { (text) }
                p { a class="button" href=(paths::DASHBOARD) { "Back to the dashboard" } }
            }
        },
    );
    let policy = [(header::CONTENT_SECURITY_POLICY, CONTENT_POLICY)];
    (status, policy, Html(page.into_string())).into_response()
}

/// The theme of a request's cookie; none means the system's.
pub fn theme(headers: &HeaderMap) -> Option<String> {
    let theme = context::cookie(headers, THEME_COOKIE);
    theme.filter(|it| matches!(it.as_str(), "light" | "dark"))
}

/// The document of a page in whose middle the content stands alone.
fn door(title: &str, theme: Option<&str>, content: Markup) -> Markup {
    let body = html! {
        main class="door" {
            p class="door__brand" {
                img src=(MARK) alt="" width="24" height="24";
                "Rollcall"
            }
            (content)
        }
    };
    document(title, theme, None, body)
}

/// A whole document; `own_style` is the address of a style sheet beside that of the site.
pub fn document(title: &str, theme: Option<&str>, own_style: Option<&str>, body: Markup) -> Markup {
    let style = site::asset_names().map(|it| it.style.as_str());
    html! {
        (DOCTYPE)
        html lang="en" data-theme=[theme] {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Rollcall" }
                link rel="icon" href=(MARK) type="image/svg+xml";
                @if let Some(style) = style {
                    link rel="stylesheet" href={ "/pkg/" (style) };
                }
                @if let Some(address) = own_style {
                    link rel="stylesheet" href=(address);
                }
            }
            body { (body) }
        }
    }
}

/// What the page says above its fields; none if the fields say it.
fn alert(error: &AppError) -> Option<String> {
    Some(match error {
        AppError::Invalid(_) => return None,
        AppError::SignIn => "Wrong login or password".to_owned(),
        AppError::Throttled(seconds) => {
            format!(
                "Too many failed attempts. Try again in {}",
                waiting(*seconds)
            )
        }
        AppError::Busy => "Too many people are signing in. Try again in a moment".to_owned(),
        AppError::Unavailable => "The database does not answer. Try again in a moment".to_owned(),
        _ => "Something went wrong. Try again".to_owned(),
    })
}

/// A time to wait, rounded up: "15 seconds", "2 minutes".
fn waiting(seconds: u64) -> String {
    let (n, unit) = if seconds < 60 {
        (seconds, "second")
    } else {
        (seconds.div_ceil(60), "minute")
    };
    pluralize(n, unit)
}

/// A field of a form.
pub struct TextInput<'a> {
    pub label: &'static str,
    pub name: &'static str,
    pub kind: &'static str,
    pub autocomplete: &'static str,
    pub value: &'a str,
    pub hint: Option<&'static str>,
    pub error: Option<String>,
    pub has_focus: bool,
    /// The id of the `datalist` with what the field offers.
    pub list: Option<&'static str>,
}

impl TextInput<'_> {
    /// The field with its label, its hint, and its error.
    pub fn draw(&self) -> Markup {
        let (hint_id, error_id) = (
            format!("{}-hint", self.name),
            format!("{}-error", self.name),
        );
        let described = match (&self.error, self.hint) {
            (Some(_), Some(_)) => Some(format!("{hint_id} {error_id}")),
            (Some(_), None) => Some(error_id.clone()),
            (None, Some(_)) => Some(hint_id.clone()),
            (None, None) => None,
        };
        html! {
            div class="field" {
                label for=(self.name) { (self.label) }
                input class="input" id=(self.name) name=(self.name) type=(self.kind) value=(self.value)
                    autocomplete=(self.autocomplete) autocapitalize="none" spellcheck="false" required
                    autofocus[self.has_focus] list=[self.list] aria-describedby=[described]
                    aria-invalid=[self.error.as_ref().map(|_| "true")];
                @if let Some(hint) = self.hint { span class="hint" id=(hint_id) { (hint) } }
                @if let Some(error) = &self.error { span class="error" id=(error_id) { (error) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_to_wait_is_rounded_up() {
        let texts = [1, 15, 59, 60, 61, 900].map(waiting);
        assert_eq!(
            texts,
            [
                "1 second",
                "15 seconds",
                "59 seconds",
                "1 minute",
                "2 minutes",
                "15 minutes"
            ]
        );
    }

    #[test]
    fn what_was_typed_stays_text() {
        let hostile = "\"><script>alert(1)</script>";
        let input = TextInput {
            label: "Login",
            name: "login",
            kind: "text",
            autocomplete: "username",
            value: hostile,
            hint: None,
            error: Some(hostile.to_owned()),
            has_focus: false,
            list: None,
        };
        let html = input.draw().into_string();
        assert!(
            !html.contains("<script>") && !html.contains("\"\">"),
            "{html}"
        );
    }
}
