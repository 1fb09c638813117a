//! The breadth fleet: hosts `h0001` and on, that share this machine's file system.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::hep::Desk;

/// The top of the checkout.
pub(crate) fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The fleet's folder.
pub(crate) fn fleet() -> PathBuf {
    let given = std::env::var_os("HEP_FLEET").map(PathBuf::from);
    checkout().join(given.unwrap_or_else(|| PathBuf::from("target/fleet")))
}

/// A file of the fleet.
pub(crate) fn file_of_fleet(name: &str) -> String {
    let path = fleet().join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!(
            "The test fleet is not up ({}: {error}). These tests run by `make test-machines`, \
             which starts it.",
            path.display()
        )
    })
}

/// How many hosts it has.
pub(crate) fn count() -> usize {
    file_of_fleet("breadth/count").trim().parse().unwrap()
}

/// The port of all of them.
pub(crate) fn port() -> u16 {
    file_of_fleet("breadth/port").trim().parse().unwrap()
}

/// All its hosts.
pub(crate) fn desk() -> Desk {
    Desk::new(&file_of_fleet("breadth/inventory.ini"), &file_of_fleet("breadth/known_hosts"))
}

/// All its hosts, and hosts of the story: the lines of an inventory.
pub(crate) fn desk_and(lines: &str) -> Desk {
    let mut inventory = file_of_fleet("breadth/inventory.ini");
    let _ = write!(inventory, "\n[story]\n{lines}\n");
    let user = file_of_fleet("breadth/user");
    let key = fleet().join("key");
    let _ = write!(
        inventory,
        "\n[story:vars]\nansible_user={}\nansible_ssh_private_key_file={}\n",
        user.trim(),
        key.display()
    );
    Desk::new(&inventory, &file_of_fleet("breadth/known_hosts"))
}
