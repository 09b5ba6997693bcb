//! Import from Rancher (R65): requests to its API. It is only read, and no kubeconfig is asked for. What becomes of the answer is
//! decided in `app`, in `domain/rancher`.
pub mod client;
mod failure;
mod responses;
