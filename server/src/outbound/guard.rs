//! Guard of what hooks name (R62): whether one may be saved with its target. What is dialled is checked again, by `resolver` if it
//! is a name and by `client` if it is an address.
use super::{
    dial_rule::{DialRefusal, OutRule, literal},
    resolver::GuardedResolver,
};
use crate::ops::allowed_targets::AllowedTargets;
use app::domain::{field_error::FieldError, webhook::WebhookKind};
use reqwest::Url;
use std::{sync::Arc, time::Duration};
use tokio::time::timeout;

/// How long a name may take to be resolved when a hook is saved; one that takes longer may be saved.
const NAME_TIMEOUT: Duration = Duration::from_secs(3);

/// Whether a hook may be saved with this target: an address that may be dialled, a name that leads to one, or a name that leads
/// nowhere yet. Mail goes to the server of the settings, so addresses of mail may be any.
pub async fn check_target(
    kind: WebhookKind,
    target: &str,
    allowed: &Arc<AllowedTargets>,
) -> Result<(), FieldError> {
    if kind == WebhookKind::Email {
        return Ok(());
    }
    let resolver = GuardedResolver::new(OutRule::Hook(Arc::clone(allowed)));
    check_target_by(&resolver, target).await
}

async fn check_target_by(resolver: &GuardedResolver, target: &str) -> Result<(), FieldError> {
    let url = Url::parse(target).map_err(|_| FieldError::NotAUrl)?;
    let refused = |it: DialRefusal| FieldError::TargetRefused {
        reason: it.to_string(),
    };
    resolver.rule().check_url(&url).map_err(refused)?;
    let host = url.host_str().unwrap_or_default();
    if literal(host).is_some() {
        return Ok(());
    }
    match timeout(NAME_TIMEOUT, resolver.addresses(host)).await {
        Ok(Err(error)) => error.refusal().map_or(Ok(()), |it| Err(refused(it))),
        Ok(Ok(_)) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbound::resolver::tests::Names;

    fn hook(allowed: &str) -> OutRule {
        OutRule::Hook(Arc::new(AllowedTargets::parse(allowed).unwrap()))
    }

    #[tokio::test]
    async fn a_target_is_saved_if_its_name_leads_to_an_allowed_address_or_nowhere() {
        for (target, allowed, is_taken) in [
            ("https://public.test/hook", "none.example", true),
            ("https://private.test/hook", "none.example", false),
            ("https://PRIVATE.test/hook", "private.test", true),
            ("https://private.test/hook", "10.0.0.0/8", true),
            ("https://metadata.test/", "metadata.test", false),
            ("https://both.test/", "none.example", true),
            ("https://unknown.test/", "none.example", true),
            ("https://10.0.0.1/", "none.example", false),
        ] {
            let names = Names::new(&[
                ("public.test", &["93.184.216.34"]),
                ("private.test", &["10.0.0.7"]),
                ("metadata.test", &["169.254.169.254"]),
                ("both.test", &["10.0.0.7", "93.184.216.34"]),
            ]);
            let resolver = GuardedResolver::with(hook(allowed), Arc::new(names));
            let checked = check_target_by(&resolver, target).await;
            assert_eq!(
                checked.is_ok(),
                is_taken,
                "{target}, {allowed}: {checked:?}"
            );
        }
    }

    #[tokio::test]
    async fn the_sentence_about_a_refused_target_says_what_it_is() {
        let allowed = Arc::new(AllowedTargets::default());
        let url = "http://127.0.0.1:1/x";
        let refused = check_target(WebhookKind::Slack, url, &allowed).await;
        let sentence = refused.unwrap_err().to_string();
        assert!(sentence.contains("loopback"), "{sentence}");
        assert!(sentence.contains("ROLLCALL_OUT_ALLOW"), "{sentence}");
        let mail = check_target(WebhookKind::Email, "ana@localhost.test", &allowed).await;
        assert_eq!(mail, Ok(()));
    }
}
