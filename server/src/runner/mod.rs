//! Execution of steps' texts (R71, R73), by a runner that asks a server for them, or by `rollcall run`. `process` runs a text below the
//! helper process `exec_run`, which ends what `left_behind` finds; `output_buffer` and `mask` treat its output; `reporter` reports to the
//! server, for a runner by `runner_server`; `claims` is the runner's loop, and `environment` the environment of the texts.
pub mod claims;
pub mod environment;
pub mod exec_run;
pub mod left_behind;
pub mod mask;
pub mod output_buffer;
pub mod process;
pub mod reporter;
pub mod runner_server;
