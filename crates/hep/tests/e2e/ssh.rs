//! Whom we trust and who lets us in.

use crate::breadth::{desk, desk_and, file_of_fleet, fleet, port};
use crate::hep::Desk;

/// A host of the breadth fleet that no `known_hosts` names.
fn stranger() -> Desk {
    desk_and(&format!("stranger ansible_host=127.99.0.1 ansible_port={}", port()))
}

#[test]
fn an_unknown_host_key_is_refused() {
    let desk = stranger();
    let ran = desk.hep(&["exec", "stranger,h0001", "--host-key", "strict", "echo in"]).expect(4);
    assert_eq!(ran.out, "h0001: in\n");
    ran.says("stranger: ").says("hint: ");
    // Nobody is there to be asked.
    desk.hep(&["exec", "stranger", "--host-key", "ask", "echo in"]).expect(4);
    desk.hep(&["exec", "stranger", "echo in"]).expect(4);
}

#[test]
fn a_new_host_key_is_remembered_and_then_holds() {
    let desk = stranger();
    let known = desk.path("known_hosts");
    desk.hep(&["exec", "stranger", "--host-key", "accept-new", "echo in"]).expect(0).says("in");
    let kept = std::fs::read_to_string(&known).unwrap();
    assert!(kept.contains(&format!("[127.99.0.1]:{} ssh-ed25519 ", port())), "{kept}");
    desk.hep(&["exec", "stranger", "--host-key", "strict", "echo in"]).expect(0).says("in");
}

#[test]
fn a_changed_host_key_stops_the_host_and_says_where_it_stands() {
    let other = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
    let known = format!("# a comment\n[127.99.0.1]:{} {other}\n", port());
    let desk = stranger();
    let file = desk.file("known_hosts", &known);
    for rule in ["strict", "accept-new", "ask"] {
        let ran = desk.hep(&["exec", "stranger", "--host-key", rule, "echo in"]).expect(4);
        assert_eq!(ran.out, "");
        ran.says("HAS CHANGED").says(&format!("{}:2", file.display())).says("hint: ");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), known);
    }
}

#[test]
fn a_wrong_key_is_said_to_be_refused() {
    let desk = desk();
    let key = desk.path("other");
    let made = std::process::Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f", key.to_str().unwrap()])
        .status();
    assert!(made.unwrap().success());
    let inventory = file_of_fleet("breadth/inventory.ini");
    let right = fleet().join("key");
    let wrong = inventory.replace(right.to_str().unwrap(), key.to_str().unwrap());
    desk.file("inventory.ini", wrong);
    let ran = desk.hep(&["exec", "h0001,h0002", "true"]).expect(4);
    ran.says("h0001: ").says("h0002: ").says("2 unreachable");
}
