//! The program `rollcall`.
use server::{config::Settings, run, telemetry};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    telemetry::init();
    let result = match Settings::from_environment() {
        Ok(settings) => run::serve(settings).await,
        Err(wrong) => Err(wrong.into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("rollcall: {failure}");
            ExitCode::FAILURE
        }
    }
}
