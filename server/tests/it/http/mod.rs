//! The doors, through the real router: do they answer as promised?
mod forms;
mod guard;
mod metrics;
mod pages;
mod rpc;
mod transfer;
