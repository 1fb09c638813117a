//! How a host is, for people: a page of lines.

use std::fmt::Write as _;

use serde_json::Value;

use super::show::safe;

/// How many processes are shown: those that use the most.
const PROCESSES: usize = 10;

/// The page. What could not be found out is left out.
pub(crate) fn overview(status: &Value) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: String| {
        if !value.is_empty() {
            // To a text, nothing fails.
            let _ = writeln!(text, "{name:9} {}", safe(&value));
        }
    };
    line("host", words([&status["name"], &status["system"], &status["kernel"]]));
    line("up", status["uptime_seconds"].as_f64().map(duration).unwrap_or_default());
    line("load", load(status));
    line("memory", memory(&status["memory"]));
    for disk in items(&status["disks"]) {
        line("disk", used(disk, "total", "used") + " " + &word(&disk["path"]));
    }
    for card in items(&status["network"]) {
        line("network", network(card));
    }
    for login in items(&status["logins"]) {
        line("login", words([&login["user"], &login["terminal"], &login["from"]]));
    }
    line("updates", updates(&status["updates"]));
    if status["reboot_required"] == true {
        line("reboot", format!("required {}", word(&status["reboot_because"])));
    }
    let failed = items(&status["services"]).iter().filter(|service| service["state"] == "failed");
    line("failed", failed.map(|service| word(&service["name"])).collect::<Vec<_>>().join(" "));
    for process in busiest(items(&status["processes"])) {
        line("process", process_line(process));
    }
    text
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn word(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(all) => all.iter().map(word).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

fn words<const N: usize>(values: [&Value; N]) -> String {
    let said = values.map(word);
    said.iter().filter(|text| !text.is_empty()).map(String::as_str).collect::<Vec<_>>().join(" ")
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(0.0)
}

/// `3 d 4 h`, `12 min`.
fn duration(seconds: f64) -> String {
    let minutes = seconds / 60.0;
    match minutes {
        m if m < 60.0 => format!("{m:.0} min"),
        m if m < 48.0 * 60.0 => format!("{:.0} h {:.0} min", (m / 60.0).floor(), m % 60.0),
        m => format!("{:.0} d {:.0} h", (m / 1440.0).floor(), (m % 1440.0 / 60.0).floor()),
    }
}

/// Bytes in the unit in which they have one to three digits before the point.
fn bytes(count: f64) -> String {
    let mut count = count;
    for unit in ["B", "KiB", "MiB", "GiB", "TiB"] {
        if count < 1000.0 {
            return match unit {
                "B" => format!("{count:.0} B"),
                _ => format!("{count:.1} {unit}"),
            };
        }
        count /= 1024.0;
    }
    format!("{count:.1} PiB")
}

fn load(status: &Value) -> String {
    let load = words([&status["load"]]);
    let busy = status["cpu_percent"].as_f64().map(|busy| format!("{busy:.0} % busy"));
    let cpus = match &status["cpus"] {
        Value::Number(cpus) => format!("{cpus} CPUs"),
        _ => String::new(),
    };
    [load, cpus, busy.unwrap_or_default()].join("  ").trim().to_owned()
}

fn memory(memory: &Value) -> String {
    if memory.is_null() {
        return String::new();
    }
    let (total, free) = (number(&memory["total"]), number(&memory["available"]));
    let swap = number(&memory["swap_total"]);
    let mut text = format!("{} of {} used", bytes(total - free), bytes(total));
    if swap > 0.0 {
        let used = swap - number(&memory["swap_free"]);
        let _ = write!(text, ", swap {} of {}", bytes(used), bytes(swap));
    }
    text
}

fn used(of: &Value, total: &str, used: &str) -> String {
    let percent = of["used_percent"].as_f64().map(|used| format!(" ({used:.0} %)"));
    let (used, total) = (bytes(number(&of[used])), bytes(number(&of[total])));
    format!("{used} of {total} used{}", percent.unwrap_or_default())
}

fn network(card: &Value) -> String {
    let rate = |per_second: &Value, count: &Value| match per_second.as_f64() {
        Some(rate) => format!("{}/s", bytes(rate)),
        None => bytes(number(count)),
    };
    let received = rate(&card["received_per_second"], &card["received"]);
    let sent = rate(&card["sent_per_second"], &card["sent"]);
    format!("{} in {received}, out {sent}", word(&card["name"]))
}

fn updates(updates: &Value) -> String {
    match (updates["pending"].as_u64(), updates["security"].as_u64()) {
        (None, _) => String::new(),
        (Some(0), _) => "none pending".into(),
        (Some(pending), Some(security)) => format!("{pending} pending, {security} for security"),
        (Some(pending), None) => format!("{pending} pending"),
    }
}

fn busiest(processes: &[Value]) -> Vec<&Value> {
    let mut all: Vec<&Value> = processes.iter().collect();
    all.sort_by(|one, other| number(&other["cpu_percent"]).total_cmp(&number(&one["cpu_percent"])));
    all.truncate(PROCESSES);
    all
}

fn process_line(process: &Value) -> String {
    let what = match process["command"].as_str() {
        Some(command) if !command.is_empty() => command.chars().take(100).collect(),
        _ => word(&process["name"]),
    };
    let (cpu, memory) = (number(&process["cpu_percent"]), number(&process["memory_bytes"]));
    let (pid, user) = (word(&process["pid"]), word(&process["user"]));
    format!("{pid:>7} {user:12} {cpu:5.1} % {:>10}  {what}", bytes(memory))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_host_on_a_page() {
        let status = json!({
            "name": "web1", "system": "Debian 12", "kernel": "6.1", "uptime_seconds": 93_784.0,
            "load": [0.5, 1.0, 2.0], "cpus": 4, "cpu_percent": 12.4,
            "memory": {"total": 8_589_934_592_u64, "available": 4_294_967_296_u64, "swap_total": 0, "swap_free": 0},
            "disks": [{"path": "/", "total": 1000, "used": 500, "used_percent": 50.0}],
            "network": [{"name": "eth0", "received": 2048, "sent": 10, "received_per_second": null}],
            "logins": [], "updates": {"pending": 3, "security": 1}, "reboot_required": true,
            "reboot_because": ["linux-image"],
            "services": [{"name": "cron", "state": "failed"}, {"name": "ssh", "state": "running"}],
            "processes": [{"pid": 1, "user": "root", "name": "init", "command": "", "cpu_percent": 0.1,
                "memory_bytes": 1024}, {"pid": 7, "user": "x", "name": "bad", "command": "bad \u{1b}[2J",
                "cpu_percent": 99.0, "memory_bytes": 1_048_576}],
        });
        let page = overview(&status);
        let expected = "\
host      web1 Debian 12 6.1
up        26 h 3 min
load      0.5 1.0 2.0  4 CPUs  12 % busy
memory    4.0 GiB of 8.0 GiB used
disk      500 B of 1.0 KiB used (50 %) /
network   eth0 in 2.0 KiB, out 10 B
updates   3 pending, 1 for security
reboot    required linux-image
failed    cron
process         7 x             99.0 %    1.0 MiB  bad ^[[2J
process         1 root           0.1 %    1.0 KiB  init
";
        assert_eq!(page, expected);
        assert_eq!(overview(&json!({})), "");
    }
}
