//! What a task costs in the interpreter itself.

#[expect(clippy::disallowed_types, reason = "it measures")]
use std::time::Instant;

use super::drive::World;

/// Time for each unchanged `file` task, planning and the host in memory included. Run it in release:
/// `cargo test --release -p hep-core --lib -- --ignored measure --nocapture`.
#[test]
#[expect(clippy::disallowed_types, reason = "it measures")]
#[ignore = "a measurement, not a test"]
fn an_unchanged_file_task() {
    const TASKS: u32 = 2000;
    let task = "    - file: {path: '{{ base }}/d', state: directory, mode: '0750', owner: root}\n";
    let manifest =
        format!("- hosts: all\n  vars: {{base: /srv}}\n  tasks:\n{}", task.repeat(TASKS as usize));
    let mut world = World::of(&manifest);
    world.host = crate::memory::Host::new("/srv/ 0755\n/srv/d/ 0750");
    for run in 0..3 {
        let start = Instant::now();
        let ran = world.run();
        let total = start.elapsed();
        assert_eq!(ran.summary.ok, TASKS);
        eprintln!("run {run}: reading and doing {:?} a task", total / TASKS);
        eprintln!("run {run}: doing {:?} a task", ran.took / TASKS);
    }
}
