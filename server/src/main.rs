//! Entry point of the program `rollcall`: parses the command line and returns its exit code.
use clap::Parser;
use server::cli::{self, Cli};
use std::process::ExitCode;
use tikv_jemallocator::Jemalloc;

/// Gives memory back after a load, which glibc's allocator does not. `.cargo/config.toml` says how soon.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

#[tokio::main]
async fn main() -> ExitCode {
    match Cli::try_parse() {
        Ok(cli) => Box::pin(cli.run()).await.into(),
        Err(error) => cli::refuse(&error).into(),
    }
}
