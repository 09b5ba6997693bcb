//! Entry point of the program `rollcall`: parses the command line and returns its exit code.
use clap::Parser;
use server::cli::Cli;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    Cli::parse().run().await.into()
}
