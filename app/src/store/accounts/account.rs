//! The caller's own account, as its page shows and changes it.
use super::random;
use crate::domain::{
    account::{Account, CreatedToken},
    actor_stamp::ActorStamp,
    token::TokenDraft,
    user_agent::browser_name,
};
use crate::store::{Store, error::StoreError};
use chrono::{DateTime, Utc};

impl Store {
    /// The caller's user with its sessions and tokens. Errors: not found, if the caller is no user.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn account(&self, now: DateTime<Utc>) -> Result<Account, StoreError> {
        let mut sessions = self.own_sessions(now).await?;
        for session in &mut sessions {
            let agent = session.agent.take().filter(|it| !it.trim().is_empty());
            session.agent = agent.map(|it| browser_name(&it));
        }
        Ok(Account {
            user: self.own_user().await?,
            sessions,
            tokens: self.tokens(false).await?,
        })
    }

    /// Makes a token of the caller's, with a text of the system's randomness. Errors: as `create_token`.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn create_own_token(
        &self,
        draft: TokenDraft,
        stamp: ActorStamp,
    ) -> Result<CreatedToken, StoreError> {
        let text = random::token_text()?;
        let row = self.create_token(draft, &text, stamp).await?.row;
        Ok(CreatedToken {
            row,
            text: text.as_str().to_owned(),
        })
    }
}
