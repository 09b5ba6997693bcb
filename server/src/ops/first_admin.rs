//! The code of the first admin (R26): while `login` mode has no active admin, the log shows one that `/setup` takes. Each start
//! makes a new one, which replaces that of any other server on the database: no server can know the text of another's code, only
//! its hash, so the newest log counts.
use app::{
    api::context::now,
    store::{
        Database,
        accounts::random,
        error::{StoreError, chain},
    },
};
use std::time::Duration;

/// How often it is looked whether the code is used up or too old.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// Makes a code, if there is no active admin, and shows it in the log. Whether there is none.
pub async fn announce(database: &Database) -> Result<bool, StoreError> {
    if database.active_admins().await? > 0 {
        return Ok(false);
    }
    let code = random::setup_code()?;
    database.set_setup_code(&code, now()).await?;
    tracing::warn!("setup code {code}, open /setup");
    Ok(true)
}

/// Shows a new code whenever no code counts any more, until there is an admin.
pub async fn keep_announcing(database: Database) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        match renew(&database).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                tracing::warn!(error = %chain(&error), "the setup code could not be renewed; it is tried again");
            }
        }
    }
}

/// Whether the first admin is still to be made.
async fn renew(database: &Database) -> Result<bool, StoreError> {
    if database.active_admins().await? > 0 {
        return Ok(false);
    }
    if database.has_setup_code(now()).await? {
        return Ok(true);
    }
    announce(database).await
}
