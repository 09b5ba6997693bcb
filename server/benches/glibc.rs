//! The program with glibc's allocator, for `./dev bench --postgres` to compare its memory with that of the released one.
use clap::Parser;
use server::cli::Cli;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    Box::pin(Cli::parse().run()).await.into()
}
