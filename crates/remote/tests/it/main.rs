//! The executor as a program and the local system as a library, against the real kernel.

mod apply;
mod bootstrap;
mod executor;
mod full_disk;
mod hostile;
mod identities;
mod look;
mod plays;
mod running;
mod serving;
