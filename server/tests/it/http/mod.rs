//! The doors, through the real router: do they answer as promised?
mod forms;
mod guard;
mod lists;
mod pages;
mod rpc;
