//! The doors, through the real router: do they answer as promised?
mod downloads;
mod forms;
mod guard;
mod pages;
mod rpc;
mod runbooks;
