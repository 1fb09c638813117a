use hep_engine::{
    cancel::Cancel,
    fleet::*,
    play::{self, bundle::*},
    transport::ssh::*,
};
use std::sync::Arc;
#[tokio::main]
async fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let mut files = vec![];
    let dec = |_: &str, _: hep_core::node::Pos| -> Result<String, hep_core::message::Message> {
        panic!()
    };
    let inv = hep_engine::inventory::load(
        &[args[0].clone()],
        &hep_engine::inventory::Options {
            decrypt: &|t| dec(t, Default::default()),
            deadline: std::time::Duration::from_secs(5),
            play_folders: vec![],
        },
        &mut files,
    )
    .await
    .unwrap();
    let settings = Settings::load(SettingsSource {
        known_hosts: Some(args[1].clone().into()),
        ..Default::default()
    })
    .unwrap();
    let fleet = Arc::new(Fleet::new(
        inv,
        settings,
        Pool::new(Limits::default(), Arc::new(Decline)),
        Overrides::default(),
    ));
    let loaded = play::load::load(play::load::Request {
        manifests: vec![args[2].clone()],
        sources: files,
        ..Default::default()
    });
    let loaded = match loaded {
        Ok(l) => Arc::new(l),
        Err(f) => {
            for d in &f.diagnostics {
                println!("{}", hep_core::diagnostic::render(&f.sources, d));
            }
            return;
        }
    };
    let raw = std::fs::read("target/executor-bundle/x86_64/hep-remote").unwrap();
    use sha2::Digest;
    let h: String = sha2::Sha256::digest(&raw).iter().map(|b| format!("{b:02x}")).collect();
    use std::io::Write;
    let mut e = flate2::write::GzEncoder::new(vec![], flate2::Compression::fast());
    e.write_all(&raw).unwrap();
    let gz = e.finish().unwrap();
    let b = Binary { arch: "x86_64", hash: h.leak(), size: raw.len(), gzipped: gz.leak() };
    let (tx, mut rx) = tokio::sync::mpsc::channel(1024);
    let check = args.iter().any(|a| a == "-C");
    let req = play::Request {
        forks: 64,
        keep: true,
        options: hep_core::interp::Options { check, diff: true, ..Default::default() },
        ..Default::default()
    };
    let t =
        tokio::spawn(play::run(fleet, loaded, req, Bundle::new(vec![b]), tx, Cancel::default()));
    let t0 = std::time::Instant::now();
    while let Some(e) = rx.recv().await {
        use hep_engine::event::RunEvent::*;
        match e {
            Task { host, event } => match *event {
                hep_core::interp::Event::Finished(r) => println!(
                    "{host} {:?} {} {} {:?}",
                    r.state,
                    r.module,
                    r.name,
                    r.message.map(|m| m.to_string())
                ),
                hep_core::interp::Event::Started { .. } => {}
                o => println!("{host} {:.900}", format!("{o:?}")),
            },
            Host(h) => println!(
                "END {} {:?} {:?} {:?}",
                h.host,
                h.state,
                h.error.map(|m| m.to_string()),
                h.summary
            ),
            o => println!("{o:?}"),
        }
    }
    println!("{:?} {:?}", t.await.unwrap().map_err(|m| m.to_string()), t0.elapsed());
}
